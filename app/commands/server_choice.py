"""The options `--model` and `--server` of commands, and the notice about the server that answers."""

import argparse
import os
from pathlib import Path

from app.commands.terminal import path_given, print_error
from app.domain.error_texts import command_line_sentence, command_texts
from app.domain.errors import CheckpointError
from app.domain.models.remote_servers import AddressError, RemoteModel, is_this_machine, normalised
from app.domain.ports import NEVER_CANCELLED
from app.engine.process.messages import OpenServer, Request
from app.paths import default_paths
from app.storage.settings.settings_file import SettingsFile

KEY = "LORGNETTE_SERVER_KEY"


def add_arguments(parser: argparse.ArgumentParser, model: Path | None = None) -> None:
    """Add `--model MODEL` (default: `model`) or `--server ADDRESS`, and `--server-model NAME`."""
    who = parser.add_mutually_exclusive_group()
    fallback = " (default: the demo model)" if model else ""
    who.add_argument(
        "--model", type=path_given, default=model, metavar="MODEL", help=f"model folder or GGUF file{fallback}"
    )
    who.add_argument(
        "--server",
        type=_address,
        default=None,
        metavar="ADDRESS",
        help="have a model of this server answer (OpenAI's chat completions): images leave this machine. "
        f"Its key is taken from {KEY} or the system's keyring",
    )
    parser.add_argument("--server-model", default="", metavar="NAME", help="model name, if the server offers several")


class ServerChoice:
    """The server at `address` and its model `name`, or its only model."""

    def __init__(self, address: str, name: str) -> None:
        self._address = address
        self._name = name
        settings, _ = SettingsFile(default_paths().settings).load()
        self._offline = settings.offline
        self._key = os.environ.get(KEY) or _kept_key(address)

    def model(self) -> RemoteModel:
        """Return the model that is to answer. Raises EngineError, CheckpointError, and errors of the connection."""
        names = (self._name,) if self._name else self._names()
        if not names:
            raise CheckpointError(command_texts.SERVER_WITHOUT_MODELS)
        if len(names) > 1:
            raise CheckpointError(command_texts.SERVER_WITH_MODELS, count=len(names), names=", ".join(names[:10]))
        return RemoteModel(self._address, names[0])

    def request(self, model: RemoteModel) -> Request:
        """Return the request that opens the model."""
        return OpenServer(model, self._key, self._offline)

    def announce(self, model: RemoteModel) -> None:
        """Print on standard error where images are sent."""
        if not is_this_machine(model.address):
            print_error(f"Images are sent to “{model.host}” and leave this machine.")

    def _names(self) -> tuple[str, ...]:
        from app.engine.remote.connection import ServerConnection  # noqa: PLC0415 - loads TLS

        return tuple(ServerConnection(self._address, self._key, offline=self._offline).models(NEVER_CANCELLED))


def _kept_key(address: str) -> str:
    from app.storage.models.token import TokenStore  # noqa: PLC0415 - asks for the system's keyring

    return TokenStore().token(address)


def _address(text: str) -> str:
    try:
        return normalised(text)
    except AddressError as error:
        raise argparse.ArgumentTypeError(command_line_sentence(error.problem)) from error
