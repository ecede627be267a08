"""What a batch asks of the engines for one image, as generators: they yield a Call and are sent its Reply.

Who drives them (the window by signals, the command line by waiting) decides when and in which process a call is done.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from app.domain.batch import BatchOptions, FieldCell, Output, Source
from app.domain.chat import Role, SeenImage, Turn
from app.domain.errors import Problem, ProblemKind
from app.domain.evidence import find_evidence
from app.domain.fields import FieldAnswer, InvalidAnswer, field_correction, field_question, read_field_answer
from app.domain.generation import GREEDY, FinishReason, GenerationOptions
from app.domain.pages import Page
from app.domain.presets import BUILT_IN
from app.domain.reader_choice import ReaderChoice
from app.engine.process.backend import BackendKind
from app.engine.process.messages import (
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
    Token,
    WritePdf,
)

T = TypeVar("T")

PROBE_SECONDS, READ_SECONDS, PDF_SECONDS, ASK_SECONDS = 30.0, 120.0, 300.0, 1800.0
"""How long a process may take for one call before it is ended, and the image given up."""
OPEN_SECONDS = 900.0
"""For a process to open its model."""
THUMBNAIL_SIZE = 32
"""Nobody looks at it."""
MOST_ASKED_PAGES = 4
"""Of a document: more would fill the model's context."""
_OPTIONS = GenerationOptions(sampling=GREEDY)
_NOUNS = {
    BackendKind.IMAGES: "the image opener",
    BackendKind.READER: "the reader",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a process of a kind, which may take so many seconds."""

    kind: BackendKind
    build: Callable[[int], Request]
    seconds: float


Reply = tuple[Event, ...]
"""The events of a call, Loading left out; the last is Done or Failed. A process that died or hung has failed."""
Work = Generator[Call, Reply, T]


class ItemFailed(Exception):
    """An image cannot be done, and the batch goes on with the next."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.sentence)


def look(source: Source) -> Work[tuple[int, ImageProbed | None]]:
    """How many pages a document has, or 0 and what is known of an image."""
    reply = yield from _done(source, BackendKind.IMAGES, partial(_probe, source.path), PROBE_SECONDS)
    for event in reply:
        if isinstance(event, PagesFound):
            return event.pages, None
        if isinstance(event, ImageProbed):
            return 0, event
    return 0, None


def draw(source: Source, page: int, target: Path) -> Work[None]:
    """Draw a page of a document for the model to look at."""
    build = partial(_draw, source.path, page, str(target))
    yield from _done(source, BackendKind.IMAGES, build, PROBE_SECONDS)


def read(source: Source, page: int) -> Work[Page]:
    """What the built-in reader finds on a page, or on an image, which is page 0."""
    build = partial(_read, source.path, page)
    reply = yield from _done(source, BackendKind.READER, build, READ_SECONDS)
    pages = [event.page for event in reply if isinstance(event, TextRead)]
    if not pages:
        raise ItemFailed(_problem(source, "could not be read"))
    return pages[-1]


def transcribe(source: Source, picture: Path, known: str) -> Work[str]:
    """The text of a picture as the model reads it; `known` is what the reader has read, or empty."""
    turn = Turn(Role.USER, BUILT_IN[0].text, (SeenImage(str(picture)),))
    return (yield from _answer(source, (turn,), (known,) if known else ()))


def fill_in(
    source: Source, options: BatchOptions, pictures: tuple[Path, ...], pages: tuple[Page, ...]
) -> Work[tuple[FieldCell, ...]]:
    """The fields of an image or a document; an invalid answer is asked again once, and told why."""
    images = tuple(SeenImage(str(picture)) for picture in pictures)
    turns = [Turn(Role.USER, field_question(options.fields), images)]
    known = tuple(page.text for page in pages[: len(pictures)] if page.text)
    answer = yield from _answer(source, tuple(turns), known)
    try:
        fields = read_field_answer(answer, options.fields)
    except InvalidAnswer as error:
        turns += [Turn(Role.ASSISTANT, answer), Turn(Role.USER, field_correction(error))]
        answer = yield from _answer(source, tuple(turns), known)
        try:
            fields = read_field_answer(answer, options.fields)
        except InvalidAnswer as second:
            raise ItemFailed(
                Problem(
                    ProblemKind.BATCH,
                    f"The model gave no valid fields for “{source.name}”, twice: {second}",
                    "Its text is kept.",
                    "Name fewer fields, or read them yourself.",
                )
            ) from second
    return tuple(_with_evidence(field, pages) for field in fields)


def write_pdf(source: Source, pages: tuple[Page, ...], target: Path) -> Work[None]:
    """Write the searchable PDF to `target`."""
    build = partial(_write, source.path, pages, str(target))
    yield from _done(source, BackendKind.IMAGES, build, PDF_SECONDS)


def needs_lines(options: BatchOptions) -> bool:
    """Whether the built-in reader is asked for the places of lines, whoever reads."""
    wants_places = bool(options.fields) or bool({Output.PDF, Output.JSON} & set(options.outputs))
    return wants_places or options.reader is not ReaderChoice.MODEL


def _with_evidence(field: FieldAnswer, pages: tuple[Page, ...]) -> FieldCell:
    evidence = find_evidence(field.text or field.value, pages) if field.value else None
    return FieldCell(field.name, field.value, field.text, evidence)


def _answer(source: Source, turns: tuple[Turn, ...], known: tuple[str, ...]) -> Work[str]:
    build = partial(_ask, turns, known)
    reply = yield from _done(source, BackendKind.MODEL, build, ASK_SECONDS)
    return "".join(event.text for event in reply if isinstance(event, Token))


def _done(source: Source, kind: BackendKind, build: Callable[[int], Request], seconds: float) -> Work[Reply]:
    """Yield the call until it is done: one that was stopped, for something more urgent, is made again."""
    while True:
        reply = yield Call(kind, build, seconds)
        match reply[-1]:
            case Failed(problem=problem) if problem.kind is ProblemKind.ENGINE and kind is BackendKind.MODEL:
                told = f"“{source.name}” got no answer: {problem.what}"
                raise ItemFailed(Problem(ProblemKind.ENGINE, told, "The file itself is untouched.", problem.todo))
            case Failed(problem=problem) if problem.kind is ProblemKind.ENGINE:
                raise ItemFailed(
                    replace(_problem(source, f"took too long or broke {_NOUNS[kind]}"), kind=ProblemKind.ENGINE)
                )
            case Failed(problem=problem):
                raise ItemFailed(problem)
            case Done(reason=FinishReason.STOPPED):
                continue
            case _:
                return reply


def _problem(source: Source, what: str) -> Problem:
    return Problem(
        ProblemKind.BATCH,
        f"“{source.name}” {what}, so it was left out.",
        "The file itself is untouched.",
        "Open it in an image editor, save it as PNG, and try that.",
    )


def _probe(path: str, request_id: int) -> Request:
    return ProbeImage(request_id, path, THUMBNAIL_SIZE)


def _draw(path: str, page: int, target: str, request_id: int) -> Request:
    return DrawPage(request_id, path, page, target, THUMBNAIL_SIZE)


def _read(path: str, page: int, request_id: int) -> Request:
    return ReadText(request_id, path, page)


def _ask(turns: tuple[Turn, ...], known: tuple[str, ...], request_id: int) -> Request:
    return Ask(request_id, turns, _OPTIONS, known)


def _write(path: str, pages: tuple[Page, ...], target: str, request_id: int) -> Request:
    return WritePdf(request_id, path, pages, target)
