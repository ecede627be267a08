"""The command line. Imports nothing heavy: spawned engine processes import this module again."""

import argparse
import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path

from app import __version__
from app.domain.summons import Summons
from app.paths import Paths, default_paths

QUANTIZE, BENCH = "quantize", "bench"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Lorgnette and return its exit status."""
    multiprocessing.freeze_support()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == [QUANTIZE]:
        from app.commands.quantize import main as quantize  # noqa: PLC0415 - nothing else needs it

        return quantize(given[1:])
    if given[:1] == [BENCH]:
        from app.commands.bench import main as bench  # noqa: PLC0415 - nothing else needs it

        return bench(given[1:])
    parser = argparse.ArgumentParser(
        prog="lorgnette",
        description="Drop an image, ask about it, read its text, all on your own machine.",
        epilog=f"“lorgnette {QUANTIZE} BASE OUT” makes a 4-bit model from a 16-bit one; “lorgnette {QUANTIZE} --help” "
        f"says how. “lorgnette {BENCH}” times a model on this machine. (Images of these names open as “./{QUANTIZE}”.)",
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
    options = parser.parse_args(given)

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
