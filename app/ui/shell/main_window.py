"""The main window: sidebar, chat, composer; drops, pastes and keys anywhere in it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QMimeData, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QMoveEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.domain.error_texts import image_texts
from app.domain.errors import Problem
from app.domain.images.attachments import Attachment
from app.domain.models.engine_status import EngineStatus
from app.paths import RESOURCES
from app.ui.chat.chat_view import ChatView
from app.ui.composer.composer import Composer
from app.ui.composer.queued_questions import QueuedQuestions
from app.ui.images.image_viewer import ImageViewer
from app.ui.images.screen_capture import ScreenCapture
from app.ui.settings.settings_window import KEYBOARD
from app.ui.shell.drop_overlay import DropOverlay
from app.ui.shell.empty_state import EmptyState
from app.ui.shell.first_look import FirstLook
from app.ui.shell.header import Header
from app.ui.shell.key_actions import KeyAction, add_key_actions, set_keys
from app.ui.shell.panes import Panes
from app.ui.shell.sidebar import Sidebar
from app.ui.shell.tray_icon import TrayIcon
from app.ui.widgets.find_bar import FindBar
from app.ui.widgets.focus_keeper import FocusKeeper
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, Submit, run_now
from app.ui.widgets.mime_images import accept_copy, are_many, has_images, incoming_images
from app.ui.widgets.notice import Notice, Severity
from app.ui.widgets.notices import Notices
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.scroll_if_low import ScrollIfLow
from app.ui.widgets.thumbnails import ThumbnailPath

MINIMUM_WIDTH, MINIMUM_HEIGHT = 560, 420
WIDTH, HEIGHT = 1080, 760


class MainWindow(QMainWindow):
    """Owns the widgets; application.py connects their signals. `submit` loads the thumbnails of its lists.

    `files_dropped(tuple[Path, ...])`, `many_dropped(tuple[Path, ...])` for folders and many files,
    `chats_dropped(tuple[Path, ...])`, `image_data_dropped(bytes, name)`, `data_urls_dropped(tuple[str, ...], name)`,
    `drop_refused(Problem)`, `open_triggered()`, `temporary_triggered()`, `library_triggered()`, `document_triggered()`,
    `batch_triggered()`, `read_triggered()`, `stop_triggered()`, `regenerate_triggered()`, `zoom_triggered(steps)` where
    0 steps reset the zoom, `settings_triggered(query)`; `geometry_changed()` after the window was moved or resized.
    """

    files_dropped = Signal(tuple)
    many_dropped = Signal(tuple)
    temporary_triggered = Signal()
    library_triggered = Signal()
    document_triggered = Signal()
    batch_triggered = Signal()
    chats_dropped = Signal(tuple)
    image_data_dropped = Signal(bytes, str)
    data_urls_dropped = Signal(tuple, str)
    drop_refused = Signal(Problem)
    open_triggered = Signal()
    read_triggered = Signal()
    stop_triggered = Signal()
    regenerate_triggered = Signal()
    zoom_triggered = Signal(int)
    geometry_changed = Signal()
    settings_triggered = Signal(str)

    def __init__(self, thumbnail_path: ThumbnailPath, submit: Submit = run_now) -> None:
        super().__init__()
        self.thumbnails = LazyThumbnails(thumbnail_path, submit, self)
        self.setWindowTitle("Lorgnette")
        QGuiApplication.setWindowIcon(QIcon(str(RESOURCES / "icons" / "lorgnette.svg")))
        self.setMinimumSize(MINIMUM_WIDTH, MINIMUM_HEIGHT)
        ScreenFit(self, WIDTH, HEIGHT)
        self.setAcceptDrops(True)
        self.sidebar = Sidebar(thumbnail_path, self.thumbnails, self)
        self.chat_view = ChatView(thumbnail_path, self)
        self.empty_state = EmptyState(self)
        self.first_look = FirstLook(thumbnail_path, self)
        self._is_empty = True
        self.find_bar = FindBar(tr("Find in this chat"), tr("No matches in this chat"), self)
        self.composer = Composer(thumbnail_path, self)
        self.queued = QueuedQuestions(self)
        self.notices = Notices(self, self.composer)
        self.capture = ScreenCapture(self, self)
        self.capture.captured.connect(self.image_data_dropped)
        self.capture.failed.connect(self.drop_refused)
        self.composer.capture.clicked.connect(self.capture.start)
        self.tray = TrayIcon(self)
        self.tray.shown.connect(self.come_forward)
        self.tray.capture_triggered.connect(self.capture.start)
        self.tray.clipboard_triggered.connect(self.take_clipboard)
        self.tray.quit_triggered.connect(self._quit)
        self.tray.setVisible(TrayIcon.isSystemTrayAvailable())
        self.viewer = ImageViewer(self)
        self._was_maximised = False
        self.may_close: Callable[[], bool] = lambda: True
        """Whether the chat may be left without asking."""
        self.guard: Callable[[Callable[[], None]], None] = lambda go: go()
        """Calls what it is given once the chat may be left."""
        self.viewer.full_screen_clicked.connect(self.toggle_full_screen)
        self.viewer.canvas.problem_met.connect(self.notices.show_problem)
        self.header = Header(self)
        self.model_picker, self.menu_button = self.header.model_picker, self.header.menu_button
        self._pages = QStackedWidget(self)
        self._lay_out()
        self._overlay = DropOverlay(self)
        self._add_keys()
        self.composer.mime_pasted.connect(self._take_pasted)
        self.chat_view.mime_pasted.connect(self._take_pasted)
        self.composer.up_pressed.connect(self.chat_view.edit_last_question)
        self.sidebar.search_left.connect(self.composer.focus)
        self.chat_view.quoted.connect(self.composer.quote)
        self.chat_view.reused.connect(self.composer.take)
        FocusKeeper(self, self.composer.edit)
        self.composer.focus()

    def set_chat(self, title: str, *, is_temporary: bool) -> None:
        """Show the chat's title, also in the window's title, and whether the chat is a temporary one."""
        self.header.set_title(tr("Temporary chat") if is_temporary else title)
        self.header.set_temporary(is_temporary=is_temporary)
        self.empty_state.set_temporary(is_temporary=is_temporary)

    def set_empty(self, is_empty: bool) -> None:
        """Show the images of an empty chat's draft, or its placeholder, or the messages."""
        self._is_empty = is_empty
        self._show_page()

    def show_draft_images(self, images: Sequence[Attachment]) -> None:
        """Show the images of the draft large, as long as the chat is empty."""
        self.first_look.show_images(images)
        self._show_page()

    def _show_page(self) -> None:
        start = self.first_look if self.first_look.images else self.empty_state
        self._pages.setCurrentWidget(start if self._is_empty else self.chat_view)

    def set_status(self, status: EngineStatus) -> None:
        """Show the engine's state in all widgets."""
        self.sidebar.status_line.set_status(status)
        self.model_picker.set_status(status)
        self.empty_state.set_status(status)
        is_demo = status.info is not None and status.info.policy.is_placeholder
        self.composer.set_model(status.info.name if status.info else "", is_demo=is_demo)
        self.first_look.set_demo(is_demo=is_demo)
        self.composer.set_capacity(status.info.context_length if status.info else 0)
        self.composer.set_server(status.server.host if status.server and status.leaves_machine else "")

    @property
    def key_actions(self) -> Sequence[QAction]:
        """The keyboard actions: an action's object name is its name, its data the default shortcuts."""
        return self.actions()

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Apply custom shortcuts by action name; all others revert to their defaults."""
        set_keys(self.actions(), keys)
        self.menu_button.show_keys(self.actions())

    @Slot()
    def show_viewer(self) -> None:
        """Show the image, beside the chat if there is room."""
        self.panes.set_viewer_shown(True)

    @Slot()
    def hide_viewer(self) -> None:
        """Show the chat alone."""
        if self.isFullScreen():
            self._leave_full_screen()
        self.panes.set_viewer_shown(False)

    @Slot()
    def toggle_full_screen(self) -> None:
        """Show the image on the full screen, or restore the window."""
        if self.isFullScreen():
            self._leave_full_screen()
        elif self.viewer.isVisible():
            self._was_maximised = self.isMaximized()
            self.panes.set_viewer_alone(True)
            self.showFullScreen()

    def _leave_full_screen(self) -> None:
        if self._was_maximised:
            self.showMaximized()
        else:
            self.showNormal()
        self.panes.set_viewer_alone(False)

    @Slot()
    def _on_escape(self) -> None:
        if self.isFullScreen():
            self._leave_full_screen()
        elif self.panes.is_sidebar_alone:
            self.panes.show_chat()
        else:
            self.stop_triggered.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept the drag and show the overlay."""
        if has_images(event.mimeData()):
            accept_copy(event)
            self._overlay.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Hide the overlay."""
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Handle the dropped data."""
        self._overlay.hide()
        accept_copy(event)
        self._take(event.mimeData(), tr("Dropped image"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Forward typing anywhere to the composer."""
        text = event.text()
        if text and text.isprintable() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._write()
            self.composer.edit.insertPlainText(text)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Emit `geometry_changed`, so that the size is saved."""
        super().resizeEvent(event)
        self.geometry_changed.emit()

    def moveEvent(self, event: QMoveEvent) -> None:
        """Emit `geometry_changed`, so that the position is saved."""
        super().moveEvent(event)
        self.geometry_changed.emit()

    def _take(self, mime: QMimeData, origin: str) -> None:
        self.panes.show_chat()
        incoming = incoming_images(mime, origin)
        chats = tuple(file for file in incoming.files if file.suffix.lower() == ".json")
        images = tuple(file for file in incoming.files if file not in chats)
        if chats:
            self.chats_dropped.emit(chats)
        if images:
            (self.many_dropped if are_many(images) else self.files_dropped).emit(images)
        if incoming.data:
            self.image_data_dropped.emit(incoming.data, incoming.name)
        if incoming.data_urls:
            self.data_urls_dropped.emit(incoming.data_urls, incoming.name)
        if incoming.problem:
            self.drop_refused.emit(incoming.problem)

    @Slot(QMimeData)
    def _take_pasted(self, mime: QMimeData) -> None:
        self._take(mime, tr("Pasted image"))

    @Slot()
    def come_forward(self) -> None:
        """Bring the window to the front, even if it is covered or hidden."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    @Slot()
    def take_clipboard(self) -> None:
        """Take an image, and nothing else, from the clipboard."""
        self.come_forward()
        # None on a platform whose clipboard is empty, whatever the stub says.
        mime: QMimeData | None = QGuiApplication.clipboard().mimeData()
        if mime and has_images(mime):
            self._take(mime, tr("Pasted image"))
        else:
            self.drop_refused.emit(image_texts.NOT_ON_CLIPBOARD.problem())

    @Slot()
    def _write(self) -> None:
        self.panes.show_chat()
        self.composer.focus()

    @Slot()
    def _paste(self) -> None:
        self._write()
        self.composer.edit.paste()

    @Slot()
    def _search(self) -> None:
        self.panes.show_sidebar()
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    @Slot()
    def _find(self) -> None:
        self.panes.show_chat()
        self.find_bar.open_bar()

    @Slot()
    def _copy_last_answer(self) -> None:
        answers = [message for message in self.chat_view.messages if message.author]
        if answers:
            QGuiApplication.clipboard().setText(answers[-1].text)
            self.notices.show_notice(Notice(Severity.SUCCESS, tr("The last answer was copied.")))

    def _lay_out(self) -> None:
        self._pages.addWidget(self.empty_state)
        self._pages.addWidget(self.first_look)
        self._pages.addWidget(self.chat_view)
        foot = QVBoxLayout()
        foot.setContentsMargins(20, 8, 20, 20)
        foot.setSpacing(8)
        foot.addWidget(self.queued)
        foot.addWidget(ScrollIfLow(self.composer, self))
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.find_bar)
        self.find_bar.changed.connect(self.chat_view.look_for)
        self.find_bar.stepped.connect(self.chat_view.look_further)
        self.find_bar.closed.connect(self.composer.focus)
        self.chat_view.found.connect(self.find_bar.set_place)
        self.notices.bar.lay_out(column, self._pages)
        column.addLayout(foot)
        chat = QWidget(self)
        chat.setLayout(column)
        self.panes = Panes(self.sidebar, chat, self.viewer, self)
        self.panes.chat_shown.connect(self.composer.focus)
        self.header.fold.clicked.connect(self.panes.toggle_sidebar)
        self.setCentralWidget(self.panes)

    def _add_keys(self) -> None:
        wanted = (
            KeyAction(mark("New chat"), "Ctrl+N", self.sidebar.new_chat_clicked),
            KeyAction(mark("New temporary chat"), "Ctrl+Shift+N", self.temporary_triggered),
            KeyAction(mark("Instructions for this chat"), "Ctrl+I", self.menu_button.instructions_triggered),
            KeyAction(mark("Rename chat"), "F2", self.sidebar.rename_selected),
            KeyAction(mark("Search chats"), "Ctrl+K", self._search),
            KeyAction(mark("Find in this chat"), "Ctrl+F", self._find),
            KeyAction(mark("Open images"), "Ctrl+O", self.open_triggered),
            KeyAction(mark("All images"), "Ctrl+L", self.library_triggered),
            KeyAction(mark("Open a document"), "Ctrl+Shift+O", self.document_triggered),
            KeyAction(mark("Batch processing"), "Ctrl+Shift+B", self.batch_triggered),
            KeyAction(mark("Paste"), "Ctrl+V", self._paste),
            KeyAction(mark("Undo deletion"), "Ctrl+Z", self.notices.undo_last),
            KeyAction(mark("Capture an area of the screen"), "Ctrl+Shift+S", self.capture.start),
            KeyAction(mark("Capture the same area again"), "Ctrl+Alt+S", self.capture.repeat),
            KeyAction(mark("Read text"), "Ctrl+Shift+T", self.read_triggered),
            KeyAction(mark("Stop"), "Esc", self._on_escape),
            KeyAction(mark("Full screen"), "F11", self.toggle_full_screen),
            KeyAction(mark("Regenerate"), "Ctrl+R", self.regenerate_triggered),
            KeyAction(mark("Copy last answer"), "Ctrl+Shift+C", self._copy_last_answer),
            KeyAction(mark("Sidebar"), "Ctrl+B", self.panes.toggle_sidebar),
            KeyAction(mark("Zoom in"), "Ctrl++", partial(self.zoom_triggered.emit, 1)),
            KeyAction(mark("Zoom out"), "Ctrl+-", partial(self.zoom_triggered.emit, -1)),
            KeyAction(mark("Reset zoom"), "Ctrl+0", partial(self.zoom_triggered.emit, 0)),
            KeyAction(mark("Settings"), "Ctrl+,", partial(self.settings_triggered.emit, "")),
            KeyAction(mark("Keyboard shortcuts"), "Ctrl+/", partial(self.settings_triggered.emit, tr(KEYBOARD))),
            KeyAction(mark("Quit"), "Ctrl+Q", self._quit),
        )
        add_key_actions(self, wanted)
        self.menu_button.settings_triggered.connect(self.settings_triggered)
        for menu in (self.tray, self.menu_button):
            menu.mode_triggered.connect(self.capture.start_mode)
        self.menu_button.temporary_triggered.connect(self.temporary_triggered)
        self.menu_button.library_triggered.connect(self.library_triggered)
        self.sidebar.images.clicked.connect(self.library_triggered)
        self.menu_button.document_triggered.connect(self.document_triggered)
        self.menu_button.batch_triggered.connect(self.batch_triggered)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close the window once the chat may be left."""
        if self.may_close():
            super().closeEvent(event)
        else:
            event.ignore()
            self.guard(self._close_now)

    @Slot()
    def _quit(self) -> None:
        self.guard(self._quit_now)

    def _close_now(self) -> None:
        self.close()

    def _quit_now(self) -> None:
        self.close()
        QGuiApplication.quit()
