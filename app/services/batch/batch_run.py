"""The run of a batch from its first pending image to its last, shared by the window and the command line. No Qt here.

Everything in it may block on the disk, so the window runs it on a thread of its own.
"""

import contextlib
import shutil
import tempfile
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.domain.batch.batch import BatchJob, BatchProgress, Entry, InputFile, ItemState, Output
from app.domain.documents.answer_pages import page_of_answer
from app.domain.documents.clean_up import cleaned_text, kept_page, without_ignored
from app.domain.documents.pages import OcrPage, with_notice
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.error_texts import batch_texts, storage_texts
from app.domain.errors import DiskError, EngineError, Problem, ProblemKind, StorageError
from app.domain.settings.page_reading import page_reading
from app.engine.process.messages import ImageProbed, PagesFound
from app.services.batch.batch_calls import (
    MAX_ASKED_PAGES,
    BatchCall,
    CorrectionsWanted,
    ItemFailed,
    Reply,
    Work,
    corrected,
    draw,
    fill_in,
    look,
    needs_lines,
    read,
    transcribe,
    write_pdf,
)
from app.storage.batch.batch_folder import BatchFolder
from app.storage.batch.batch_input import find_input_files
from app.storage.batch.batch_journal import BatchJournal
from app.storage.files.atomic import os_words, storage_error
from app.storage.files.scratch import scratch_folder

SAVE_EVERY = 200
"""Number of images after which the files for all are rewritten; not after each, since every write takes longer."""
MAX_DEATHS = 5
"""Maximum number of consecutive images that crash a process; after that, the images are not the cause."""
MIN_FREE = 16 * 1024 * 1024
"""Free space in bytes below which a process's failure to write is attributed to a full disk."""


@dataclass(frozen=True, slots=True)
class ItemChanged:
    """The state of the image at `index` has changed: it is being processed now, or has ended."""

    index: int


Step = BatchCall | CorrectionsWanted | ItemChanged
Steps = Generator[Step, Reply, None]


def next_step(steps: Steps, reply: Reply) -> Step | None:
    """Advance `steps` with `reply`, which is empty except after a BatchCall; return the next step, None when done."""
    try:
        return steps.send(reply) if reply else next(steps)
    except StopIteration:
        return None


class BatchRun:
    """The images of `job` and their states; images that were processed before with the same options are skipped.

    An image is processed again if one of its output files was deleted or emptied; an edited one stays as it is.
    With `retries`, images that failed before are retried. With `only_settled`, files that are still being copied are
    left out. Raises BatchError and StorageError.
    """

    def __init__(
        self, job: BatchJob, out: Path, journal: BatchJournal, *, retries: bool = False, only_settled: bool = False
    ) -> None:
        job.options.check()
        found = find_input_files(job.sources, out, only_settled=only_settled)
        journal.begin(job)
        self.job = job
        self.sources = list(found.sources)
        self.left_out = found.left_out
        self.states: list[ItemState] = []
        self.problems: dict[int, Problem] = {}
        self.out = out
        self.renamed: dict[int, tuple[tuple[str, str], ...]] = {}
        """By index of the image: (wanted, actual) names of output files that could not have their usual names."""
        self.for_all: dict[Output, str] = {}
        """The names of the files for all images that were written."""
        self._options = job.options
        self._fingerprint = job.options.fingerprint
        self._folder = BatchFolder(out, journal)
        self._folder.remove_partial_files()
        self._deaths = 0
        self._repeated: deque[int] = deque()
        self._since_saved = 0
        self.is_unsaved = False
        """Whether images were processed since the files for all images were written."""
        for index, source in enumerate(self.sources):
            self.states.append(self._state_before(index, source, journal.entries.get(source.name), retries=retries))
        self._earlier = {index: state for index, state in enumerate(self.states) if state.is_over}
        """The images that were over before, with their states; without those that are repeated."""
        self._failed_earlier = self.states.count(ItemState.FAILED)

    def progress(self, seconds: float) -> BatchProgress:
        """Return the progress, after `seconds` of work."""
        done, failed = (self.states.count(state) for state in (ItemState.DONE, ItemState.FAILED))
        done_earlier = len(self._earlier) - self._failed_earlier
        return BatchProgress(
            len(self.sources),
            earlier=len(self._earlier),
            done=done - done_earlier,
            failed=failed - self._failed_earlier,
            seconds=seconds,
        )

    def repeat(self, indexes: Iterable[int]) -> None:
        """Let these images be processed again, before those that wait; one that is being processed, afterwards."""
        for index in indexes:
            if self._earlier.pop(index, None) is ItemState.FAILED:
                self._failed_earlier -= 1
            self.problems.pop(index, None)
            self.renamed.pop(index, None)
            if self.states[index] is not ItemState.WRITING:
                self.states[index] = ItemState.WAITING
            if index not in self._repeated:
                self._repeated.append(index)

    def steps(self, *, saves_at_end: bool = True) -> Steps:
        """Process the pending images. Yields calls, to which replies are to be sent, and steps that need none.

        Several generators may be active, but must not run concurrently: each takes images that no other has taken.
        Unless it `saves_at_end`, `save_for_all` is to be called soon: it reads the whole journal.

        Raises DiskError, any StorageError of a file for all images, or EngineError if it is pointless to continue; new
        steps resume from there.
        """
        for index in self._pending():
            self.states[index] = ItemState.WRITING
            try:
                yield ItemChanged(index)
                self.sources[index] = _with_facts(self.sources[index])
                entry = yield from self._work(self.sources[index])
                self._check_deaths(entry.problem)
                self.states[index] = entry.state
            finally:
                if self.states[index] is ItemState.WRITING:
                    self.states[index] = ItemState.WAITING
            if entry.problem:
                self.problems[index] = entry.problem
            if renamed := _renamed(entry):
                self.renamed[index] = renamed
            self.is_unsaved = True
            self._since_saved += 1
            if self._since_saved == SAVE_EVERY:
                self.save_for_all()
            yield ItemChanged(index)
        if saves_at_end:
            self.save_for_all()

    def _pending(self) -> Iterator[int]:
        """Yield the images to process next, those that are repeated first."""
        for index in range(len(self.sources)):
            yield from self._to_repeat()
            if self.states[index] is ItemState.WAITING:
                yield index
        yield from self._to_repeat()

    def _to_repeat(self) -> Iterator[int]:
        """Yield the images to repeat that no generator is processing."""
        while True:
            index = next((index for index in self._repeated if self.states[index] is not ItemState.WRITING), None)
            if index is None:
                return
            self._repeated.remove(index)
            yield index

    def _state_before(self, index: int, source: InputFile, entry: Entry | None, *, retries: bool) -> ItemState:
        if entry is None or not entry.stands_for(source, self._fingerprint):
            return ItemState.WAITING
        if entry.state is ItemState.FAILED and entry.problem:
            if retries:
                return ItemState.WAITING
            self.problems[index] = entry.problem
        if entry.state is ItemState.DONE and not self._folder.has_outputs(entry):
            return ItemState.WAITING
        return entry.state

    def _work(self, source: InputFile) -> Work[Entry]:
        entry = Entry(source=source, options=self._fingerprint, state=ItemState.FAILED)
        try:
            _check_there(source)
            with scratch_folder() as folder:
                return (yield from self._read_and_write(entry, folder))
        except DiskError:
            raise
        except StorageError as error:
            problem = error.problem
        except ItemFailed as failure:
            self._check_disk()
            problem = failure.problem
        except OSError as error:  # The folder for temporary files.
            refused = storage_error(error, storage_texts.READ_TEXT, file=source.name)
            if isinstance(refused, DiskError):
                raise refused from error
            problem = refused.problem
        failed = replace(entry, problem=problem)
        self._folder.record_failure(failed)
        return failed

    def _read_and_write(self, entry: Entry, pictures: Path) -> Work[Entry]:
        source = entry.source
        found = yield from look(source)
        known = yield from corrected(found)
        pages: list[OcrPage] = []
        seen: list[OcrPage] = []
        drawn: dict[int, Path] = {} if isinstance(found, PagesFound) else {0: Path(source.path)}
        for number in range(max(found.pages, 1) if isinstance(found, PagesFound) else 1):
            page = known.get(number) or (yield from self._look_at_page(source, number, found))
            seen.append(without_ignored(page, self._options.clean_up.ignored))
            page = self._cleaned(page)
            if number not in known:
                page = yield from self._read_page(source, number, page, drawn, pictures)
            pages.append(page)
        notices = tuple(dict.fromkeys(page.notice for page in pages if page.notice))
        text = "\n\n".join(page.text for page in pages)
        entry = replace(entry, state=ItemState.DONE, pages=len(pages), text=text, notices=notices)
        if self._options.fields:
            entry = yield from self._with_fields(entry, tuple(pages), drawn, pictures)
        return (yield from self._write(entry, tuple(pages), tuple(seen)))

    def _look_at_page(self, source: InputFile, number: int, found: PagesFound | ImageProbed | None) -> Work[OcrPage]:
        """Return the OCR of a page, if the built-in OCR is used."""
        if needs_lines(self._options):
            return (yield from read(source, number))
        width, height = (found.width, found.height) if isinstance(found, ImageProbed) else (0, 0)
        return OcrPage(width, height, (), "")

    def _cleaned(self, page: OcrPage) -> OcrPage:
        how = self._options.clean_up
        return replace(kept_page(page, how), text=cleaned_text(page, how))

    def _read_page(
        self, source: InputFile, number: int, page: OcrPage, drawn: dict[int, Path], pictures: Path
    ) -> Work[OcrPage]:
        """Return the page as it is, or with the text that the model reads."""
        choice = self._options.reader
        is_low_confidence = choice is ReaderChoice.AUTO and page.is_uncertain and bool(self._options.model)
        if choice is not ReaderChoice.MODEL and not is_low_confidence:
            return page
        picture = yield from self._picture(source, number, drawn, pictures)
        reading = page_reading(self._options.model_name)
        text = yield from transcribe(source, reading, picture, page.text)
        answered = page_of_answer(text, page.width, page.height, is_markdown=reading.is_markdown)
        seen = replace(answered, codes=page.codes) if answered.lines else replace(page, text=answered.text)
        return with_notice(seen, None)

    def _picture(self, source: InputFile, number: int, drawn: dict[int, Path], pictures: Path) -> Work[Path]:
        """Return a page as an image file for the model."""
        if number not in drawn:
            target = pictures / f"page {number + 1}.png"
            yield from draw(source, number, target)
            drawn[number] = target
        return drawn[number]

    def _with_fields(
        self, entry: Entry, pages: tuple[OcrPage, ...], drawn: dict[int, Path], pictures: Path
    ) -> Work[Entry]:
        asked: list[Path] = []
        for number in range(min(len(pages), MAX_ASKED_PAGES)):
            picture = yield from self._picture(entry.source, number, drawn, pictures)
            asked.append(picture)
        try:
            cells = yield from fill_in(entry.source, self._options, tuple(asked), pages)
        except ItemFailed as failure:
            return replace(entry, state=ItemState.FAILED, problem=failure.problem)
        if len(pages) > MAX_ASKED_PAGES:
            cut = batch_texts.FIELDS_OF_FIRST_PAGES.problem(most=MAX_ASKED_PAGES)
            entry = replace(entry, notices=(*entry.notices, cut.sentence))
        return replace(entry, cells=cells)

    def _write(self, entry: Entry, pages: tuple[OcrPage, ...], seen: tuple[OcrPage, ...]) -> Work[Entry]:
        """Write the output files; a PDF is searchable for the text that the OCR has `seen` outside ignored areas."""
        planned = self._folder.plan(entry, self._options)
        pdf = self._folder.partial_pdf(planned)
        try:
            if pdf:
                yield from write_pdf(entry.source, seen, pdf)
            return self._folder.write(replace(planned, state=entry.state), pages, pdf)
        except BaseException:
            self._folder.abandon(planned)
            raise
        finally:
            if pdf:
                with contextlib.suppress(OSError):
                    pdf.unlink(missing_ok=True)

    def save_for_all(self) -> None:
        """Write the files for all images. Raises StorageError."""
        self._since_saved = 0
        names, fields = [source.name for source in self.sources], [field.name for field in self._options.fields]
        for output in self._options.outputs:
            if output.is_for_all and (name := self._folder.save_for_all(output, names, fields)):
                self.for_all[output] = name
        self.is_unsaved = False

    def _check_deaths(self, problem: Problem | None) -> None:
        self._deaths = self._deaths + 1 if problem and problem.kind is ProblemKind.ENGINE else 0
        if self._deaths >= MAX_DEATHS:
            self._deaths = 0
            raise EngineError(batch_texts.ENGINES_CRASH, images=MAX_DEATHS)

    def _check_disk(self) -> None:
        """Raise DiskError if the disk is full or gone: a process that could not write blames the file."""
        for folder in (self.out, Path(tempfile.gettempdir())):
            try:
                free = shutil.disk_usage(folder).free
            except OSError as error:
                raise DiskError(batch_texts.FOLDER_NOT_ACCESSIBLE, folder=str(folder)) from error
            if free < MIN_FREE:
                raise DiskError(batch_texts.DISK_FULL, folder=str(folder))


def _renamed(entry: Entry) -> tuple[tuple[str, str], ...]:
    wanted = [f"{entry.source.name}.{Output.of_name(name).suffix}" for name in entry.outputs]
    return tuple((want, name) for want, name in zip(wanted, entry.outputs, strict=True) if want != name)


def _with_facts(source: InputFile) -> InputFile:
    """Return the file with its present size and time, as it may have changed since the folder was searched."""
    try:
        facts = Path(source.path).stat()
    except OSError:  # It is reported when it is read.
        return source
    return replace(source, size=facts.st_size, modified_ns=facts.st_mtime_ns)


def _check_there(source: InputFile) -> None:
    """Raise ItemFailed if the file does not exist, DiskError if its folder is gone, too."""
    path = Path(source.path)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        if not path.parent.exists():
            raise DiskError(batch_texts.FOLDER_GONE, folder=str(path.parent)) from error
        raise ItemFailed(batch_texts.FILE_GONE.problem(file=source.name)) from error
    except OSError as error:
        problem = batch_texts.FILE_NOT_ACCESSIBLE.problem(file=source.name, reason=os_words(error))
        raise ItemFailed(problem) from error
