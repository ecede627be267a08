"""Opens files in the document window, and shows their pages as they are read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.documents.clean_up import CleanUp
from app.domain.error_texts import document_texts
from app.domain.errors import Problem
from app.domain.ids import ConversationId
from app.domain.images.attachments import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES, Attachment
from app.domain.images.geometry import Box
from app.domain.ports import AttachmentStore
from app.services.documents.document_session import DocumentSession
from app.ui.documents.document_window import DocumentWindow
from app.ui.documents.password_dialog import PasswordDialog
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Action, Notice, Severity, notice_of
from app.ui.widgets.notices import Notices

SLOW_MILLISECONDS = 700
"""Time in milliseconds after which a notice says that a file is still being opened."""


class DocumentController(QObject):
    """Wires the document window, which is created when it is first needed: `window_created(DocumentWindow)`.

    It is shown once a file is open: what is no document is refused in the window that is in front.
    """

    window_created = Signal(DocumentWindow)

    def __init__(
        self,
        window: MainWindow,
        session: DocumentSession,
        files: AttachmentStore,
        is_temporary: Callable[[Attachment], bool],
        is_temporary_chat: Callable[[ConversationId], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._main = window
        self._session = session
        self._files = files
        self._is_temporary = is_temporary
        self._is_temporary_chat = is_temporary_chat
        self._window: DocumentWindow | None = None
        self._clean_up = CleanUp()
        self._first_page = 0
        self._words: tuple[str, ...] = ()
        """Words to mark on the pages of the document that is shown."""
        self._problems: list[tuple[Notices, Notice]] = []
        """Notices about the document that is shown, or was to be opened, with where they are shown."""
        self._is_opening = self._is_wanted_here = False
        """Whether a file is being opened, and whether that was asked for in the document window."""
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MILLISECONDS)
        self._slow.timeout.connect(self._on_slow)
        session.opened.connect(self._on_opened)
        session.password_needed.connect(self._on_password_needed)
        session.problem_met.connect(self._on_problem_met)
        window.document_triggered.connect(self._on_open_triggered)
        window.viewer.document_wanted.connect(self._on_attachment_wanted)

    @Slot(Path, str, int, tuple)
    def open(self, path: Path, name: str = "", number: int = 0, words: tuple[str, ...] = ()) -> None:
        """Open a file in the document window, at the page `number` from 0, with `words` marked on its pages."""
        self._first_page, self._words = number, words
        self._open(path, name)

    @Slot(Path, str, Problem)
    def offer(self, path: Path, chat_id: ConversationId, problem: Problem) -> None:
        """Show a problem of a file in the chat, and offer to open it as a document, unless the chat is temporary."""
        if self._is_temporary_chat(chat_id):
            self._main.notices.show_problem(document_texts.ONLY_FIRST_PAGES_KEPT.problem(**dict(problem.arguments)))
        else:
            self._main.notices.show_notice(notice_of(problem, Action(tr("Open as document"), self.open, (path,))))

    def close(self) -> None:
        """Save corrections, and close the window."""
        self._slow.stop()
        self._session.close()
        if self._window:
            self._window.close()

    def _open(self, path: Path, name: str = "", password: str = "", *, is_wanted_here: bool = False) -> None:
        self._dismiss_problems()
        self._is_opening, self._is_wanted_here = True, is_wanted_here
        self._slow.start()
        self._session.open(path, password, name)

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
        window.open_wanted.connect(self._on_open_wanted)
        window.files_dropped.connect(self._on_files_dropped)
        session.picture_ready.connect(self._on_picture_ready)
        session.thumbnail_ready.connect(window.thumbnails.set_picture)
        session.ocr_result_changed.connect(window.show_ocr_result)
        session.ocr_failed.connect(window.show_failure)
        session.ignored.found.connect(self._on_ignored_found)
        self.window_created.emit(window)
        return window

    @Slot()
    def _on_open_triggered(self) -> None:
        file_dialogs.open_file(self._main, tr("Open a document"), self.open, _wanted())

    @Slot()
    def _on_open_wanted(self) -> None:
        """Ask for another file in the document window."""
        file_dialogs.open_file(self._window, tr("Open a document"), self._open_here, _wanted())

    @Slot(tuple)
    def _on_files_dropped(self, files: tuple[Path, ...]) -> None:
        """Open the first file in the document window."""
        self._open_here(files[0])
        if self._window and len(files) > 1:
            text = tr("Only “{name}” was opened: this window shows one document.", name=files[0].name)
            todo = tr("Use batch processing to read several.")
            self._window.notices.show_notice(Notice(Severity.INFO, text, todo))

    def _open_here(self, path: Path) -> None:
        self._first_page, self._words = 0, ()
        self._open(path, is_wanted_here=True)

    @Slot(Attachment)
    def _on_attachment_wanted(self, attachment: Attachment) -> None:
        if self._is_temporary(attachment):
            self._main.notices.show_problem(document_texts.IS_TEMPORARY.problem())
        else:
            self.open(self._files.path(attachment), attachment.name)

    @property
    def _notices(self) -> Notices:
        """The notices of the window in which a file was chosen, or of that which shows the document."""
        if self._window and (self._is_wanted_here or not self._is_opening):
            return self._window.notices.unless_hidden(self._main.notices)
        return self._main.notices

    def _show(self, notice: Notice, notices: Notices) -> None:
        self._problems.append((notices, notice))
        notices.show_notice(notice)

    def _dismiss_problems(self) -> None:
        """Dismiss the notices about one document, but not those of exports: nobody may have read them."""
        for notices, notice in self._problems:
            notices.dismiss(notice)
        self._problems.clear()

    def _end_opening(self) -> None:
        self._slow.stop()
        if self._is_opening:
            self._dismiss_problems()
        self._is_opening = False

    @Slot()
    def _on_slow(self) -> None:
        self._show(Notice(Severity.INFO, tr("Opening…")), self._notices)

    @Slot(int)
    def _on_opened(self, pages: int) -> None:
        self._end_opening()
        window = self._window or self._create()
        window.begin(self._session.name, pages, self._first_page, self._words)
        window.show()
        window.raise_()
        window.activateWindow()

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

    @Slot(Path, str, Problem)
    def _on_password_needed(self, path: Path, name: str, problem: Problem) -> None:
        self._slow.stop()
        is_here = self._is_wanted_here
        dialog = PasswordDialog(problem, self._window if self._window and is_here else self._main)
        dialog.entered.connect(lambda password: self._open(path, name, password, is_wanted_here=is_here))
        dialog.rejected.connect(lambda: self._on_problem_met(problem))
        dialog.open()

    @Slot(Problem)
    def _on_problem_met(self, problem: Problem) -> None:
        notices = self._notices
        self._end_opening()
        self._show(notice_of(problem), notices)


def _wanted() -> str:
    return file_dialogs.patterns(tr("Documents and images"), (*DOCUMENT_SUFFIXES, *IMAGE_SUFFIXES))
