"""`lorgnette mcp`: reads images and documents for a program on this machine, by the Model Context Protocol."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from app.commands.batch_engines import client_ignoring_sigint
from app.commands.loading import open_folder
from app.commands.terminal import CommandParser, exit_status, path_given
from app.domain.redacting_log import RedactingFormatter
from app.engine.checkpoints.model_folder import checked_model
from app.engine.process.messages import Request
from app.serving.caught_signals import caught_signals
from app.serving.mcp.allowed_folders import AllowedFolders
from app.serving.mcp.server import serve_stdio
from app.serving.mcp.stdio import OutputClosed

EPILOG = """examples:
  lorgnette mcp --folder ~/Documents/scans
  lorgnette mcp --folder ~/Pictures --folder ~/Downloads --model ~/models/Qwen3-VL-2B

A program that speaks the Model Context Protocol starts this command itself and talks to it over standard input and
output; in its configuration: {"mcpServers": {"lorgnette": {"command": "lorgnette", "args": ["mcp", "--folder",
"/data/scans"]}}}

Tools: read_text (of an image or a PDF), read_table (as Markdown or CSV), ask_image (needs --model). Only your own
files in the folders of --folder are read, and none through a link. Nothing is written, nothing is kept, and nothing
leaves this machine by Lorgnette; what the program does with an answer is its own affair.

exit status: 0 when the program has gone or after SIGTERM, 1 if it cannot start or its answers are not taken, 2 for
wrong arguments, 130 after Ctrl+C"""


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="lorgnette mcp",
        description="Read images and PDF documents for another program on this machine, offline, by the Model Context "
        "Protocol over standard input and output.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--folder",
        action="append",
        default=[],
        type=path_given,
        metavar="FOLDER",
        help="a folder whose files may be read, with all folders in it; may be repeated. Without it, no file is read",
    )
    parser.add_argument(
        "--model", type=path_given, metavar="MODEL", help="model folder or GGUF file, for questions about images"
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    return exit_status(partial(_serve, options.folder, options.model))


def _serve(folders: Sequence[Path], model: Path | None) -> bool:
    """Serve until the client goes or a signal ends it. Raises UserError, and KeyboardInterrupt after Ctrl+C."""
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    if model is not None:
        checked_model(model)
    opening = None if model is None else partial(open_folder, str(model))
    with closing(AllowedFolders(folders)) as allowed, _own_descriptors() as descriptors:
        try:
            ending = asyncio.run(_serve_until_signal(allowed, opening, descriptors))
        except OutputClosed:
            return False
    if ending is signal.SIGINT:
        raise KeyboardInterrupt
    return True


async def _serve_until_signal(
    allowed: AllowedFolders, opening: Callable[[], Request] | None, descriptors: tuple[int, int]
) -> signal.Signals | None:
    """Serve, and return the signal that has ended it; None if the client has gone."""
    with caught_signals() as ending:
        await serve_stdio(allowed, opening, client_ignoring_sigint, descriptors, ending)
        return ending.result() if ending.done() else None


@contextmanager
def _own_descriptors() -> Iterator[tuple[int, int]]:
    """Yield descriptors of standard input and output that nobody else has.

    What else is printed, by libraries and by processes that are started, goes to standard error.
    """
    sys.stdout.flush()
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    yield source, target  # They stay as they are: the command ends with the block, and threads may use them.
