"""The command line. Imports nothing heavy: spawned engine processes import this module again."""

import argparse
import importlib
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app import __version__
from app.commands.terminal import INTERRUPTED, CommandParser, held_interrupts, path_given, print_error
from app.domain.launch_request import MAX_DELAY, CaptureTarget, LaunchRequest
from app.paths import Paths, default_paths
from app.storage.settings.telemetry_leftovers import remove_telemetry_leftovers

COMMANDS = {
    "ocr": "print the text of images",
    "ask": "answer a question about images",
    "batch": "convert folders of images to text files or a spreadsheet",
    "serve": "answer other programs on this machine",
    "mcp": "read files for a program that speaks MCP",
    "quantize": "quantize a 16-bit model to 4 bits",
    "bench": "benchmark a model on this computer",
    "doctor": "examine a model: does it open, fit and compute",
    "diagnostics": "print system information for a bug report",
    "completion": "print a shell completion script",
}
"""Descriptions of the commands, by name; each is a module of app.commands."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Lorgnette and return its exit status."""
    multiprocessing.freeze_support()
    args = list(sys.argv[1:] if arguments is None else arguments)
    remove_telemetry_leftovers()
    if args[:1] == ["completion"]:
        from app.commands.completion import main as print_completion  # noqa: PLC0415 - few want it

        return print_completion(args[1:], _window_parser(), COMMANDS)
    if args and args[0] in COMMANDS:
        return _run_command(args[0], args[1:])
    parser = _window_parser()
    options = parser.parse_args(args)
    for option in ("text", "window", "screen", "delay"):
        if getattr(options, option) and not options.capture:
            parser.error(f"--{option} goes with --capture")
    target = CaptureTarget.WINDOW if options.window else CaptureTarget.SCREEN if options.screen else CaptureTarget.AREA

    from app.bootstrap import run_application  # noqa: PLC0415 - Qt is not needed for --help

    return run_application(
        Paths.under(options.data.absolute()) if options.data else default_paths(),
        LaunchRequest(
            images=tuple(str(image.absolute()) for image in options.images),
            capture=options.capture,
            reads_text=options.text,
            clipboard=options.clipboard,
            target=target,
            delay=options.delay,
        ),
        model_folder=str(options.model.absolute()) if options.model else "",
    )


def _run_command(name: str, arguments: Sequence[str]) -> int:
    try:
        with held_interrupts():
            # A command must not load the dependencies of another: `ocr` starts without a model's runtime.
            command = importlib.import_module(f"app.commands.{name}")
        status: int = command.main(arguments)
    except KeyboardInterrupt:
        print_error("Interrupted.")
        return INTERRUPTED
    return status


def _image(text: str) -> Path:
    """Return the path of an image to open: even if it is missing, which the window says, unless it is a mere word.

    A desktop passes the path of a file that is gone by then; a mere word is a mistyped command.
    """
    path = path_given(text)
    if not set(text) & {".", os.sep, os.altsep} and not os.path.lexists(path):
        raise argparse.ArgumentTypeError(f"“{text}” is neither a command nor a file. Commands: {', '.join(COMMANDS)}")
    return path


def _delay(text: str) -> int:
    """Return a number of seconds from 0 to MAX_DELAY."""
    if not text.isascii() or not text.isdigit() or int(text) > MAX_DELAY:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number of seconds from 0 to {MAX_DELAY}")
    return int(text)


def _window_parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="lorgnette",
        description="Drop an image, ask about it, read its text: all on your own computer.",
        epilog="; ".join(f"“lorgnette {name}”: {does}" for name, does in COMMANDS.items())
        + ". Each has its own --help. (To open an image with such a name, use “./ocr”.)",
    )
    parser.add_argument(
        "images",
        nargs="*",
        type=_image,
        help="images to open in a new chat (in the running window, if any)",
    )
    parser.add_argument("--data", type=path_given, metavar="FOLDER", help="use this data folder")
    parser.add_argument("--model", type=path_given, metavar="MODEL", help="open this model folder or GGUF file")
    parser.add_argument("--capture", action="store_true", help="capture an area of the screen and ask about it")
    parser.add_argument("--text", action="store_true", help="with --capture: copy the text, without the window")
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--window", action="store_true", help="with --capture: the active window, not an area (X11)")
    target.add_argument("--screen", action="store_true", help="with --capture: the whole screen, not an area")
    parser.add_argument(
        "--delay", type=_delay, default=0, metavar="SECONDS", help=f"with --capture: wait, at most {MAX_DELAY} seconds"
    )
    parser.add_argument("--clipboard", action="store_true", help="ask about the image on the clipboard")
    parser.add_argument("--version", action="version", version=f"Lorgnette {__version__}")
    return parser
