"""`lorgnette serve`: answers other programs on this machine by OpenAI's API, and reads files for them."""

import argparse
import asyncio
import ipaddress
import logging
import os
import secrets
import signal
import stat
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.batch_engines import client_ignoring_sigint
from app.commands.loading import open_folder
from app.commands.terminal import CommandParser, exit_status, path_given, print_line, print_note
from app.domain.error_texts import serving_texts
from app.domain.errors import NetworkError
from app.domain.models.model_info import ModelInfo
from app.domain.redacting_log import RedactingFormatter
from app.engine.checkpoints.model_folder import checked_model
from app.network.listening_socket import LOOPBACK, ListeningSocket, authority, is_loopback, listening_socket
from app.paths import DEMO_MODEL
from app.serving.caught_signals import caught_signals
from app.serving.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from app.serving.access import Access

PORT = 8484
KEYRING_NAME = "lorgnette serve"
"""The name under which the keyring has the key that clients send."""
MIN_KEY, MAX_KEY = 16, 1024
"""Numbers of characters of a key."""
EPILOG = """examples:
  lorgnette serve --model ~/models/Qwen3-VL-2B
  lorgnette serve --new-key
  lorgnette serve --model ~/models/Qwen3-VL-2B --host 192.168.1.20 --keyring --allow-host desk.local
  curl -s --data-binary @scan.png "http://127.0.0.1:8484/ocr?format=md"

Addresses: POST /v1/chat/completions, GET /v1/models (OpenAI's API: base address http://127.0.0.1:8484/v1, any key if
none was asked for), POST /ocr (an image or a PDF as the body or in a form; ?format= or Accept: txt, json, md, csv, tsv,
html, hocr, alto, pdf; ?pages=1-3), GET /health. Images in questions must be in data: URLs: nothing is fetched. Nothing
that is sent is kept.

Only programs on this machine are answered unless --host has another address, which needs a key. Connections are not
encrypted: on a network that others share, put a proxy with TLS before it.

exit status: 0 after SIGTERM, 1 if it cannot start, 2 for wrong arguments, 130 after Ctrl+C"""


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="lorgnette serve",
        description="Answer other programs on this machine: OpenAI's chat completions with images, and OCR, offline.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--model",
        type=path_given,
        default=DEMO_MODEL,
        metavar="MODEL",
        help="model folder or GGUF file (default: the demo model)",
    )
    parser.add_argument("--port", type=_port, default=PORT, metavar="PORT", help=f"default: {PORT}; 0 for any free one")
    parser.add_argument(
        "--host",
        type=_host,
        default=LOOPBACK,
        metavar="ADDRESS",
        help="IP address to listen on (default: 127.0.0.1, this machine alone); another one needs a key",
    )
    keys = parser.add_mutually_exclusive_group()
    keys.add_argument(
        "--key-file", type=path_given, metavar="FILE", help="answer only clients with the key in the file's first line"
    )
    keys.add_argument("--keyring", action="store_true", help="answer only clients with the key in the system's keyring")
    keys.add_argument(
        "--new-key", action="store_true", help="put a new key into the system's keyring, print it, and end"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        type=_name,
        metavar="NAME",
        help="a further name of this machine by which clients ask; may be repeated",
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        type=_origin,
        metavar="ORIGIN",
        help="let pages of this origin ask from a browser, such as https://chat.example.org; may be repeated. "
        "Pages of this machine may",
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    args = parser()
    options = args.parse_args(arguments)
    if not (is_loopback(options.host) or options.key_file or options.keyring or options.new_key):
        args.error(f"--host {options.host} lets other machines ask: it needs --keyring or --key-file FILE")
    return exit_status(_make_key if options.new_key else partial(_serve, options))


def _serve(options: argparse.Namespace) -> bool:
    """Serve until a signal ends it. Raises UserError, and KeyboardInterrupt after Ctrl+C."""
    try:
        from app.serving.access import Access  # noqa: PLC0415 - comes with an extra
        from app.serving.application import model_id  # noqa: PLC0415
    except ImportError as error:
        raise NetworkError(serving_texts.LEFT_OUT, module=error.name or "starlette") from error

    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    checked_model(options.model)
    access = Access(
        host=options.host,
        key=_key(options),
        names=frozenset(options.allow_host),
        origins=frozenset(options.allow_origin),
    )
    listening = listening_socket(options.host, options.port)
    port = listening.getsockname()[1]

    def on_started(info: ModelInfo) -> None:
        print_note(f"“{model_id(info)}” answers at http://{authority(options.host, port)}/v1 until Ctrl+C.")

    if asyncio.run(_serve_until_signal(options.model, listening, access, on_started)) is signal.SIGINT:
        raise KeyboardInterrupt
    return True


async def _serve_until_signal(
    model: Path, listening: ListeningSocket, access: "Access", on_started: Callable[[ModelInfo], None]
) -> signal.Signals:
    from app.serving.server import serve  # noqa: PLC0415 - comes with an extra

    with caught_signals() as ending:
        opening = partial(open_folder, str(model))
        await serve(opening, client_ignoring_sigint, listening, access, DEFAULT_LIMITS, on_started, ending)
        return ending.result()


def _make_key() -> bool:
    """Put a new key into the keyring and print it: this is the only time that it is shown."""
    from app.storage.models.token import TokenStore  # noqa: PLC0415 - asks for the system's keyring

    key = secrets.token_urlsafe(32)
    if not TokenStore().save(KEYRING_NAME, key):
        raise NetworkError(serving_texts.KEY_NOT_KEPT)
    print_line(key)
    return True


def _key(options: argparse.Namespace) -> str:
    """Return the key that clients have to send; empty for none. Raises NetworkError."""
    if options.key_file:
        return _key_in(options.key_file)
    if not options.keyring:
        return ""
    from app.storage.models.token import TokenStore  # noqa: PLC0415 - asks for the system's keyring

    if not (key := TokenStore().token(KEYRING_NAME)):
        raise NetworkError(serving_texts.NO_KEY)
    return key


def _key_in(path: Path) -> str:
    """Return the key in a file, which may be a pipe. Raises NetworkError."""
    key, mode = "", 0
    try:
        with path.open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(MAX_KEY + 2).splitlines()[0].strip()
    except (OSError, ValueError, IndexError):
        pass
    if not MIN_KEY <= len(key) <= MAX_KEY or not key.isprintable() or " " in key:
        raise NetworkError(serving_texts.KEY_FILE_UNUSABLE, file=path.name, characters=MIN_KEY)
    if sys.platform != "win32" and stat.S_ISREG(mode) and mode & stat.S_IRWXO:
        raise NetworkError(serving_texts.KEY_FILE_OPEN, file=path.name)
    return key


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"“{text}” is not a port from 0 to 65535")
    return int(text)


def _host(text: str) -> str:
    if text == "localhost":
        return LOOPBACK
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not an IP address") from None


def _name(text: str) -> str:
    name = text.lower().removesuffix(".")
    if not name or not name.isascii() or set(name) & set("/:@ *"):
        raise argparse.ArgumentTypeError(f"“{text}” is not a host name")
    return name


def _origin(text: str) -> str:
    origin = text.lower().rstrip("/")
    scheme, _, host = origin.partition("://")
    if scheme not in {"http", "https"} or not host or set(host) & set("/@ *"):
        raise argparse.ArgumentTypeError(f"“{text}” is not an origin like https://chat.example.org")
    return origin
