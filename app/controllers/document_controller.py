"""Opens files in the document window, and shows their pages as they are read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.documents.clean_up import CleanUp
from app.domain.error_texts import document_texts
from app.domain.errors import Problem
from app.domain.images.attachments import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES, Attachment
from app.domain.images.geometry import Box
from app.domain.ports import AttachmentStore
from app.services.documents.document_session import DocumentSession
from app.ui.documents.document_window import DocumentWindow
from app.ui.documents.password_dialog import PasswordDialog
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Action, Notice, notice_of


class DocumentController(QObject):
    """Wires the document window, which is created when it is first needed: `window_created(DocumentWindow)`."""

    window_created = Signal(DocumentWindow)

    def __init__(
        self,
        window: MainWindow,
        session: DocumentSession,
        files: AttachmentStore,
        is_temporary: Callable[[Attachment], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._main = window
        self._session = session
        self._files = files
        self._is_temporary = is_temporary
        self._window: DocumentWindow | None = None
        self._clean_up = CleanUp()
        self._first_page = 0
        self._words: tuple[str, ...] = ()
        """Words to mark on the pages of the document that is shown."""
        self._problems: list[Notice] = []
        """Notices about the document that is shown."""
        window.document_triggered.connect(self._on_open_triggered)
        window.viewer.document_wanted.connect(self._on_attachment_wanted)

    @Slot(Path, str, int, tuple)
    def open(self, path: Path, name: str = "", number: int = 0, words: tuple[str, ...] = ()) -> None:
        """Open a file in the document window, at the page `number` from 0, with `words` marked on its pages."""
        self._first_page, self._words = number, words
        window = self._window or self._create()
        for notice in self._problems:  # Those of exports stay: nobody may have read them.
            window.notices.dismiss(notice)
        self._problems.clear()
        window.clear_page()
        window.show()
        window.raise_()
        window.activateWindow()
        self._session.open(path, name=name)

    @Slot(Path, Problem)
    def offer(self, path: Path, problem: Problem) -> None:
        """Show a problem of a file in the chat, and offer to open it as a document."""
        self._main.notices.show_notice(notice_of(problem, Action(tr("Open as document"), self.open, (path,))))

    def close(self) -> None:
        """Save corrections, and close the window."""
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
        window.reading_cancelled.connect(session.cancel_reading)
        session.reading_progressed.connect(window.show_progress)
        window.clean_up_changed.connect(self._on_clean_up_changed)
        window.closed.connect(session.save)
        session.opened.connect(self._on_opened)
        session.picture_ready.connect(self._on_picture_ready)
        session.thumbnail_ready.connect(window.thumbnails.set_picture)
        session.ocr_result_changed.connect(window.show_ocr_result)
        session.ocr_failed.connect(window.show_failure)
        session.ignored.found.connect(self._on_ignored_found)
        session.password_needed.connect(self._on_password_needed)
        session.problem_met.connect(self._on_problem_met)
        self.window_created.emit(window)
        return window

    @Slot()
    def _on_open_triggered(self) -> None:
        wanted = file_dialogs.patterns(tr("Documents and images"), (*DOCUMENT_SUFFIXES, *IMAGE_SUFFIXES))
        file_dialogs.open_file(self._main, tr("Open a document"), self.open, wanted)

    @Slot(Attachment)
    def _on_attachment_wanted(self, attachment: Attachment) -> None:
        if self._is_temporary(attachment):
            self._main.notices.show_problem(document_texts.IS_TEMPORARY.problem())
        else:
            self.open(self._files.path(attachment), attachment.name)

    @Slot(int)
    def _on_opened(self, pages: int) -> None:
        if self._window:
            self._window.begin(self._session.name, pages, self._first_page, self._words)

    @Slot(int, int, int, bytes)
    def _on_picture_ready(self, number: int, _width: int, _height: int, png: bytes) -> None:
        if self._window:
            self._window.show_picture(number, png)

    @Slot(int)
    def _on_read_again(self, number: int) -> None:
        self._session.read(number, force=True)

    @Slot(CleanUp)
    def _on_clean_up_changed(self, how: CleanUp) -> None:
        if how.ignored != self._clean_up.ignored:
            self._session.ignored.save(how.ignored)
        self._clean_up = how

    @Slot(tuple)
    def _on_ignored_found(self, parts: tuple[Box, ...]) -> None:
        self._clean_up = replace(self._clean_up, ignored=parts)
        if self._window:
            self._window.set_clean_up(self._clean_up)

    @Slot(Problem)
    def _on_password_needed(self, problem: Problem) -> None:
        dialog = PasswordDialog(problem, self._window)
        path, name = self._session.path, self._session.name
        dialog.entered.connect(lambda password: self._session.open(path, password, name))
        dialog.rejected.connect(lambda: self._on_problem_met(problem))
        dialog.open()

    @Slot(Problem)
    def _on_problem_met(self, problem: Problem) -> None:
        if self._window:
            notices = self._window.notices.unless_hidden(self._main.notices)
            self._problems.append(notices.show_notice(notice_of(problem)))
