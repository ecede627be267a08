"""Files looked at page by page, in a window of their own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from app.domain.attachments import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES, Attachment
from app.domain.chat import Role, SeenImage, Turn
from app.domain.clean_up import CleanUp
from app.domain.document_formats import document_text, table_sheets
from app.domain.errors import BatchError, Problem, ProblemKind
from app.domain.fields import fields_from
from app.domain.generation import GREEDY, GenerationOptions
from app.domain.labelled_values import LabelledValue
from app.domain.page_formats import PageFormat
from app.domain.pages import Page
from app.domain.ports import AttachmentStore
from app.domain.presets import BUILT_IN
from app.domain.regions import Box
from app.domain.sheets import table_sheet
from app.domain.table_formats import as_csv, as_html, as_markdown
from app.domain.tables import Table
from app.services.aside_questions import AsideQuestions
from app.services.document_session import DocumentSession
from app.services.file_saver import FileSaver
from app.services.model_engine import ModelEngine
from app.services.page_fields import PageFields
from app.ui.document_window import DocumentWindow
from app.ui.main_window import MainWindow
from app.ui.password_dialog import PasswordDialog
from app.ui.translation import tr

_OPTIONS = GenerationOptions(sampling=GREEDY, max_new_tokens=4096)


class DocumentDesk(QObject):
    """Wires the document's window, which is made when it is first wanted."""

    def __init__(
        self,
        window: MainWindow,
        session: DocumentSession,
        model: ModelEngine,
        questions: AsideQuestions,
        files: AttachmentStore,
        saver: FileSaver,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._main = window
        self._session = session
        self._model = model
        self._questions = questions
        self._files = files
        self._saver = saver
        self._window: DocumentWindow | None = None
        self._clean_up = CleanUp()
        self._pending: Callable[[], None] | None = None
        self._asked: dict[int, tuple[int, Page]] = {}
        self._fields = PageFields(questions, self)
        self._fields.found.connect(self._on_fields_found)
        self._fields.failed.connect(self._on_fields_failed)
        window.document_triggered.connect(self._on_open_triggered)
        window.viewer.document_wanted.connect(self._on_attachment_wanted)
        window.notices.remedy_clicked.connect(self._on_remedy_clicked)
        questions.answered.connect(self._on_answered)
        questions.failed.connect(self._on_question_failed)
        session.password_needed.connect(self._on_password_needed)
        session.all_read.connect(self._on_all_read)
        session.pdf_written.connect(self._on_written)
        session.ignored.found.connect(self._on_ignored_found)
        self._too_long = Path()

    def open(self, path: Path, name: str = "") -> None:
        """Look at a file."""
        window = self._window or self._create()
        window.notices.clear()
        window.clear_page()
        window.show()
        window.raise_()
        window.activateWindow()
        self._session.open(path, name=name)

    @Slot(object)
    def remember(self, path: Path) -> None:
        """The file that a notice offers to look at."""
        self._too_long = path

    def close(self) -> None:
        """Keep corrections, and close the window."""
        self._session.close()
        if self._window:
            self._window.close()

    def _create(self) -> DocumentWindow:
        session = self._session
        window = self._window = DocumentWindow()
        window.set_clean_up(self._clean_up)
        window.page_chosen.connect(session.show)
        window.thumbnail_wanted.connect(session.show_thumbnail)
        window.line_corrected.connect(session.correct)
        window.read_again_clicked.connect(self._on_read_again)
        window.model_clicked.connect(self._on_model_clicked)
        window.fields_wanted.connect(self._on_fields_wanted)
        window.export_wanted.connect(self._on_export_wanted)
        window.table_save_wanted.connect(self._on_table_save_wanted)
        window.clean_up_changed.connect(self._on_clean_up_changed)
        window.closed.connect(session.save)
        session.opened.connect(self._on_opened)
        session.picture_ready.connect(self._on_picture_ready)
        session.thumbnail_ready.connect(window.rail.set_picture)
        session.reading_changed.connect(window.show_reading)
        session.reading_failed.connect(window.show_failure)
        session.read_so_far.connect(self._on_read_so_far)
        session.problem_met.connect(self._on_problem_met)
        return window

    def _save_dialog(self, suffix: str, save: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self._window, tr("Export"), f"{Path(self._session.name).stem}.{suffix}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(lambda file: save(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _export(self, suffix: str, target: Path) -> None:
        """Once every page has been read."""
        if suffix == "pdf":
            self._pending = partial(self._session.write_pdf, target)
        else:
            self._pending = partial(self._session.with_all_readings, partial(self._write, suffix, target))
        self._session.read_all()

    def _write(self, suffix: str, target: Path, pages: Sequence[Page]) -> None:
        if suffix == "xlsx":
            if sheets := table_sheets(pages):
                self._saver.save_sheets(target, sheets)
            else:
                self._tell(Problem(ProblemKind.EXPORT, tr("No table was found in this document.")))
            return
        text = document_text(pages, self._session.name, PageFormat(suffix), self._clean_up)
        self._saver.save(target, text.encode())

    def _save_table(self, table: Table, suffix: str, target: Path) -> None:
        match suffix:
            case "xlsx":
                self._saver.save_sheets(target, [table_sheet(tr("Table"), table)])
            case "csv":
                # Excel takes a file for what it is only with this mark at its beginning.
                self._saver.save(target, as_csv(table).encode("utf-8-sig"))
            case "html":
                self._saver.save(target, as_html(table).encode())
            case _:
                self._saver.save(target, as_markdown(table).encode())

    def _tell(self, problem: Problem) -> None:
        if self._window:
            self._window.notices.show_problem(problem)

    @Slot()
    def _on_open_triggered(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in (*DOCUMENT_SUFFIXES, *IMAGE_SUFFIXES))
        dialog = QFileDialog(self._main, tr("Open a document"), "", f"{tr('Documents and images')} ({patterns})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda file: self.open(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(object)
    def _on_attachment_wanted(self, attachment: Attachment) -> None:
        self.open(self._files.path(attachment), attachment.name)

    @Slot(object)
    def _on_remedy_clicked(self, kind: ProblemKind) -> None:
        if kind is ProblemKind.DOCUMENT:
            self.open(self._too_long)

    @Slot(int)
    def _on_opened(self, pages: int) -> None:
        if self._window:
            self._window.begin(self._session.name, pages)

    @Slot(int, int, int, bytes)
    def _on_picture_ready(self, number: int, _width: int, _height: int, png: bytes) -> None:
        if self._window:
            self._window.show_picture(number, png)

    @Slot(int)
    def _on_read_again(self, number: int) -> None:
        self._session.read(number, anew=True)

    @Slot(int)
    def _on_model_clicked(self, number: int) -> None:
        """Of an image the file is shown to the model, of a document a picture of the page."""
        reading = self._session.reading(number)
        page = reading.page if reading else Page(1, 1, (), "")
        self._session.draw(number, partial(self._ask_model, number, page))

    @Slot(int, str)
    def _on_fields_wanted(self, number: int, names: str) -> None:
        reading = self._session.reading(number)
        try:
            fields = fields_from(names)
        except BatchError as error:
            self._tell(error.problem)
            return
        if self._window and reading:
            self._window.say(tr("The model reads …"))
            self._session.draw(number, partial(self._fields.ask, number, reading.page, fields))

    @Slot(int, object)
    def _on_fields_found(self, number: int, values: tuple[LabelledValue, ...]) -> None:
        if self._window and self._window.number == number:
            self._window.values.set_values(values)
            self._window.say("")

    @Slot(object)
    def _on_fields_failed(self, problem: Problem) -> None:
        self._tell(problem)
        if self._window:
            self._window.say("")

    def _ask_model(self, number: int, page: Page, picture: Path) -> None:
        turn = Turn(Role.USER, BUILT_IN[0].text, (SeenImage(str(picture)),))
        self._asked[self._questions.ask((turn,), _OPTIONS)] = (number, page)

    @Slot(int, str)
    def _on_answered(self, question: int, answer: str) -> None:
        if asked := self._asked.pop(question, None):
            number, page = asked
            info = self._model.status.info
            self._session.keep(Page(page.width, page.height, (), answer), number, info.name if info else "")

    @Slot(int, object)
    def _on_question_failed(self, question: int, problem: Problem) -> None:
        if asked := self._asked.pop(question, None):
            self._tell(problem)
            if self._window and (reading := self._session.reading(asked[0])):
                self._window.show_reading(reading)

    @Slot(object)
    def _on_clean_up_changed(self, how: CleanUp) -> None:
        if how.ignored != self._clean_up.ignored:
            self._session.ignored.keep(how.ignored)
        self._clean_up = how

    @Slot(object)
    def _on_ignored_found(self, parts: tuple[Box, ...]) -> None:
        self._clean_up = replace(self._clean_up, ignored=parts)
        if self._window:
            self._window.set_clean_up(self._clean_up)

    @Slot(str)
    def _on_export_wanted(self, suffix: str) -> None:
        self._save_dialog(suffix, partial(self._export, suffix))

    @Slot(object, str)
    def _on_table_save_wanted(self, table: Table, suffix: str) -> None:
        self._save_dialog(suffix, partial(self._save_table, table, suffix))

    @Slot(int)
    def _on_read_so_far(self, pages: int) -> None:
        if self._window and pages < self._session.page_count:
            self._window.say(tr("Reading page {page} of {pages} …", page=pages + 1, pages=self._session.page_count))

    @Slot()
    def _on_all_read(self) -> None:
        if self._window and (reading := self._session.reading(self._window.number)):
            self._window.show_reading(reading)
        if pending := self._pending:
            self._pending = None
            pending()

    @Slot(object)
    def _on_written(self, target: Path) -> None:
        kept = ""
        if self._session.is_encrypted:
            kept = tr(
                "{name} is encrypted. The copy that can be searched is not, and opens without a password.",
                name=self._session.name,
            )
        self._tell(Problem(ProblemKind.EXPORT, tr("Written to “{file}”.", file=target), kept))

    @Slot(object)
    def _on_password_needed(self, problem: Problem) -> None:
        dialog = PasswordDialog(problem, self._window)
        path, name = self._session.path, self._session.name
        dialog.entered.connect(lambda password: self._session.open(path, password, name))
        dialog.rejected.connect(lambda: self._tell(problem))
        dialog.open()

    @Slot(object)
    def _on_problem_met(self, problem: Problem) -> None:
        self._pending = None
        self._tell(problem)
