"""`lorgnette batch SOURCES…`: processes folders of images unattended, and resumes after any interruption."""

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from app.commands import server_choice
from app.commands.batch_engines import BatchEngines, ClientFactory, client_ignoring_sigint
from app.commands.batch_readers import reader_count
from app.commands.batch_watch import wait_for_change
from app.commands.batch_workers import process_items
from app.commands.loading import open_folder
from app.commands.terminal import (
    CommandParser,
    exit_status,
    one_of,
    path_given,
    print_error,
    print_note,
    print_problem,
    print_renamed,
    show_progress,
)
from app.domain.batch.batch import (
    DEFAULT_PARALLEL,
    MAX_PARALLEL,
    BatchJob,
    BatchOptions,
    BatchProgress,
    ItemState,
    LeftOut,
    Output,
)
from app.domain.documents.clean_up import CleanUp
from app.domain.documents.fields import Field, fields_from
from app.domain.documents.ignored_areas import EXAMPLE, ignored_from
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.error_texts import command_line_sentence
from app.domain.errors import BatchError, UserError
from app.domain.images.geometry import Box
from app.engine.checkpoints.model_folder import checked_model
from app.engine.checkpoints.model_policy import policy_of
from app.engine.process.backend_kinds import BackendKind
from app.paths import DEMO_MODEL
from app.services.batch.batch_run import BatchRun
from app.storage.batch.batch_journal import FILES_FOR_ALL, BatchJournal

EPILOG = """examples:
  lorgnette batch scans -o texts
  lorgnette batch scans letters.pdf -o out --format md --format json --format pdf
  lorgnette batch letters -o out --join-lines --strip-hyphens --ignore "top 8, bottom 5"
  lorgnette batch receipts -o out --model ~/models/Qwen3-VL-2B --fields "date, total: with tax, vendor"
  lorgnette batch inbox -o texts --watch
  lorgnette batch receipts -o out --server gpu-box:8000 --parallel 8 --fields "date, total"

Run the same command again after any end: what is done is not done again, images that have changed are. The journal
lorgnette-batch.jsonl in the output folder knows. A file there that is not the batch's own, or that was edited since,
is never replaced: “2 a.png.txt” is written then, and that is said. A value in the spreadsheet is coloured where the
reader did not find on the image what the model says.

exit status: 0 on success, 1 if an image failed or the batch had to stop, 2 for wrong arguments, 130 after Ctrl+C, which
ends a batch with --watch like any other while it waits"""


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="lorgnette batch",
        description="Convert folders of images and documents to text files or a spreadsheet, offline.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "sources", nargs="+", metavar="SOURCE", type=path_given, help="folders, images and PDF documents"
    )
    parser.add_argument("-o", "--out", type=path_given, metavar="FOLDER", required=True, help="the output folder")
    parser.add_argument(
        "--format",
        type=one_of(Output),
        choices=list(Output),
        action="append",
        help="output format, one file per image (default: txt), xlsx for one spreadsheet, or one-txt for one text file "
        "of all images; may be repeated; docx has headings, lists and tables; hocr and alto have the positions of "
        "words",
    )
    parser.add_argument(
        "--fields",
        type=_fields,
        default=(),
        metavar="NAMES",
        help="fields for the model to extract, written to xlsx or json",
    )
    parser.add_argument(
        "--reader",
        type=one_of(ReaderChoice),
        choices=list(ReaderChoice),
        default=ReaderChoice.AUTO,
        help="the built-in OCR, the model, or (auto) the model where the OCR is uncertain and a model is given",
    )
    parser.add_argument("--join-lines", action="store_true", help="join lines into paragraphs")
    parser.add_argument("--strip-hyphens", action="store_true", help="rejoin words hyphenated across lines")
    parser.add_argument("--main-text", action="store_true", help="leave out headers, footers and page numbers")
    parser.add_argument(
        "--ignore",
        type=_ignored,
        default=(),
        metavar="PARTS",
        help=f"ignore areas of every page, in percent: “{EXAMPLE}”, or left, top, right, bottom: “60 0 100 12”",
    )
    server_choice.add_arguments(parser)
    parser.add_argument(
        "--parallel",
        type=_parallel,
        default=DEFAULT_PARALLEL,
        metavar="COUNT",
        help=f"questions to the server at the same time ({DEFAULT_PARALLEL})",
    )
    parser.add_argument("--at-once", dest="parallel", type=_parallel, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument(
        "--watch", action="store_true", help="go on with files that arrive in the folders, until Ctrl+C"
    )
    parser.add_argument("--retry", action="store_true", help="retry images that failed before")
    return parser


def main(arguments: Sequence[str], create_client: ClientFactory = client_ignoring_sigint) -> int:
    """Run the command and return its exit status."""
    arguments_of = parser()
    args = arguments_of.parse_args(arguments)
    if args.fields and not args.server and not policy_of(args.model or DEMO_MODEL).can_extract_fields:
        arguments_of.error("--fields needs --model MODEL or --server; the demo model cannot extract fields")
    default = [Output.SPREADSHEET] if args.fields else [Output.TEXT]
    options = BatchOptions(
        outputs=tuple(dict.fromkeys(args.format or default)),
        reader=args.reader,
        fields=args.fields,
        model=_real(args.model) if args.model else args.server or "",
        clean_up=CleanUp(args.join_lines, args.strip_hyphens, args.ignore, args.main_text),
    )
    try:
        options.check()
    except BatchError as error:
        arguments_of.error(command_line_sentence(error.problem))
    job = BatchJob(tuple(str(source.absolute()) for source in args.sources), options)
    return exit_status(lambda: _begin(job, args, create_client))


def _begin(job: BatchJob, args: argparse.Namespace, create_client: ClientFactory) -> bool:
    out = args.out.absolute()
    if not args.server:
        if args.model and args.reader is ReaderChoice.AUTO:  # It may open the model late or never.
            checked_model(args.model)
        readers = reader_count()
        engines = BatchEngines(partial(open_folder, job.options.model), create_client, readers=readers)
        return _run(job, out, engines, readers, args)
    server = server_choice.ServerChoice(args.server, args.server_model)
    model = server.model()
    server.announce(model)
    job = replace(job, options=replace(job.options, model=model.title))
    engines = BatchEngines(partial(server.request, model), create_client, answering=BackendKind.SERVER)
    return _run(job, out, engines, args.parallel, args)


def _real(folder: Path) -> str:
    return os.path.realpath(folder)  # Path.resolve raises for a link that leads to itself.


def _parallel(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MAX_PARALLEL:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MAX_PARALLEL}")
    return int(text)


def _fields(text: str) -> tuple[Field, ...]:
    try:
        return fields_from(text)
    except BatchError as error:
        raise argparse.ArgumentTypeError(command_line_sentence(error.problem)) from error


def _ignored(text: str) -> tuple[Box, ...]:
    try:
        return ignored_from(text)
    except BatchError as error:
        raise argparse.ArgumentTypeError(command_line_sentence(error.problem)) from error


def _run(job: BatchJob, out: Path, engines: BatchEngines, workers: int, args: argparse.Namespace) -> bool:
    with BatchJournal(out) as journal, engines:
        run = BatchRun(job, out, journal, retries=args.retry, only_settled=args.watch)
        _process(run, engines, workers)
        if args.watch:
            print_note("Watching for new files. Ctrl+C ends.")
        while args.watch:
            engines.close()
            try:
                wait_for_change(job.sources, out, run.sources)
            except KeyboardInterrupt:
                break
            run = BatchRun(job, out, journal, only_settled=True)
            _process(run, engines, workers)
    return ItemState.FAILED not in run.states


def _process(run: BatchRun, engines: BatchEngines, workers: int) -> None:
    """Process all pending images, and print what was done."""
    reporter = _ProgressReporter(run)
    try:
        process_items(run, engines, workers, reporter.report)
    except UserError:
        reporter.sum_up()
        print_error("Run the same command again to resume.")
        raise
    except KeyboardInterrupt:
        reporter.sum_up()
        raise
    reporter.sum_up()


class _ProgressReporter:
    """Reports progress on standard error."""

    def __init__(self, run: BatchRun) -> None:
        self._run = run
        self._start = time.monotonic()

    def report(self, index: int) -> None:
        """Report one more finished image."""
        if problem := self._run.problems.get(index):
            print_problem(problem)
        for wanted, name in self._run.renamed.get(index, ()):
            print_renamed(wanted, self._run.out / name)
        show_progress(f"{_line(self._progress)} · {self._run.sources[index].name}")

    def sum_up(self) -> None:
        """Print a summary of what was done and what was skipped."""
        for output, name in self._run.for_all.items():
            if name != FILES_FOR_ALL[output]:
                print_renamed(FILES_FOR_ALL[output], self._run.out / name)
        progress = self._progress
        earlier = f", {progress.earlier} already done" if progress.earlier else ""
        left = f", {progress.left} remaining" if progress.left else ""
        print_note(f"{progress.done} done, {progress.failed} failed{earlier}{left}{_left_out(self._run.left_out)}.")

    @property
    def _progress(self) -> BatchProgress:
        return self._run.progress(time.monotonic() - self._start)


def _line(progress: BatchProgress) -> str:
    over = progress.total - progress.left
    failed = f" · {progress.failed} failed" if progress.failed else ""
    left = progress.seconds_left
    time_left = "" if left is None else f" · {_span(left)} left"
    return f"{over}/{progress.total}{failed}{time_left}"


def _left_out(left_out: LeftOut) -> str:
    counts = {
        "other files": left_out.others,
        "links that lead nowhere": left_out.links,
        "pipes or devices": left_out.specials,
        "folders that cannot be read": left_out.folders,
    }
    text = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
    return f"; left out: {text}" if text else ""


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
