"""A batch from its first waiting image to its last: the one core under the window and the command line. No Qt here.

Everything in it may wait for the disk, so that the window runs it on a thread of its own.
"""

import shutil
import tempfile
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from app.domain.batch import Entry, ItemState, Job, Output, Progress, Source
from app.domain.clean_up import cleaned_text, without_ignored
from app.domain.errors import EngineError, Problem, ProblemKind, StorageError
from app.domain.pages import Page
from app.domain.reader_choice import ReaderChoice
from app.engine.process.messages import ImageProbed
from app.services.batch_calls import (
    MOST_ASKED_PAGES,
    Call,
    ItemFailed,
    Reply,
    Work,
    draw,
    fill_in,
    look,
    needs_lines,
    read,
    transcribe,
    write_pdf,
)
from app.storage.batch_folder import BatchFolder
from app.storage.batch_journal import BatchJournal
from app.storage.batch_sources import find_sources

SHEET_EVERY = 200
"""Images after which the spreadsheet is written anew, since each time takes longer."""
MOST_DEATHS = 5
"""Images in a row that may break a process; after that it is not they who do."""
LEAST_FREE = 16 * 1024 * 1024
"""Bytes; a process that cannot write where less is left has met a full disk."""


@dataclass(frozen=True, slots=True)
class ItemEnded:
    """The image at `index` is over."""

    index: int


Steps = Generator[Call | ItemEnded, Reply, None]


def next_step(steps: Steps, reply: Reply) -> Call | ItemEnded | None:
    """What comes behind the call that `reply` answers, empty at the beginning and behind an end; None at the last."""
    try:
        return steps.send(reply) if reply else next(steps)
    except StopIteration:
        return None


class BatchRun:
    """The images of `job` and how far each has come; what was done before, with the same options, is not done again.

    What has failed before is tried again where `retries`. Raises BatchError and StorageError.
    """

    def __init__(self, job: Job, out: Path, journal: BatchJournal, *, retries: bool = False) -> None:
        job.options.check()
        found = find_sources(job.sources, out)
        journal.begin(job)
        self.job = job
        self.sources = found.sources
        self.skipped = found.skipped
        self.states: list[ItemState] = []
        self.problems: dict[int, Problem] = {}
        self.out = out
        self._options = job.options
        self._fingerprint = job.options.fingerprint
        self._folder = BatchFolder(out, journal)
        self._folder.clear_away()
        self._deaths = 0
        self._taken: set[int] = set()
        self._since_sheet = 0
        for index, source in enumerate(self.sources):
            self.states.append(self._state_before(index, source, journal.entries.get(source.name), retries=retries))
        self._earlier = sum(state is not ItemState.WAITING for state in self.states)
        self._failed_earlier = self.states.count(ItemState.FAILED)

    def progress(self, seconds: float) -> Progress:
        """How far it is, after so many seconds of work."""
        done, failed = (self.states.count(state) for state in (ItemState.DONE, ItemState.FAILED))
        done_earlier = self._earlier - self._failed_earlier
        return Progress(
            len(self.sources),
            earlier=self._earlier,
            done=done - done_earlier,
            failed=failed - self._failed_earlier,
            seconds=seconds,
        )

    def steps(self) -> Steps:
        """Work off what waits. Yields calls, which are to be sent their replies, and ItemEnded, which are not.

        Several may be under way, none of them entered while another is: each takes what no other has taken.

        Raises StorageError or EngineError where it makes no sense to go on; new steps go on from there.
        """
        for index, source in enumerate(self.sources):
            if self.states[index] is not ItemState.WAITING or index in self._taken:
                continue
            self._taken.add(index)
            try:
                entry = yield from self._work(source)
            finally:
                self._taken.discard(index)
            self._check_deaths(entry.problem)
            self.states[index] = entry.state
            if entry.problem:
                self.problems[index] = entry.problem
            self._since_sheet += 1
            if self._since_sheet == SHEET_EVERY:
                self._save_sheet()
                self._since_sheet = 0
            yield ItemEnded(index)
        self._save_sheet()

    def _state_before(self, index: int, source: Source, entry: Entry | None, *, retries: bool) -> ItemState:
        if entry is None or not entry.stands_for(source, self._fingerprint):
            return ItemState.WAITING
        if entry.state is ItemState.FAILED and entry.problem:
            if retries:
                return ItemState.WAITING
            self.problems[index] = entry.problem
        return entry.state

    def _work(self, source: Source) -> Work[Entry]:
        entry = Entry(source=source, options=self._fingerprint, state=ItemState.FAILED)
        try:
            _check_there(source)
            with tempfile.TemporaryDirectory(prefix="lorgnette-") as folder:
                return (yield from self._read_and_write(entry, Path(folder)))
        except ItemFailed as failure:
            self._check_disk(failure.problem)
            failed = replace(entry, problem=failure.problem)
            self._folder.keep(failed)
            return failed

    def _read_and_write(self, entry: Entry, pictures: Path) -> Work[Entry]:
        source = entry.source
        count, probed = yield from look(source)
        pages: list[Page] = []
        seen: list[Page] = []
        drawn: dict[int, Path] = {} if count else {0: Path(source.path)}
        for number in range(max(count, 1)):
            page = yield from self._look_at_page(source, number, probed)
            seen.append(page)
            page = yield from self._read_page(source, number, self._cleaned(page), drawn, pictures)
            pages.append(page)
        notices = tuple(dict.fromkeys(page.notice for page in pages if page.notice))
        text = "\n\n".join(page.text for page in pages) if self._keeps_text else ""
        entry = replace(entry, state=ItemState.DONE, pages=len(pages), text=text, notices=notices)
        if self._options.fields:
            entry = yield from self._with_fields(entry, tuple(pages), drawn, pictures)
        return (yield from self._write(entry, tuple(pages), tuple(seen)))

    @property
    def _keeps_text(self) -> bool:
        return Output.SPREADSHEET in self._options.outputs and not self._options.fields

    def _look_at_page(self, source: Source, number: int, probed: ImageProbed | None) -> Work[Page]:
        """What the built-in reader finds, where it is asked."""
        if needs_lines(self._options):
            return (yield from read(source, number))
        width, height = (probed.width, probed.height) if probed else (0, 0)
        return Page(width, height, (), "")

    def _cleaned(self, page: Page) -> Page:
        how = self._options.clean_up
        return replace(without_ignored(page, how.ignored), text=cleaned_text(page, how))

    def _read_page(self, source: Source, number: int, page: Page, drawn: dict[int, Path], pictures: Path) -> Work[Page]:
        """The page as it is, or with the text that the model reads there."""
        choice = self._options.reader
        is_unsure = choice is ReaderChoice.AUTO and bool(page.notice) and bool(self._options.model)
        if choice is not ReaderChoice.MODEL and not is_unsure:
            return page
        picture = yield from self._picture(source, number, drawn, pictures)
        text = yield from transcribe(source, picture, page.text)
        return replace(page, text=text, notice="")

    def _picture(self, source: Source, number: int, drawn: dict[int, Path], pictures: Path) -> Work[Path]:
        """A page as an image file that the model can look at."""
        if number not in drawn:
            target = pictures / f"page {number + 1}.png"
            yield from draw(source, number, target)
            drawn[number] = target
        return drawn[number]

    def _with_fields(
        self, entry: Entry, pages: tuple[Page, ...], drawn: dict[int, Path], pictures: Path
    ) -> Work[Entry]:
        asked: list[Path] = []
        for number in range(min(len(pages), MOST_ASKED_PAGES)):
            picture = yield from self._picture(entry.source, number, drawn, pictures)
            asked.append(picture)
        try:
            cells = yield from fill_in(entry.source, self._options, tuple(asked), pages)
        except ItemFailed as failure:
            return replace(entry, state=ItemState.FAILED, problem=failure.problem)
        if len(pages) > MOST_ASKED_PAGES:
            cut = f"The fields are those of its first {MOST_ASKED_PAGES} pages."
            entry = replace(entry, notices=(*entry.notices, cut))
        return replace(entry, cells=cells)

    def _write(self, entry: Entry, pages: tuple[Page, ...], seen: tuple[Page, ...]) -> Work[Entry]:
        """Write the files; a PDF can be searched for all that was `seen`."""
        planned = self._folder.plan(entry, self._options)
        over = replace(planned, state=entry.state)
        pdf = self._folder.partial_pdf(planned)
        try:
            if pdf:
                yield from write_pdf(entry.source, seen, pdf)
            self._folder.write(over, pages, pdf)
        finally:
            if pdf:
                pdf.unlink(missing_ok=True)
        return over

    def _save_sheet(self) -> None:
        if Output.SPREADSHEET in self._options.outputs:
            names = [source.name for source in self.sources]
            self._folder.save_sheet(names, [field.name for field in self._options.fields])

    def _check_deaths(self, problem: Problem | None) -> None:
        self._deaths = self._deaths + 1 if problem and problem.kind is ProblemKind.ENGINE else 0
        if self._deaths >= MOST_DEATHS:
            self._deaths = 0
            raise EngineError(
                f"The engines failed at {MOST_DEATHS} images in a row, so the batch was paused.",
                kept="Everything done before is kept.",
                todo="Close other applications, then go on.",
            )

    def _check_disk(self, problem: Problem) -> None:
        """A process that could not write says so of the file; where the disk is full, that is what happened."""
        for folder in (self.out, Path(tempfile.gettempdir())):
            if shutil.disk_usage(folder).free < LEAST_FREE:
                raise StorageError(
                    f"The disk with “{folder}” is full, so the batch was paused.",
                    kept="Everything done before is kept.",
                    todo="Free some space, then go on.",
                )
        if problem.kind is ProblemKind.STORAGE:
            raise StorageError(problem.what, kept=problem.kept, todo=problem.todo)


def _check_there(source: Source) -> None:
    path = Path(source.path)
    if path.exists():
        return
    if not path.parent.exists():
        raise StorageError(
            f"The folder “{path.parent}” is no longer there, so the batch was paused.",
            kept="Everything done before is kept.",
            todo="Connect its drive, or put it back, then go on.",
        )
    raise ItemFailed(
        Problem(ProblemKind.BATCH, f"“{source.name}” is no longer there.", todo="Put it back and try again.")
    )
