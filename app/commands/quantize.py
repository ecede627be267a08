"""`lorgnette quantize BASE OUT`: the arguments, what is printed, and the exit status."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.commands.confined import confine_quantizing
from app.commands.terminal import (
    FAILED,
    INTERRUPTED,
    CommandParser,
    one_of,
    path_given,
    print_error,
    print_line,
    print_problem,
    write_any_text,
)
from app.domain.errors import UserError
from app.engine.quantize.recipe import PackingFormat, Recipe
from app.engine.quantize.report import REPORT, Report
from app.engine.quantize.run import MAX_ASKED_IMAGES, QuantizeCallbacks, QuantizeJob, quantize

SHORTEST_WINDOW = 64
WORST_SHOWN = 5
COMPILER_CACHES = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
"""Environment variables that name the folders of PyTorch's compilers."""
TEXT_QUESTIONS = ("Who are you, and what can you do?", "Name the seven days of the week.")
IMAGE_QUESTIONS = ("Describe this image in one sentence.", "Read all the text on this image.")
DESCRIPTION = f"""\
Make a 4-bit model folder (W4A16, groups of 128, symmetric) from a 16-bit Qwen3-VL folder with AutoRound. The vision
tower and the output head stay in 16 bits. Nothing is fetched: you give the texts, or the images, to calibrate on.
OUT appears only when everything is done and the application can open it, with a report in {REPORT}; it holds
the sample answers, so look at it before you pass the folder on."""


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status: 0, 1 for an error that was reported, 130 for Ctrl+C."""
    job = _parse(arguments)
    write_any_text()
    # Set before the libraries are loaded: with local files given, they have no reason to look elsewhere.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with _temporary_compiler_caches():
        return _run(job)


@contextmanager
def _temporary_compiler_caches() -> Iterator[None]:
    """Let PyTorch's compilers keep their files until the end only: they would leave them for the next program."""
    before = {name: os.environ.get(name) for name in COMPILER_CACHES}
    with tempfile.TemporaryDirectory(prefix="lorgnette-", ignore_cleanup_errors=True) as folder:
        os.environ.update(dict.fromkeys(COMPILER_CACHES, folder))
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


def _run(job: QuantizeJob) -> int:
    bars = _Bars()
    confine_quantizing(job.out)
    try:
        report = quantize(job, QuantizeCallbacks(print_line, bars.reading, bars.tuning))
    except UserError as error:
        bars.close()
        print_problem(error.problem)
        return FAILED
    except OSError as error:
        bars.close()
        print_error(f"The system reported an error ({error}). Nothing was left of “{job.out}”.")
        return FAILED
    except KeyboardInterrupt:
        bars.close()
        print_error(f"Interrupted; nothing was left of “{job.out}”.")
        return INTERRUPTED
    bars.close()
    _show(report, job.out)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(prog="lorgnette quantize", description=DESCRIPTION)
    recipe = Recipe()
    parser.add_argument("base", type=path_given, metavar="BASE", help="the 16-bit model folder (not modified)")
    parser.add_argument("out", type=path_given, metavar="OUT", help="the output folder")
    parser.add_argument(
        "--iters",
        type=_minimum(0),
        default=recipe.iters,
        metavar="N",
        help="tuning steps per block (default: %(default)s); 0 rounds to nearest, which takes minutes and no --texts",
    )
    parser.add_argument(
        "--samples",
        type=_minimum(1),
        default=recipe.samples,
        metavar="N",
        help="number of calibration samples (default: %(default)s)",
    )
    parser.add_argument(
        "--seqlen",
        type=_minimum(SHORTEST_WINDOW),
        default=recipe.seqlen,
        metavar="N",
        help="tokens per sample (default: %(default)s)",
    )
    parser.add_argument(
        "--format",
        type=one_of(PackingFormat),
        choices=list(PackingFormat),
        default=recipe.packing,
        help="packing format; Lorgnette opens both (default: %(default)s)",
    )
    parser.add_argument(
        "--texts",
        type=path_given,
        nargs="+",
        default=[],
        metavar="FILE_OR_FOLDER",
        help="texts to calibrate on: .txt, .md, .csv, .html and the like as they are, the strings of .json and .jsonl",
    )
    parser.add_argument(
        "--images",
        type=path_given,
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
        help=f"ask this before and after, about each of the first {MAX_ASKED_IMAGES} images, if there are any; may "
        "be repeated",
    )
    parser.add_argument("--ignore-memory", action="store_true", help="start even if memory seems too small")
    return parser


def _parse(arguments: Sequence[str]) -> QuantizeJob:
    options = parser().parse_args(arguments)
    return QuantizeJob(
        base=options.base,
        out=options.out,
        recipe=Recipe(iters=options.iters, samples=options.samples, seqlen=options.seqlen, packing=options.format),
        texts=tuple(options.texts),
        images=tuple(options.images),
        questions=tuple(options.ask) or (IMAGE_QUESTIONS if options.images else TEXT_QUESTIONS),
        ignores_memory=options.ignore_memory,
    )


def _minimum(minimum: int) -> Any:  # noqa: ANN401 - argparse wants a callable whose name it can show
    def number(text: str) -> int:
        value = int(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f"must be at least {minimum}")
        return value

    return number


class _Bars:
    """Progress bars on standard error: first for the images, then for the blocks, with the time left."""

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
                monitor_interval = 0  # No thread that redraws a bar without progress.

            self._bar, self._name = Bar(total=total, desc=name, bar_format=form, file=sys.stderr), name
        self._bar.update(done - self._bar.n)
        if done >= total:
            self.close()


def _show(report: Report, out: Path) -> None:
    print_line(f"\n“{out}” is done ({report.seconds / 60:.1f} minutes of quantising).")
    before, after = report.size_before / 1e6, report.size_after / 1e6
    print_line(f"Size        {before:.1f} MB -> {after:.1f} MB ({after / before:.0%})")
    print_line(
        f"Bits        {report.average_bits:.2f} a weight, {report.average_linear_bits:.2f} in the quantised layers"
    )
    print_line(
        f"Error       {report.mean_error:.4f} on average, relative, over {len(report.layers)} layers; the largest:"
    )
    for layer in report.worst[:WORST_SHOWN]:
        print_line(f"            {layer.relative_error:.4f}  {layer.name}")
    for answer in report.answers:
        about = f" ({answer.image})" if answer.image else ""
        print_line(f"\nQuestion    {answer.question}{about}")
        print_line(f"16 bits     {_one_line(answer.before)}")
        print_line(f"4 bits      {'the same' if answer.after == answer.before else _one_line(answer.after)}")
    print_line(f"\nAll layers are in {out / REPORT}. Open the folder with: lorgnette --model {out}")


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "(nothing)"
