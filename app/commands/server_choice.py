"""`--model` and `--server` of commands: whose model answers, and what is said of that."""

import argparse
import os
from pathlib import Path

from app.commands.terminal import complain, go_on
from app.domain.errors import CheckpointError
from app.domain.remote_servers import AddressError, RemoteModel, is_this_machine, normalised
from app.engine.process.messages import OpenServer, Request
from app.paths import default_paths
from app.storage.settings_file import SettingsFile

KEY = "LORGNETTE_SERVER_KEY"


def add_arguments(parser: argparse.ArgumentParser, model: Path | None = None) -> None:
    """`--model FOLDER` (`model` unless given) or `--server ADDRESS`, and `--server-model NAME`."""
    who = parser.add_mutually_exclusive_group()
    otherwise = "; else the demo model's" if model else ""
    who.add_argument("--model", type=Path, default=model, metavar="FOLDER", help=f"the model's folder{otherwise}")
    who.add_argument(
        "--server",
        type=_address,
        default=None,
        metavar="ADDRESS",
        help="have a model of this server answer (OpenAI's chat completions): images leave this machine. "
        f"Its key is taken from {KEY} or the system's keyring",
    )
    parser.add_argument("--server-model", default="", metavar="NAME", help="which, where the server has several")


class ServerChoice:
    """The server at `address`, whose model is called `name`, or is its only one."""

    def __init__(self, address: str, name: str) -> None:
        self._address = address
        self._name = name
        settings, _ = SettingsFile(default_paths().settings).load()
        self._offline = settings.offline
        self._key = os.environ.get(KEY) or _kept_key(address)

    def model(self) -> RemoteModel:
        """The model that is to answer. Raises EngineError, CheckpointError and whatever the server brings about."""
        names = (self._name,) if self._name else self._names()
        if len(names) != 1:
            listed = ", ".join(names[:10]) or "none"
            raise CheckpointError(
                f"The server has {len(names)} models: {listed}.", todo="Name one of them with --server-model."
            )
        return RemoteModel(self._address, names[0])

    def request(self, model: RemoteModel, request_id: int) -> Request:
        """The request that has it answer."""
        return OpenServer(request_id, model, self._key, self._offline)

    def announce(self, model: RemoteModel) -> None:
        """Say on standard error where images go."""
        if not is_this_machine(model.address):
            complain(f"Images are sent to “{model.host}” and leave this machine.")

    def _names(self) -> tuple[str, ...]:
        from app.engine.remote.connection import ServerConnection  # noqa: PLC0415 - loads TLS

        return tuple(ServerConnection(self._address, self._key, offline=self._offline).models(go_on))


def _kept_key(address: str) -> str:
    from app.storage.token import TokenKeeper  # noqa: PLC0415 - asks for the system's keyring

    return TokenKeeper().token(address)


def _address(text: str) -> str:
    try:
        return normalised(text)
    except AddressError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
