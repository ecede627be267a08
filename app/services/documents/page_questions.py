"""Requests to the model about a page of a document: its text, and fields that are located in the OCR."""

from collections.abc import Callable
from pathlib import Path

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.documents.fields import Field, FieldAnswer, InvalidAnswer
from app.domain.documents.labelled_values import LabelledValue
from app.domain.documents.pages import OcrPage
from app.domain.error_texts import document_texts
from app.domain.errors import Problem
from app.domain.proofs.evidence import evidence_of
from app.domain.proofs.page_text import PageText
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.page_reading import PageReading
from app.services.models.background_requests import BackgroundQuestion, BackgroundRequests
from app.services.models.field_question import FieldQuestion

_OPTIONS = GenerationOptions(sampling=GREEDY)


class PageQuestions:
    """Asks the model about pages. If no model is open, `on_failure` is called before a method returns."""

    def __init__(self, questions: BackgroundRequests) -> None:
        self._questions = questions

    def transcribe(
        self,
        picture: Path,
        reading: PageReading,
        on_text: Callable[[str], None],
        on_failure: Callable[[Problem], None],
    ) -> None:
        """Have the model transcribe a picture."""
        turn = Turn(Role.USER, reading.prompt, (SeenImage(str(picture)),))
        self._questions.ask((turn,), reading.options, on_text, on_failure)

    def fill_in(
        self,
        fields: tuple[Field, ...],
        page: OcrPage,
        picture: Path,
        on_values: Callable[[tuple[LabelledValue, ...]], None],
        on_failure: Callable[[Problem], None],
    ) -> None:
        """Have the model fill in `fields` from the picture of `page`, each with the box of its words in the OCR."""
        question = FieldQuestion(fields, (SeenImage(str(picture)),))

        asked: BackgroundQuestion

        def on_answer(answer: str) -> None:
            nonlocal asked
            try:
                found = question.take(answer, is_cut_off=asked.is_cut_off)
            except InvalidAnswer:
                on_failure(document_texts.FIELDS_INVALID.problem())
                return
            if found is None:
                asked = self._questions.ask(question.turns, _OPTIONS, on_answer, on_failure, question.schema)
            else:
                text = PageText([page])
                on_values(tuple(_with_box(field, text) for field in found))

        asked = self._questions.ask(question.turns, _OPTIONS, on_answer, on_failure, question.schema)


def _with_box(answer: FieldAnswer, page: PageText) -> LabelledValue:
    evidence = evidence_of(answer, page)
    boxes = (evidence.box,) if evidence else ()
    return LabelledValue(answer.name, answer.value, boxes, is_unverified=bool(answer.value) and not boxes)
