"""The requests of a batch to the engines for one image, as generators: they yield a BatchCall and are sent its Reply.

The driver (the window by signals, the command line by waiting) decides when and in which process a call is made.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.domain.batch.batch import BatchOptions, FieldCell, InputFile, Output
from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.documents.fields import FieldAnswer, InvalidAnswer
from app.domain.documents.pages import OcrPage
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.error_texts import batch_texts, engine_texts
from app.domain.errors import Problem, ProblemKind
from app.domain.ids import Digest
from app.domain.models.answer_stats import FinishReason
from app.domain.proofs.evidence import evidence_of
from app.domain.proofs.page_text import PageText
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.page_reading import PageReading
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Done,
    DrawPage,
    Event,
    Failed,
    ImageProbed,
    PagesFound,
    ProbeImage,
    ReadText,
    Request,
    TextRead,
    ThoughtDelta,
    WritePdf,
)
from app.services.models.field_question import FieldQuestion

T = TypeVar("T")

THUMBNAIL_SIZE = 32
"""Size of thumbnails in pixels; small, as they are not shown."""
MAX_ASKED_PAGES = 4
"""Maximum number of pages of a document in one request: more would fill the model's context."""
_WITH_POSITIONS = {Output.PDF, Output.JSON, Output.HOCR, Output.ALTO}
_OPTIONS = GenerationOptions(sampling=GREEDY)
_STOPPED = {
    BackendKind.IMAGES: batch_texts.DECODER_STOPPED,
    BackendKind.READER: batch_texts.READER_STOPPED,
}


@dataclass(slots=True)
class CorrectionsWanted:
    """Asks the driver for the pages of a file that the user has corrected, by number from 0, which it puts in `pages`.

    It is resumed with an empty reply.
    """

    digest: Digest
    count: int
    pages: dict[int, OcrPage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchCall:
    """A request to a process of the given kind."""

    kind: BackendKind
    request: Request


Reply = tuple[Event, ...]
"""The events of a call without StageProgress; the last is Done or Failed. A process that died or hung has failed."""
Work = Generator[BatchCall | CorrectionsWanted, Reply, T]


class ItemFailed(Exception):
    """An image cannot be processed, and the batch continues with the next."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.sentence)


def look(source: InputFile) -> Work[PagesFound | ImageProbed | None]:
    """Return the properties of a document or of an image; None for neither."""
    reply = yield from _done(source, BackendKind.IMAGES, ProbeImage(source.path, THUMBNAIL_SIZE))
    return next((event for event in reply if isinstance(event, PagesFound | ImageProbed)), None)


def corrected(found: PagesFound | ImageProbed | None) -> Work[dict[int, OcrPage]]:
    """Return the pages of a file that the user has corrected, by number from 0."""
    if found is None:
        return {}
    wanted = CorrectionsWanted(found.digest, found.pages if isinstance(found, PagesFound) else 1)
    yield wanted
    return wanted.pages


def draw(source: InputFile, page: int, target: Path) -> Work[None]:
    """Render a page of a document for the model."""
    yield from _done(source, BackendKind.IMAGES, DrawPage(source.path, page, str(target), THUMBNAIL_SIZE))


def read(source: InputFile, page: int) -> Work[OcrPage]:
    """Return the OCR of a page, or of an image, which is page 0."""
    reply = yield from _done(source, BackendKind.READER, ReadText(source.path, page))
    pages = [event.page for event in reply if isinstance(event, TextRead)]
    if not pages:
        raise ItemFailed(batch_texts.NOT_READ.problem(file=source.name))
    return pages[-1]


def transcribe(source: InputFile, reading: PageReading, picture: Path, known: str) -> Work[str]:
    """Return the text of a picture as the model reads it; `known` is the text of the built-in OCR, or empty."""
    turn = Turn(Role.USER, reading.prompt, (SeenImage(str(picture)),))
    text, _ = yield from _answer(source, (turn,), (known,) if known else (), options=reading.options)
    return text


def fill_in(
    source: InputFile, options: BatchOptions, pictures: tuple[Path, ...], pages: tuple[OcrPage, ...]
) -> Work[tuple[FieldCell, ...]]:
    """Return the fields of an image or a document; after an invalid answer, ask once more with the error."""
    question = FieldQuestion(options.fields, (SeenImage(str(picture)) for picture in pictures))
    known = tuple(page.text for page in pages[: len(pictures)] if page.text)
    fields: tuple[FieldAnswer, ...] | None = None
    while fields is None:
        answer, is_cut_off = yield from _answer(source, question.turns, known, question.schema)
        try:
            fields = question.take(answer, is_cut_off=is_cut_off)
        except InvalidAnswer as error:
            problem = batch_texts.FIELDS_INVALID.problem(file=source.name, reason=str(error))
            raise ItemFailed(problem) from error
    text = PageText(pages)
    return tuple(FieldCell(field.name, field.value, field.text, evidence_of(field, text)) for field in fields)


def write_pdf(source: InputFile, pages: tuple[OcrPage, ...], target: Path) -> Work[None]:
    """Write the searchable PDF to `target`."""
    yield from _done(source, BackendKind.IMAGES, WritePdf(source.path, pages, str(target)))


def needs_lines(options: BatchOptions) -> bool:
    """Return whether the built-in OCR has to locate lines, even if the model reads."""
    wants_boxes = bool(options.fields) or bool(_WITH_POSITIONS & set(options.outputs))
    return wants_boxes or options.reader is not ReaderChoice.MODEL


def _answer(
    source: InputFile,
    turns: tuple[Turn, ...],
    known: tuple[str, ...],
    schema: str = "",
    options: GenerationOptions = _OPTIONS,
) -> Work[tuple[str, bool]]:
    """Return the model's answer, and whether it was cut off."""
    reply = yield from _done(source, BackendKind.MODEL, Ask(turns, options, known, schema))
    text = "".join(event.text for event in reply if isinstance(event, AnswerDelta))
    if not text and any(isinstance(event, ThoughtDelta) for event in reply):
        raise ItemFailed(batch_texts.NO_ANSWER.problem(file=source.name, cause=engine_texts.ONLY_THOUGHT.problem()))
    return text, any(isinstance(event, Done) and event.reason.is_cut_off for event in reply)


def _done(source: InputFile, kind: BackendKind, request: Request) -> Work[Reply]:
    """Yield the call until it is done: one that was preempted is repeated."""
    while True:
        reply = yield BatchCall(kind, request)
        match reply[-1]:
            case Failed(problem=problem) if problem.kind is ProblemKind.ENGINE and kind is BackendKind.MODEL:
                raise ItemFailed(batch_texts.NO_ANSWER.problem(file=source.name, cause=problem))
            case Failed(problem=problem) if problem.kind is ProblemKind.ENGINE:
                raise ItemFailed(_STOPPED[kind].problem(file=source.name))
            case Failed(problem=problem):
                raise ItemFailed(problem)
            case Done(reason=FinishReason.STOPPED):
                continue
            case _:
                return reply
