"""`lorgnette batch SOURCES…`: folders of images, worked off unattended, and gone on with after any end."""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from app.commands import server_choice
from app.commands.batch_engines import BatchEngines, ClientFactory, deaf_client
from app.commands.batch_lanes import work_off
from app.commands.loading import open_folder
from app.commands.terminal import complain, exit_status
from app.domain.batch import AT_ONCE, MOST_AT_ONCE, BatchOptions, ItemState, Job, Output, Progress
from app.domain.clean_up import CleanUp
from app.domain.errors import BatchError, UserError
from app.domain.fields import Field, fields_from
from app.domain.ignored_parts import EXAMPLE, ignored_from
from app.domain.reader_choice import ReaderChoice
from app.domain.regions import Box
from app.paths import DEMO_MODEL
from app.services.batch_run import BatchRun
from app.storage.batch_journal import BatchJournal

EPILOG = """examples:
  lorgnette batch scans -o texts
  lorgnette batch scans letters.pdf -o out --format md --format json --format pdf
  lorgnette batch letters -o out --join-lines --strip-hyphens --ignore "top 8, bottom 5"
  lorgnette batch receipts -o out --model ~/models/Qwen3-VL-2B --fields "date, total: with tax, vendor"
  lorgnette batch receipts -o out --server gpu-box:8000 --at-once 8 --fields "date, total"

Run the same command again after any end: what is done is not done again, images that have changed are. The journal
lorgnette-batch.jsonl in the output folder knows. A value in the spreadsheet is coloured where the reader did not find
on the image what the model says.

exit status: 0, 1 where an image could not be done or the batch had to stop, 2 for wrong arguments, 130 for Ctrl+C"""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog="lorgnette batch",
        description="Read folders of images and documents, offline, into files or one spreadsheet.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sources", nargs="+", metavar="SOURCE", type=Path, help="folders, images and PDF documents")
    parser.add_argument("-o", "--out", type=Path, metavar="FOLDER", required=True, help="the output folder")
    parser.add_argument(
        "--format",
        type=Output,
        choices=list(Output),
        action="append",
        help="a file for each image (txt unless given), or xlsx for one spreadsheet; may be given several times",
    )
    parser.add_argument(
        "--fields", type=_fields, default=(), metavar="NAMES", help="columns that the model fills in, into xlsx or json"
    )
    parser.add_argument(
        "--reader",
        type=ReaderChoice,
        choices=list(ReaderChoice),
        default=ReaderChoice.AUTO,
        help="the built-in reader, the model, or the model where the reader is unsure and a model is given (auto)",
    )
    parser.add_argument("--join-lines", action="store_true", help="make paragraphs of lines")
    parser.add_argument("--strip-hyphens", action="store_true", help="put words together that go over two lines")
    parser.add_argument(
        "--ignore",
        type=_ignored,
        default=(),
        metavar="PARTS",
        help=f"leave out parts of every page, in percent: “{EXAMPLE}”, or left, top, right, bottom: “60 0 100 12”",
    )
    server_choice.add_arguments(parser)
    parser.add_argument(
        "--at-once", type=_lanes, default=AT_ONCE, metavar="COUNT", help=f"questions to the server at once ({AT_ONCE})"
    )
    parser.add_argument("--retry", action="store_true", help="try images again that have failed before")
    return parser


def main(arguments: Sequence[str], create_client: ClientFactory = deaf_client) -> int:
    """Run the command and return its exit status."""
    arguments_of = parser()
    given = arguments_of.parse_args(arguments)
    if given.fields and not given.server and (given.model is None or given.model.resolve() == DEMO_MODEL):
        arguments_of.error("--fields needs --model FOLDER or --server, and the demo model does not know fields")
    default = [Output.SPREADSHEET] if given.fields else [Output.TEXT]
    options = BatchOptions(
        outputs=tuple(dict.fromkeys(given.format or default)),
        reader=given.reader,
        fields=given.fields,
        model=str(given.model.resolve()) if given.model else given.server or "",
        clean_up=CleanUp(given.join_lines, given.strip_hyphens, given.ignore),
    )
    try:
        options.check()
    except BatchError as error:
        arguments_of.error(str(error))
    job = Job(tuple(str(source.absolute()) for source in given.sources), options)
    return exit_status(lambda: _begin(job, given, create_client))


def _begin(job: Job, given: argparse.Namespace, create_client: ClientFactory) -> bool:
    out = given.out.absolute()
    if not given.server:
        engines = BatchEngines(partial(open_folder, job.options.model), create_client)
        return _run(job, out, engines, 1, retries=given.retry)
    server = server_choice.ServerChoice(given.server, given.server_model)
    model = server.model()
    server.announce(model)
    job = replace(job, options=replace(job.options, model=model.title))
    return _run(
        job, out, BatchEngines(partial(server.request, model), create_client), given.at_once, retries=given.retry
    )


def _lanes(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"a count from 1 to {MOST_AT_ONCE}")
    return int(text)


def _fields(text: str) -> tuple[Field, ...]:
    try:
        return fields_from(text)
    except BatchError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _ignored(text: str) -> tuple[Box, ...]:
    try:
        return ignored_from(text)
    except BatchError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _run(job: Job, out: Path, engines: BatchEngines, lanes: int, *, retries: bool) -> bool:
    with BatchJournal(out) as journal, engines:
        run = BatchRun(job, out, journal, retries=retries)
        teller = _Teller(run)
        try:
            work_off(run, engines, lanes, teller.tell)
        except UserError:
            teller.sum_up()
            complain("The same command goes on from here.")
            raise
        except KeyboardInterrupt:
            teller.sum_up()
            raise
        teller.sum_up()
    return ItemState.FAILED not in run.states


class _Teller:
    """Says on standard error how far it is."""

    def __init__(self, run: BatchRun) -> None:
        self._run = run
        self._start = time.monotonic()
        self._is_terminal = sys.stderr.isatty()

    def tell(self, index: int) -> None:
        """One image more is over."""
        if problem := self._run.problems.get(index):
            self._clear()
            complain(problem.sentence)
        if self._is_terminal:
            line = f"\r{_line(self._progress)} · {self._run.sources[index].name}"
            print(line[:79].ljust(79), end="", file=sys.stderr, flush=True)

    def sum_up(self) -> None:
        """What has been done, and what was left out."""
        self._clear()
        progress, skipped = self._progress, self._run.skipped
        others = f", {skipped} other files left out" if skipped else ""
        earlier = f", {progress.earlier} done before" if progress.earlier else ""
        left = f", {progress.left} to do" if progress.left else ""
        print(f"{progress.done} done, {progress.failed} failed{earlier}{left}{others}.", file=sys.stderr)

    @property
    def _progress(self) -> Progress:
        return self._run.progress(time.monotonic() - self._start)

    def _clear(self) -> None:
        if self._is_terminal:
            print("\r".ljust(80), end="\r", file=sys.stderr)


def _line(progress: Progress) -> str:
    over = progress.total - progress.left
    failed = f" · {progress.failed} failed" if progress.failed else ""
    left = progress.seconds_left
    time_left = "" if left is None else f" · {_span(left)} left"
    return f"{over}/{progress.total}{failed}{time_left}"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
