"""The main window: sidebar, chat, composer; drops, pastes and keys wherever they happen."""

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QMimeData, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QMoveEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.domain.engine_status import EngineStatus
from app.domain.errors import Problem, ProblemKind
from app.paths import RESOURCES
from app.ui.buttons import Role, button
from app.ui.chat_view import ChatView
from app.ui.composer import Composer
from app.ui.drop_overlay import DropOverlay
from app.ui.empty_state import EmptyState
from app.ui.find_bar import FindBar
from app.ui.image_viewer import ImageViewer
from app.ui.incoming_images import are_many, has_images, incoming_images
from app.ui.key_actions import KeyAction, add_key_actions, set_keys
from app.ui.labels import ElidedLabel
from app.ui.main_menu import MainMenu
from app.ui.model_picker import ModelPicker
from app.ui.notice_bar import NoticeBar
from app.ui.screen_capture import ScreenCapture
from app.ui.settings_window import KEYBOARD
from app.ui.sidebar import Sidebar
from app.ui.thumbnails import ThumbnailPath
from app.ui.translation import mark, tr
from app.ui.tray_icon import TrayIcon

MINIMUM_WIDTH, MINIMUM_HEIGHT = 560, 420
WIDTH, HEIGHT = 1080, 760
NARROW = 760
"""Below this width the sidebar gives way to the chat."""
WIDE = 900
"""From this width on an image stands beside the chat, below it in its place."""
CHAT_SHARE = 56
"""Percent of the width beside the sidebar that the chat has where an image is shown."""


class MainWindow(QMainWindow):
    """Owns the widgets; what happens in them is wired by application.py.

    `files_dropped(tuple[Path, ...])`, `many_dropped(tuple[Path, ...])` for folders and many files,
    `chats_dropped(tuple[Path, ...])`, `image_data_dropped(bytes, name)`, `drop_refused(Problem)`, `open_triggered()`,
    `document_triggered()`, `batch_triggered()`, `read_triggered()`, `stop_triggered()`, `regenerate_triggered()`,
    `zoom_triggered(steps)` where 0 steps are back to the usual size, `settings_triggered(sought)`; `geometry_changed()`
    where the window was moved or has another size.
    """

    files_dropped = Signal(object)
    many_dropped = Signal(object)
    document_triggered = Signal()
    batch_triggered = Signal()
    chats_dropped = Signal(object)
    image_data_dropped = Signal(bytes, str)
    drop_refused = Signal(object)
    open_triggered = Signal()
    read_triggered = Signal()
    stop_triggered = Signal()
    regenerate_triggered = Signal()
    zoom_triggered = Signal(int)
    geometry_changed = Signal()
    settings_triggered = Signal(str)

    def __init__(self, thumbnail_path: ThumbnailPath) -> None:
        super().__init__()
        self.setWindowTitle("Lorgnette")
        self.setWindowIcon(QIcon(str(RESOURCES / "icons" / "lorgnette.svg")))
        self.setMinimumSize(MINIMUM_WIDTH, MINIMUM_HEIGHT)
        self.resize(WIDTH, HEIGHT)
        self.setAcceptDrops(True)
        self.sidebar = Sidebar(self)
        self.chat_view = ChatView(thumbnail_path, self)
        self.empty_state = EmptyState(self)
        self.notices = NoticeBar(self)
        self.find_bar = FindBar(self)
        self.find_bar.changed.connect(self.chat_view.look_for)
        self.find_bar.stepped.connect(self.chat_view.look_further)
        self.find_bar.closed.connect(self._on_find_closed)
        self.chat_view.found.connect(self.find_bar.set_place)
        self.composer = Composer(thumbnail_path, self)
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
        self.viewer.hide()
        self._halves = QSplitter(self)
        self._is_divided = False
        self._was_maximised = False
        self.viewer.full_screen_clicked.connect(self.toggle_full_screen)
        self.model_picker = ModelPicker(self)
        self.menu_button = MainMenu(self)
        self._title = ElidedLabel(parent=self)
        self._title.setObjectName("chatTitle")
        self._fold = button("☰", Role.ICON, tr("Show or hide the list of chats (Ctrl+B)"), self)
        self._fold.clicked.connect(self.toggle_sidebar)
        self._wants_sidebar = True
        self._pages = QStackedWidget(self)
        self._lay_out()
        self._overlay = DropOverlay(self)
        self._add_keys()
        self.composer.mime_pasted.connect(self._take_pasted)
        self.composer.up_pressed.connect(self.chat_view.edit_last_question)
        self.chat_view.quoted.connect(self.composer.quote)
        self.chat_view.reused.connect(self.composer.take)
        self.composer.focus()

    @property
    def wants_sidebar(self) -> bool:
        """Whether the user wants the sidebar where there is room for it."""
        return self._wants_sidebar

    def set_title(self, title: str) -> None:
        """Show the chat's title, in the window's own too."""
        self._title.setText(title)
        self.setWindowTitle(f"{title} — Lorgnette" if title else "Lorgnette")

    def set_empty(self, is_empty: bool) -> None:
        """Show what can be done, or the messages."""
        self._pages.setCurrentWidget(self.empty_state if is_empty else self.chat_view)

    def set_status(self, status: EngineStatus) -> None:
        """Show the engine's state everywhere."""
        self.sidebar.status_line.set_status(status)
        self.model_picker.set_status(status)
        self.empty_state.set_status(status)
        self.composer.set_capacity(status.info.context_length if status.info else 0)
        self.composer.set_server(status.info.server if status.info and status.info.leaves_machine else "")

    def set_sidebar_wanted(self, is_wanted: bool) -> None:
        """Unfold or fold the sidebar."""
        self._wants_sidebar = is_wanted
        self.sidebar.setVisible(is_wanted and (self.width() >= NARROW or self.sidebar.isVisible()))

    @property
    def key_actions(self) -> Sequence[QAction]:
        """What can be done by key: an action's object name is its name, its data the keys that it has at first."""
        return self.actions()

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Give actions other keys, by name; those that are not named get back what they had at first."""
        set_keys(self.actions(), keys)

    @property
    def is_wide(self) -> bool:
        """Whether there is room for an image beside the chat."""
        return self.width() >= WIDE

    @Slot()
    def show_viewer(self) -> None:
        """Show the image, beside the chat where there is room."""
        self.viewer.show()
        self._chat.setVisible(self.is_wide)
        if self.is_wide and not self._is_divided:  # Afterwards it is the user who divides.
            self._is_divided = True
            width = self._halves.width()
            self._halves.setSizes([width * CHAT_SHARE // 100, width - width * CHAT_SHARE // 100])

    @Slot()
    def hide_viewer(self) -> None:
        """Show the chat alone."""
        if self.isFullScreen():
            self._leave_full_screen()
        self.viewer.hide()
        self._chat.show()

    @Slot()
    def toggle_full_screen(self) -> None:
        """Give the image the whole screen, or put everything back."""
        if self.isFullScreen():
            self._leave_full_screen()
        elif self.viewer.isVisible():
            self._was_maximised = self.isMaximized()
            self.sidebar.hide()
            self._chat.hide()
            self.showFullScreen()

    def _leave_full_screen(self) -> None:
        if self._was_maximised:
            self.showMaximized()
        else:
            self.showNormal()
        self.sidebar.setVisible(self._wants_sidebar and self.width() >= NARROW)
        self._chat.setVisible(self.is_wide or self.viewer.isHidden())

    @Slot()
    def _on_escape(self) -> None:
        if self.isFullScreen():
            self._leave_full_screen()
        else:
            self.stop_triggered.emit()

    @Slot()
    def toggle_sidebar(self) -> None:
        """Unfold the sidebar, in a narrow window too, or fold it."""
        self._wants_sidebar = self.sidebar.isHidden()
        self.sidebar.setVisible(self._wants_sidebar)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Show that a drop is welcome."""
        if has_images(event.mimeData()):
            event.acceptProposedAction()
            self._overlay.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Put things back."""
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        self._overlay.hide()
        event.acceptProposedAction()
        self._take(event.mimeData(), tr("Dropped image"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Typing anywhere writes into the composer."""
        text = event.text()
        if text and text.isprintable() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.composer.focus()
            self.composer.edit.insertPlainText(text)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the sidebar go where the window gets narrow, and come back where it gets wide."""
        super().resizeEvent(event)
        self.geometry_changed.emit()
        was, now = event.oldSize().width() >= NARROW, self.width() >= NARROW
        if was != now and not self.isFullScreen():
            self.sidebar.setVisible(now and self._wants_sidebar)
        if not self.isFullScreen():
            self._chat.setVisible(self.is_wide or self.viewer.isHidden())

    def moveEvent(self, event: QMoveEvent) -> None:
        """Let the place be kept."""
        super().moveEvent(event)
        self.geometry_changed.emit()

    def _take(self, mime: QMimeData, origin: str) -> None:
        incoming = incoming_images(mime, origin)
        if incoming.files:
            chats = tuple(file for file in incoming.files if file.suffix.lower() == ".json")
            images = tuple(file for file in incoming.files if file not in chats)
            if chats:
                self.chats_dropped.emit(chats)
            if images:
                (self.many_dropped if are_many(images) else self.files_dropped).emit(images)
        elif incoming.data:
            self.image_data_dropped.emit(incoming.data, incoming.name)
        elif incoming.problem:
            self.drop_refused.emit(incoming.problem)

    @Slot(object)
    def _take_pasted(self, mime: QMimeData) -> None:
        self._take(mime, tr("Pasted image"))

    @Slot()
    def come_forward(self) -> None:
        """Be seen, whatever covers or hides the window."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    @Slot()
    def take_clipboard(self) -> None:
        """Take an image from the clipboard, and nothing else."""
        self.come_forward()
        mime = QGuiApplication.clipboard().mimeData()
        if has_images(mime):
            self._take(mime, tr("Pasted image"))
        else:
            problem = tr("There is no image on the clipboard.")
            self.drop_refused.emit(Problem(ProblemKind.IMAGE, problem, todo=tr("Copy one, then try again.")))

    @Slot()
    def _paste(self) -> None:
        self.composer.focus()
        self.composer.edit.paste()

    @Slot()
    def _search(self) -> None:
        self._wants_sidebar = True
        self.sidebar.show()
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    @Slot()
    def _on_find_closed(self) -> None:
        self.composer.focus()

    @Slot()
    def _copy_last_answer(self) -> None:
        answers = [message for message in self.chat_view.messages if message.author]
        if answers:
            QGuiApplication.clipboard().setText(answers[-1].text)

    def _lay_out(self) -> None:
        header = QFrame(self)
        header.setObjectName("header")
        head = QHBoxLayout(header)
        head.setContentsMargins(12, 8, 16, 8)
        head.setSpacing(8)
        head.addWidget(self._fold)
        head.addWidget(self._title, 1)
        head.addWidget(self.model_picker)
        head.addWidget(self.menu_button)
        self._pages.addWidget(self.empty_state)
        self._pages.addWidget(self.chat_view)
        foot = QVBoxLayout()
        foot.setContentsMargins(20, 8, 20, 20)
        foot.addWidget(self.composer)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self.notices)
        column.addWidget(self.find_bar)
        column.addWidget(self._pages, 1)
        column.addLayout(foot)
        self._chat = QWidget(self)
        self._chat.setLayout(column)
        self._halves.setChildrenCollapsible(False)
        self._halves.addWidget(self._chat)
        self._halves.addWidget(self.viewer)
        central = QWidget(self)
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(self._halves, 1)
        self.setCentralWidget(central)

    def _add_keys(self) -> None:
        wanted = (
            KeyAction(mark("New chat"), "Ctrl+N", self.sidebar.new_chat_clicked),
            KeyAction(mark("Search chats"), "Ctrl+K", self._search),
            KeyAction(mark("Find in this chat"), "Ctrl+F", self.find_bar.open_bar),
            KeyAction(mark("Open images"), "Ctrl+O", self.open_triggered),
            KeyAction(mark("Open a document"), "Ctrl+Shift+O", self.document_triggered),
            KeyAction(mark("Many images at once"), "Ctrl+Shift+B", self.batch_triggered),
            KeyAction(mark("Paste"), "Ctrl+V", self._paste),
            KeyAction(mark("Ask about a part of the screen"), "Ctrl+Shift+S", self.capture.start),
            KeyAction(mark("Ask about the same part of the screen"), "Ctrl+Alt+S", self.capture.repeat),
            KeyAction(mark("Read text"), "Ctrl+Shift+T", self.read_triggered),
            KeyAction(mark("Stop"), "Esc", self._on_escape),
            KeyAction(mark("Image on the whole screen"), "F11", self.toggle_full_screen),
            KeyAction(mark("Regenerate"), "Ctrl+R", self.regenerate_triggered),
            KeyAction(mark("Copy last answer"), "Ctrl+Shift+C", self._copy_last_answer),
            KeyAction(mark("Sidebar"), "Ctrl+B", self.toggle_sidebar),
            KeyAction(mark("Larger"), "Ctrl++", partial(self.zoom_triggered.emit, 1)),
            KeyAction(mark("Smaller"), "Ctrl+-", partial(self.zoom_triggered.emit, -1)),
            KeyAction(mark("Usual size"), "Ctrl+0", partial(self.zoom_triggered.emit, 0)),
            KeyAction(mark("Settings"), "Ctrl+,", partial(self.settings_triggered.emit, "")),
            KeyAction(mark("Keyboard shortcuts"), "Ctrl+/", partial(self.settings_triggered.emit, tr(KEYBOARD))),
            KeyAction(mark("Quit"), "Ctrl+Q", self._quit),
        )
        add_key_actions(self, wanted)
        self.menu_button.settings_triggered.connect(self.settings_triggered)
        self.menu_button.document_triggered.connect(self.document_triggered)
        self.menu_button.batch_triggered.connect(self.batch_triggered)

    @Slot()
    def _quit(self) -> None:
        self.close()
        QGuiApplication.quit()
