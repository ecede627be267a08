"""`lorgnette quantize BASE OUT`: the arguments, what is printed, and the exit status."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.commands.terminal import FAILED, INTERRUPTED, complain
from app.domain.errors import UserError
from app.engine.quantize.recipe import PackingFormat, Recipe
from app.engine.quantize.report import REPORT, Report
from app.engine.quantize.run import MOST_ASKED_IMAGES, Job, Listener, quantize

SHORTEST_WINDOW = 64
WORST_SHOWN = 5
TEXT_QUESTIONS = ("Who are you, and what can you do?", "Name the seven days of the week.")
IMAGE_QUESTIONS = ("Describe this image in one sentence.", "Read all the text on this image.")
DESCRIPTION = f"""\
Make a 4-bit model folder (W4A16, groups of 128, symmetric) from a 16-bit Qwen3-VL folder with AutoRound. The vision
tower and the output head stay in 16 bits. Nothing is fetched: you give the texts, or the images, to calibrate on.
OUT appears only when everything is done and the application can open it, with a report in {REPORT}; it holds
the sample answers, so look at it before you pass the folder on."""


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status: 0, 1 for an error that was told, 130 for Ctrl+C."""
    job = _parse(arguments)
    # Asked for before the libraries are loaded: with local files given, they have no reason to look elsewhere.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    bars = _Bars()
    try:
        report = quantize(job, Listener(print, bars.reading, bars.tuning))
    except UserError as error:
        bars.close()
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        bars.close()
        complain(f"Interrupted; nothing was left of “{job.out}”.")
        return INTERRUPTED
    bars.close()
    _show(report, job.out)
    return 0


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog="lorgnette quantize", description=DESCRIPTION)
    recipe = Recipe()
    parser.add_argument("base", type=Path, metavar="BASE", help="the 16-bit model folder; it is not changed")
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to make")
    parser.add_argument(
        "--iters",
        type=_at_least(0),
        default=recipe.iters,
        metavar="N",
        help="tuning steps a block (%(default)s); 0 rounds to nearest, which takes minutes and needs no --texts",
    )
    parser.add_argument(
        "--samples", type=_at_least(1), default=recipe.samples, metavar="N", help="samples to tune on (%(default)s)"
    )
    parser.add_argument(
        "--seqlen",
        type=_at_least(SHORTEST_WINDOW),
        default=recipe.seqlen,
        metavar="N",
        help="tokens of one sample (%(default)s)",
    )
    parser.add_argument(
        "--format",
        type=PackingFormat,
        choices=list(PackingFormat),
        default=recipe.packing,
        help="how the folder is written; this application opens both (%(default)s)",
    )
    parser.add_argument(
        "--texts",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE_OR_FOLDER",
        help="texts to calibrate on: .txt, .md, .csv, .html and the like as they are, the strings of .json and .jsonl",
    )
    parser.add_argument(
        "--images",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE_OR_FOLDER",
        help="images to calibrate on, each as one sample: the image as the vision tower sees it (at most half of "
        "--seqlen tokens), a request to read it, and the text that the built-in reader finds. AutoRound passes on the "
        "vision tower's tokens, but not its extra features for the first blocks. With images, tuning is slower: one "
        "sample at a time",
    )
    parser.add_argument(
        "--ask",
        action="append",
        default=[],
        metavar="QUESTION",
        help=f"ask this before and after, about each of the first {MOST_ASKED_IMAGES} images where there are any; may "
        "be repeated",
    )
    parser.add_argument("--ignore-memory", action="store_true", help="start although the memory seems too small")
    return parser


def _parse(arguments: Sequence[str]) -> Job:
    options = parser().parse_args(arguments)
    return Job(
        base=options.base,
        out=options.out,
        recipe=Recipe(iters=options.iters, samples=options.samples, seqlen=options.seqlen, packing=options.format),
        texts=tuple(options.texts),
        images=tuple(options.images),
        questions=tuple(options.ask) or (IMAGE_QUESTIONS if options.images else TEXT_QUESTIONS),
        ignores_memory=options.ignore_memory,
    )


def _at_least(least: int) -> Any:  # noqa: ANN401 - argparse wants a callable whose name it can show
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more")
        return value

    return number


class _Bars:
    """Progress on standard error: first of the images, then of the blocks with the time left."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._name = ""

    def reading(self, part: float) -> None:
        self._move("Reading images", part * 100, 100, "{l_bar}{bar}| {elapsed}<{remaining}")

    def tuning(self, done: float, blocks: int) -> None:
        self._move("Quantising", done, blocks, "{l_bar}{bar}| block {n:.1f}/{total} [{elapsed}<{remaining}]")

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _move(self, name: str, done: float, total: int, form: str) -> None:
        if self._bar is None or self._name != name:
            self.close()
            from tqdm import tqdm  # noqa: PLC0415 - comes with the extra

            class Bar(tqdm):  # type: ignore[misc]
                monitor_interval = 0  # No thread that would redraw a bar while nothing moves.

            self._bar, self._name = Bar(total=total, desc=name, bar_format=form, file=sys.stderr), name
        self._bar.update(done - self._bar.n)
        if done >= total:
            self.close()


def _show(report: Report, out: Path) -> None:
    print(f"\n“{out}” is done ({report.seconds / 60:.1f} minutes of quantising).")
    before, after = report.size_before / 1e6, report.size_after / 1e6
    print(f"Size        {before:.1f} MB -> {after:.1f} MB ({after / before:.0%})")
    print(f"Bits        {report.average_bits:.2f} a weight, {report.average_linear_bits:.2f} in the quantised layers")
    print(f"Error       {report.mean_error:.4f} on average, relative, over {len(report.layers)} layers; the largest:")
    for layer in report.worst[:WORST_SHOWN]:
        print(f"            {layer.relative_error:.4f}  {layer.name}")
    for answer in report.answers:
        about = f" ({answer.image})" if answer.image else ""
        print(f"\nQuestion    {answer.question}{about}")
        print(f"16 bits     {_one_line(answer.before)}")
        print(f"4 bits      {'the same' if answer.after == answer.before else _one_line(answer.after)}")
    print(f"\nAll layers are in {out / REPORT}. Open the folder with: lorgnette --model {out}")


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "(nothing)"
