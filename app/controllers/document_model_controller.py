"""Has the model read pages of the document window, and fill in the fields that are wanted of them."""

from functools import partial

from PySide6.QtCore import QObject, Slot

from app.domain.documents.answer_pages import page_of_answer
from app.domain.documents.fields import fields_from
from app.domain.documents.labelled_values import LabelledValue
from app.domain.documents.pages import OcrPage
from app.domain.errors import BatchError, Problem
from app.domain.ids import Digest
from app.domain.settings.page_reading import page_reading
from app.services.documents.document_session import DocumentSession
from app.services.documents.page_questions import PageQuestions
from app.services.models.background_requests import BackgroundRequests
from app.services.models.model_engine import ModelEngine
from app.ui.documents.document_window import DocumentWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Remedies, notice_of


class DocumentModelController(QObject):
    """Wires the document window to the model; `remedies` returns the buttons for a problem of the model.

    What the model answers is for the page that it was asked about, whatever is shown by then.
    """

    def __init__(
        self,
        main: MainWindow,
        window: DocumentWindow,
        session: DocumentSession,
        model: ModelEngine,
        background_requests: BackgroundRequests,
        remedies: Remedies,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._main = main
        self._window = window
        self._session = session
        self._model = model
        self._background_requests = PageQuestions(background_requests)
        self._remedies = remedies
        window.model_clicked.connect(self._on_model_clicked)
        window.fields_wanted.connect(self._on_fields_wanted)

    @Slot(int)
    def _on_model_clicked(self, number: int) -> None:
        """Have the model read a page: it gets the file of an image, or a picture of a document's page."""
        ocr_result = self._session.ocr_result(number)
        page = ocr_result.page if ocr_result else OcrPage(1, 1, (), "")
        info = self._model.status.info
        name = info.name if info else ""
        reading = page_reading(name)
        on_text = partial(self._on_transcribed, self._session.digest, number, page, name)
        on_failure = partial(self._on_not_transcribed, self._session.digest, number)
        self._session.draw(
            number, lambda picture: self._background_requests.transcribe(picture, reading, on_text, on_failure)
        )

    def _on_transcribed(self, digest: Digest, number: int, page: OcrPage, name: str, text: str) -> None:
        read = page_of_answer(text, page.width, page.height, is_markdown=page_reading(name).is_markdown)
        self._session.replace_page(digest, number, read, name)

    def _on_not_transcribed(self, digest: Digest, number: int, problem: Problem) -> None:
        self._show_problem(problem)
        if digest == self._session.digest and (ocr_result := self._session.ocr_result(number)):
            self._window.show_ocr_result(ocr_result)

    @Slot(int, str)
    def _on_fields_wanted(self, number: int, names: str) -> None:
        ocr_result = self._session.ocr_result(number)
        try:
            fields = fields_from(names)
        except BatchError as error:
            self._show_problem(error.problem)
            return
        if ocr_result:
            self._window.show_status(tr("The model is reading…"))
            on_values = partial(self._on_fields_found, self._session.digest, number)
            self._session.draw(
                number,
                lambda picture: self._background_requests.fill_in(
                    fields, ocr_result.page, picture, on_values, self._on_fields_failed
                ),
            )

    def _on_fields_found(self, digest: Digest, number: int, values: tuple[LabelledValue, ...]) -> None:
        if (digest, number) == (self._session.digest, self._window.number):
            self._window.values.set_values(values)
            self._window.show_status("")

    def _on_fields_failed(self, problem: Problem) -> None:
        self._show_problem(problem)
        self._window.show_status("")

    def _show_problem(self, problem: Problem) -> None:
        notices = self._window.notices.unless_hidden(self._main.notices)
        notices.show_notice(notice_of(problem, *self._remedies(problem)))
