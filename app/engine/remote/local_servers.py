"""Servers of models on this machine, found at the ports that their programs usually listen on."""

from app.domain.error_texts import server_texts
from app.domain.errors import UserError
from app.domain.models.remote_servers import USUAL_PORTS, FoundServer, normalised
from app.domain.ports import CancelCheck
from app.engine.remote.connection import ServerConnection

PROBE_SECONDS = 2.0
"""Read timeout of a probe in seconds; a server on this machine answers at once unless it is another kind of program."""
_PROGRAMS = {
    "library": "Ollama",
    "organization_owner": "LM Studio",
    "llamacpp": "llama-server",
    "vllm": "vLLM",
    "sglang": "SGLang",
}
"""Programs by what they write as the owner of a model (`owned_by` of `/v1/models`)."""
_WANTS_KEY = {server_texts.KEY_REJECTED.id, server_texts.KEY_REJECTED_WORDS.id}


def find_servers(check: CancelCheck, ports: tuple[int, ...] = USUAL_PORTS) -> tuple[FoundServer, ...]:
    """Return the servers that answer on this machine, in the order of `ports`. Raises whatever `check` raises.

    Nothing is sent but a request for the list of models, without a key. One that refuses it for want of a key is
    returned without models.
    """
    found = []
    for port in ports:
        address = normalised(f"127.0.0.1:{port}")
        connection = ServerConnection(address, offline=True, read_seconds=PROBE_SECONDS, retry_delays=())
        try:
            models = connection.listed_models(check)
        except UserError as error:
            if error.problem.id in _WANTS_KEY:
                found.append(FoundServer("", address, needs_key=True))
            continue
        if models:
            program = _PROGRAMS.get(models[0].owner.casefold(), "")
            found.append(FoundServer(program, address, tuple(model.name for model in models)))
    return tuple(found)
