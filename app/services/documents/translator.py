"""Translates images: the built-in OCR reads them, the model translates them paragraph by paragraph."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.chat.chat import Role, Turn
from app.domain.documents.paragraphs import (
    UnusableAnswer,
    chunks,
    paragraphs_of,
    translated_texts,
    translation_prompt,
    translation_schema,
)
from app.domain.documents.translation import Translation
from app.domain.error_texts import chat_texts
from app.domain.errors import Problem
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.engine.process.messages import Event, Failed, TextRead
from app.services.engines.engine import EngineCall
from app.services.engines.reader_engine import ReaderEngine
from app.services.models.background_requests import BackgroundQuestion, BackgroundRequests
from app.services.models.field_question import CUT_OFF
from app.services.models.model_engine import ModelEngine

MAX_CACHED = 16
_OPTIONS = GenerationOptions(sampling=GREEDY)


@dataclass(slots=True)
class _Job:
    attachment: Attachment
    language: str
    reading: EngineCall | None = None
    question: BackgroundQuestion | None = None
    chunks: list[list[int]] = field(default_factory=list)
    complaints: int = 0


class Translator(QObject):
    """Translates one image at a time; a request for another image or language replaces the current one.

    `changed` carries the Translation so far, `failed` the Attachment and a Problem.
    """

    changed = Signal(Translation)
    failed = Signal(Attachment, Problem)

    def __init__(
        self,
        reader: ReaderEngine,
        model: ModelEngine,
        background_requests: BackgroundRequests,
        files: AttachmentStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._reader = reader
        self._model = model
        self._background_requests = background_requests
        self._files = files
        self._job: _Job | None = None
        self._cache: OrderedDict[tuple[str, str], Translation] = OrderedDict()

    @Slot(Attachment, str)
    def translate(self, attachment: Attachment, language: str) -> None:
        """Translate an image of the store into `language`, named in English."""
        self.stop()
        if known := self._cache.get((attachment.digest, language)):
            self.changed.emit(replace(known, attachment=attachment))
            return
        info = self._model.status.info
        if info and not info.policy.can_translate:
            self.failed.emit(attachment, chat_texts.DEMO_CANNOT_TRANSLATE.problem())
            return
        self._job = job = _Job(attachment, language)
        job.reading = self._reader.read(self._files.path(attachment), partial(self._on_event, job))

    @Slot()
    def stop(self) -> None:
        """Cancel the current translation."""
        if self._job:
            if self._job.reading:
                self._job.reading.abandon()
            self._background_requests.cancel(self._job.question)
            self._job = None

    def _begin(self, job: _Job, read: TextRead) -> None:
        paragraphs = paragraphs_of(read.page)
        if not paragraphs:
            self._fail(job, chat_texts.NOTHING_TO_TRANSLATE.problem())
            return
        texts = ("",) * len(paragraphs)
        job.chunks = chunks(paragraphs)
        self._ask(job, Translation(job.attachment, job.language, read.page.width, paragraphs, texts))

    def _ask(self, job: _Job, translation: Translation, complaint: str = "") -> None:
        texts = [translation.paragraphs[number].text for number in job.chunks[0]]
        turn = Turn(Role.USER, translation_prompt(texts, job.language, complaint))
        job.question = self._background_requests.ask(
            (turn,),
            _OPTIONS,
            partial(self._on_answered, job, translation),
            partial(self._fail, job),
            translation_schema(texts),
        )

    def _fail(self, job: _Job, problem: Problem) -> None:
        self._job = None
        self.failed.emit(job.attachment, problem)

    def _on_event(self, job: _Job, event: Event) -> None:
        match event:
            case TextRead():
                self._begin(job, event)
            case Failed(problem=problem):
                self._fail(job, problem)

    def _on_answered(self, job: _Job, translation: Translation, answer: str) -> None:
        chunk = job.chunks[0]
        if job.question and job.question.is_cut_off:
            self._ask_again(job, translation, CUT_OFF)
            return
        try:
            found = translated_texts(answer, len(chunk))
        except UnusableAnswer as error:
            self._ask_again(job, translation, str(error))
            return
        texts = list(translation.texts)
        for index, text in zip(chunk, found, strict=True):
            texts[index] = text.strip() or translation.paragraphs[index].text
        translation = replace(translation, texts=tuple(texts))
        job.complaints = 0
        del job.chunks[0]
        self.changed.emit(translation)
        if self._job is not job:  # A handler has chosen another one.
            return
        if job.chunks:
            self._ask(job, translation)
        else:
            self._store_result(translation)
            self._job = None

    def _ask_again(self, job: _Job, translation: Translation, complaint: str) -> None:
        """Retry once with the error, then one paragraph at a time, then fail."""
        job.complaints += 1
        chunk = job.chunks[0]
        if job.complaints > 1 and len(chunk) == 1:
            self._fail(job, chat_texts.TRANSLATION_INVALID.problem())
            return
        if job.complaints > 1:
            job.chunks[:1] = [[number] for number in chunk]
            job.complaints = 0
        self._ask(job, translation, complaint if job.complaints else "")

    def _store_result(self, translation: Translation) -> None:
        self._cache[translation.attachment.digest, translation.language] = translation
        if len(self._cache) > MAX_CACHED:
            self._cache.popitem(last=False)
