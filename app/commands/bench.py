"""`lorgnette bench [MODEL]`: the arguments, the table, the JSON file, and the exit status."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app import __version__
from app.commands.loading import load_options
from app.commands.terminal import exit_status
from app.domain.errors import StorageError
from app.engine.benchmark import Figure, benchmark, compare
from app.paths import DEMO_MODEL

SMALLEST_SIDE, LARGEST_SIDE = 64, 4096
SIDES = (448, 1024)
DESCRIPTION = """\
Time a model on this machine: opening, looking at images, reading a prompt, the first token with and without reading
ahead, decoding. Nothing else should run meanwhile. With a full model on two cores it takes about two minutes."""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog="lorgnette bench", description=DESCRIPTION)
    parser.add_argument("model", nargs="?", type=Path, default=DEMO_MODEL, metavar="MODEL", help="the model's folder")
    parser.add_argument(
        "--sides", type=_side, nargs="+", default=SIDES, metavar="PIXELS", help="sides of the square images (448 1024)"
    )
    parser.add_argument("--exact", action="store_true", help="16 bits between the layers, where there would be 8")
    parser.add_argument("--accuracy", action="store_true", help="what those 8 bits change (opens the model twice more)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file, too")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status: 0, 1 for an error that was told, 130 for Ctrl+C."""
    options = parser().parse_args(arguments)
    return exit_status(lambda: _bench(options))


def _bench(options: argparse.Namespace) -> bool:
    figures: list[Figure] = []

    def report(figure: Figure) -> None:
        figures.append(figure)
        print(f"{figure.name:<52} {figure.value:>8.2f} {figure.unit}", flush=True)

    loading = load_options(exact_activations=options.exact)
    info = benchmark(options.model, options.sides, loading, report)
    if options.accuracy:
        compare(options.model, loading, report)
    print(f"{info.name}, {info.scheme}, on {info.device}: {info.device_reason}")
    if options.json:
        named = {figure.name: {"value": figure.value, "unit": figure.unit} for figure in figures}
        about = {"lorgnette": __version__, "model": info.name, "scheme": info.scheme, "device": info.device}
        _write(options.json, {**about, "figures": named})
    return True


def _write(path: Path, figures: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"The figures could not be written to “{path}” ({error.strerror}).", todo="Choose another file."
        ) from error


def _side(text: str) -> int:
    side = int(text)
    if not SMALLEST_SIDE <= side <= LARGEST_SIDE:
        raise argparse.ArgumentTypeError(f"must be {SMALLEST_SIDE} to {LARGEST_SIDE}")
    return side
