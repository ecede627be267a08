"""Images translated: read by the built-in reader, passage by passage put into another language by the model."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.attachments import Attachment
from app.domain.chat import Role, Turn
from app.domain.errors import ModelMissing, Problem, ProblemKind
from app.domain.generation import GREEDY, GenerationOptions
from app.domain.passages import (
    UnusableAnswer,
    passages_of,
    portions,
    translated_texts,
    translation_prompt,
)
from app.domain.ports import AttachmentStore
from app.domain.translation import Translation
from app.engine.process.messages import Event, Failed, ReadText, TextRead
from app.services.aside_questions import AsideQuestions
from app.services.engine import Engine
from app.services.model_engine import ModelEngine

MOST_KEPT = 16
_OPTIONS = GenerationOptions(sampling=GREEDY)


@dataclass(slots=True)
class _Job:
    attachment: Attachment
    language: str
    reading: int = 0
    question: int = 0
    translation: Translation | None = None
    portions: list[list[int]] = field(default_factory=list)
    complaints: int = 0


class Translator(QObject):
    """Translates one image at a time; another one, or another language, takes its place.

    `changed` carries a Translation as far as it is, `failed` the Attachment and a Problem.
    """

    changed = Signal(object)
    failed = Signal(object, object)

    def __init__(
        self,
        reader: Engine,
        model: ModelEngine,
        questions: AsideQuestions,
        files: AttachmentStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._reader = reader
        self._model = model
        self._questions = questions
        self._files = files
        self._job: _Job | None = None
        self._kept: OrderedDict[tuple[str, str], Translation] = OrderedDict()
        reader.event_received.connect(self._on_event_received)
        questions.answered.connect(self._on_answered)
        questions.failed.connect(self._on_failed)

    def translate(self, attachment: Attachment, language: str) -> None:
        """Put an image of the store into `language`, named in English."""
        self.stop()
        if known := self._kept.get((attachment.digest, language)):
            self.changed.emit(replace(known, attachment=attachment))
            return
        info = self._model.status.info
        if info and info.is_demo:
            self.failed.emit(attachment, _DEMO)
            return
        path = str(self._files.path(attachment))
        self._job = _Job(attachment, language, self._reader.request(partial(ReadText, path=path)))

    def stop(self) -> None:
        """Leave what is being translated."""
        if self._job:
            self._reader.cancel(self._job.reading)
            self._questions.cancel(self._job.question)
            self._job = None

    def _begin(self, job: _Job, read: TextRead) -> None:
        passages = passages_of(read.page)
        if not passages:
            self._fail(job, Problem(ProblemKind.IMAGE, "No text was found on this image."))
            return
        texts = ("",) * len(passages)
        job.translation = Translation(job.attachment, job.language, read.page.width, passages, texts)
        job.portions = portions(passages)
        self._ask(job, job.translation)

    def _ask(self, job: _Job, translation: Translation, complaint: str = "") -> None:
        texts = [translation.passages[number].text for number in job.portions[0]]
        turn = Turn(Role.USER, translation_prompt(texts, job.language, complaint))
        job.question = self._questions.ask((turn,), _OPTIONS)

    def _fail(self, job: _Job, problem: Problem) -> None:
        self._job = None
        self.failed.emit(job.attachment, problem)

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        job = self._job
        if job is None or event.request_id != job.reading:
            return
        match event:
            case TextRead():
                self._begin(job, event)
            case Failed(problem=problem):
                self._fail(job, problem)

    @Slot(int, str)
    def _on_answered(self, number: int, answer: str) -> None:
        job = self._job
        if job is None or job.translation is None or number != job.question:
            return
        portion = job.portions[0]
        try:
            found = translated_texts(answer, len(portion))
        except UnusableAnswer as error:
            self._ask_again(job, job.translation, str(error))
            return
        texts = list(job.translation.texts)
        for place, text in zip(portion, found, strict=True):
            texts[place] = text.strip() or job.translation.passages[place].text
        job.translation = replace(job.translation, texts=tuple(texts))
        job.complaints = 0
        del job.portions[0]
        self.changed.emit(job.translation)
        if job.portions:
            self._ask(job, job.translation)
        else:
            self._keep(job.translation)
            self._job = None

    def _ask_again(self, job: _Job, translation: Translation, complaint: str) -> None:
        """Once with what was wrong, then about one passage at a time, then no more."""
        job.complaints += 1
        portion = job.portions[0]
        if job.complaints > 1 and len(portion) == 1:
            self._fail(job, _UNUSABLE)
            return
        if job.complaints > 1:
            job.portions[:1] = [[number] for number in portion]
            job.complaints = 0
        self._ask(job, translation, complaint if job.complaints else "")

    def _keep(self, translation: Translation) -> None:
        self._kept[translation.attachment.digest, translation.language] = translation
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    @Slot(int, object)
    def _on_failed(self, number: int, problem: Problem) -> None:
        if self._job and number == self._job.question:
            self._fail(self._job, problem)


_DEMO = ModelMissing("The demo model cannot translate.", todo="Choose “Get the full model…”, and try again.").problem
_UNUSABLE = Problem(
    ProblemKind.ENGINE,
    "The model's answer could not be used, so a part of the image is not translated.",
    "What was translated before is kept.",
    "Try again, or with another model.",
)
