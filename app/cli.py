"""The command line. Imports nothing heavy: spawned engine processes import this module again."""

import argparse
import importlib
import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path

from app import __version__
from app.domain.summons import Summons
from app.paths import Paths, default_paths

COMMANDS = {
    "ocr": "prints the text of images",
    "ask": "answers a question about images",
    "batch": "reads folders of images into files or a spreadsheet",
    "quantize": "makes a 4-bit model from a 16-bit one",
    "bench": "times a model on this machine",
    "diagnostics": "prints what a report of a problem should hold",
    "completion": "prints a script that completes these commands in a shell",
}
"""Each is a module of app.commands."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Lorgnette and return its exit status."""
    multiprocessing.freeze_support()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["completion"]:
        from app.commands.completion import main as print_completion  # noqa: PLC0415 - few want it

        return print_completion(given[1:], _window_parser(), COMMANDS)
    if given and given[0] in COMMANDS:
        # One command must not load what another needs: `ocr` starts without a model's runtime.
        status: int = importlib.import_module(f"app.commands.{given[0]}").main(given[1:])
        return status
    options = _window_parser().parse_args(given)

    from app.bootstrap import run_application  # noqa: PLC0415 - Qt is not needed for --help

    return run_application(
        Paths.under(options.data.resolve()) if options.data else default_paths(),
        Summons(
            images=tuple(str(image.resolve()) for image in options.images),
            capture=options.capture,
            clipboard=options.clipboard,
        ),
        model_folder=str(options.model.resolve()) if options.model else "",
    )


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lorgnette",
        description="Drop an image, ask about it, read its text, all on your own machine.",
        epilog="; ".join(f"“lorgnette {name}” {does}" for name, does in COMMANDS.items())
        + ": each has a --help of its own. (Images of these names open as “./ocr”.)",
    )
    parser.add_argument(
        "images",
        nargs="*",
        type=Path,
        help="images to open in a new chat, in the window that is open where there is one",
    )
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="keep chats and images here instead")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="open this model folder")
    parser.add_argument("--capture", action="store_true", help="ask about a part of the screen")
    parser.add_argument("--clipboard", action="store_true", help="ask about the image on the clipboard")
    parser.add_argument("--version", action="version", version=f"Lorgnette {__version__}")
    return parser
