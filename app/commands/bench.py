"""`lorgnette bench [MODEL]`: the arguments, the table, the JSON file, and the exit status."""

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app import __version__
from app.commands.confined import confine_command
from app.commands.loading import load_options
from app.commands.terminal import CommandParser, exit_status, path_given, print_line, print_renamed
from app.paths import DEMO_MODEL
from app.storage.files.output_files import OutputFiles

if TYPE_CHECKING:
    from app.engine.benchmark import Figure

SMALLEST_SIDE, LARGEST_SIDE = 64, 4096
SIDES = (448, 1024)
DESCRIPTION = """\
Time a model on this machine: load, vision encode, prefill, time to first token with and without a prefilled prompt,
decode. Nothing else should run meanwhile. With a full model on two cores it takes about two minutes."""


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(prog="lorgnette bench", description=DESCRIPTION)
    parser.add_argument(
        "model", nargs="?", type=path_given, default=DEMO_MODEL, metavar="MODEL", help="model folder or GGUF file"
    )
    parser.add_argument(
        "--sides",
        type=_side,
        nargs="+",
        default=SIDES,
        metavar="PIXELS",
        help="side lengths of the square test images (default: 448 1024)",
    )
    parser.add_argument("--rounded", action="store_true", help="8-bit activations, where 16 bits are the default")
    parser.add_argument(
        "--accuracy", action="store_true", help="what 8-bit activations change (loads the model twice more)"
    )
    parser.add_argument("--json", type=path_given, metavar="FILE", help="also write the results to this file")
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace that file if it exists, instead of writing to a numbered name",
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status: 0, 1 for an error that was reported, 130 for Ctrl+C."""
    options = parser().parse_args(arguments)
    return exit_status(lambda: _bench(options))


def _bench(options: argparse.Namespace) -> bool:
    outputs: OutputFiles | None = None
    if options.json:
        outputs = OutputFiles(options.json.parent, overwrites=options.overwrite, renamed=print_renamed)
        outputs.open()  # A file that cannot be created is reported now, not after minutes.
    confine_command(outputs=(options.json.parent,) if options.json else (), model=options.model)

    from app.engine.benchmark import benchmark, compare  # noqa: PLC0415 - loads NumPy, which starts threads

    figures: list[Figure] = []

    def report(figure: "Figure") -> None:
        figures.append(figure)
        print_line(f"{figure.name:<52} {figure.value:>8.2f} {figure.unit}")

    loading = load_options(exact_activations=not options.rounded)
    info = benchmark(options.model, options.sides, loading, report)
    if options.accuracy:
        compare(options.model, loading, report)
    print_line(f"{info.name}, {info.scheme}, on {info.device}: {info.device_reason}")
    if outputs:
        named = {figure.name: {"value": figure.value, "unit": figure.unit} for figure in figures}
        about = {"lorgnette": __version__, "model": info.name, "scheme": info.scheme, "device": info.device}
        figures_json = f"{json.dumps({**about, 'figures': named}, indent=1)}\n"
        outputs.save(options.json.name, figures_json.encode())
    return True


def _side(text: str) -> int:
    if not text.isdecimal() or not SMALLEST_SIDE <= int(text) <= LARGEST_SIDE:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number from {SMALLEST_SIDE} to {LARGEST_SIDE}")
    return int(text)
