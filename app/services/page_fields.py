"""Fields of a page that the model fills in, each with the place where the reader found the same words."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.chat import Role, SeenImage, Turn
from app.domain.errors import Problem, ProblemKind
from app.domain.evidence import find_evidence
from app.domain.fields import Field, FieldAnswer, InvalidAnswer, field_correction, field_question, read_field_answer
from app.domain.generation import GREEDY, GenerationOptions
from app.domain.labelled_values import LabelledValue
from app.domain.pages import Page
from app.services.aside_questions import AsideQuestions

_OPTIONS = GenerationOptions(sampling=GREEDY)


@dataclass(slots=True)
class _Asked:
    number: int
    page: Page
    fields: tuple[Field, ...]
    turns: tuple[Turn, ...]
    is_second: bool = False


class PageFields(QObject):
    """`found(number, tuple[LabelledValue, ...])` for a page, or `failed(Problem)`.

    An answer that is not what was asked for is asked for once more, with what was wrong.
    """

    found = Signal(int, object)
    failed = Signal(object)

    def __init__(self, questions: AsideQuestions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._questions = questions
        self._asked: dict[int, _Asked] = {}
        questions.answered.connect(self._on_answered)
        questions.failed.connect(self._on_failed)

    def ask(self, number: int, page: Page, fields: tuple[Field, ...], picture: Path) -> None:
        """Have the fields of page `number` filled in from its picture; `page` is what the reader found there."""
        turns = (Turn(Role.USER, field_question(fields), (SeenImage(str(picture)),)),)
        self._send(_Asked(number, page, fields, turns))

    def _send(self, asked: _Asked) -> None:
        self._asked[self._questions.ask(asked.turns, _OPTIONS)] = asked

    @Slot(int, str)
    def _on_answered(self, question: int, answer: str) -> None:
        asked = self._asked.pop(question, None)
        if asked is None:
            return
        try:
            answers = read_field_answer(answer, asked.fields)
        except InvalidAnswer as error:
            if asked.is_second:
                self.failed.emit(_INVALID)
                return
            more = (Turn(Role.ASSISTANT, answer), Turn(Role.USER, field_correction(error)))
            self._send(_Asked(asked.number, asked.page, asked.fields, (*asked.turns, *more), is_second=True))
            return
        self.found.emit(asked.number, tuple(_with_place(answer, asked.page) for answer in answers))

    @Slot(int, object)
    def _on_failed(self, question: int, problem: Problem) -> None:
        if self._asked.pop(question, None):
            self.failed.emit(problem)


def _with_place(answer: FieldAnswer, page: Page) -> LabelledValue:
    evidence = find_evidence(answer.text or answer.value, [page]) if answer.value else None
    boxes = (evidence.box,) if evidence else ()
    return LabelledValue(answer.name, answer.value, boxes, is_doubtful=bool(answer.value) and not boxes)


_INVALID = Problem(
    ProblemKind.ENGINE,
    "The model gave no valid fields, twice.",
    "What was read is kept.",
    "Name fewer fields, or try again.",
)
