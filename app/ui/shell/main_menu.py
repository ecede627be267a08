"""The menu at the right of the header: appearance, settings, shortcuts, about."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMessageBox, QToolButton, QWidget

from app import __version__
from app.domain.launch_request import CaptureTarget
from app.domain.settings.settings import ThemeChoice
from app.ui.images.capture_modes import add_capture_modes
from app.ui.settings.settings_window import KEYBOARD
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import mark, tr

_ABOUT = mark(
    "Drop an image, ask about it, read its text: all on your own computer.\n\nLorgnette "
    "goes online only when you ask it to: to download a model, or to use a server that you "
    "have chosen. Chats and images stay in its data folder."
)


class MainMenu(QToolButton):
    """A button with a menu.

    `theme_chosen(ThemeChoice)`, `temporary_triggered()`, `instructions_triggered()`,
    `library_triggered()`, `document_triggered()`,
    `mode_triggered(CaptureTarget, seconds)`, `text_triggered()`, `batch_triggered()`, `import_triggered()`,
    `undelete_triggered()`, `restore_triggered()`, `settings_triggered(query)`, `diagnostics_triggered()`,
    `licences_triggered()`.
    """

    theme_chosen = Signal(ThemeChoice)
    temporary_triggered = Signal()
    instructions_triggered = Signal()
    library_triggered = Signal()
    document_triggered = Signal()
    mode_triggered = Signal(CaptureTarget, int)
    text_triggered = Signal()
    import_triggered = Signal()
    undelete_triggered = Signal()
    restore_triggered = Signal()
    batch_triggered = Signal()
    settings_triggered = Signal(str)
    diagnostics_triggered = Signal()
    licences_triggered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mainMenu")
        self.setText("⋯")
        self.setAccessibleName(tr("Menu"))
        self.setToolTip(tr("Main menu"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        appearance = menu.addMenu(tr("Appearance"))
        group = QActionGroup(self)
        self._themes = {choice: appearance.addAction(ui_text.theme(choice)) for choice in ThemeChoice}
        for choice, action in self._themes.items():
            action.setCheckable(True)
            action.triggered.connect(partial(self.theme_chosen.emit, choice))
            group.addAction(action)
        temporary = menu.addAction(tr("New temporary chat"), self.temporary_triggered.emit)
        instructions = menu.addAction(tr("Instructions for this chat…"), self.instructions_triggered.emit)
        images = menu.addAction(tr("All images…"), self.library_triggered.emit)
        document = menu.addAction(tr("Open a document…"), self.document_triggered.emit)
        add_capture_modes(menu.addMenu(tr("Capture the screen")), self.mode_triggered)
        menu.addAction(tr("Capture text from the screen…"), self.text_triggered.emit)
        batch = menu.addAction(tr("Batch processing…"), self.batch_triggered.emit)
        menu.addAction(tr("Import a chat…"), self.import_triggered.emit)
        self.undelete = menu.addAction(tr("Restore the last deleted chat"), self.undelete_triggered.emit)
        self.undelete.setEnabled(False)
        menu.addAction(tr("Restore chats from a backup…"), self.restore_triggered.emit)
        settings = menu.addAction(tr("Settings…"), partial(self.settings_triggered.emit, ""))
        keyboard = menu.addAction(tr("Keyboard shortcuts…"), partial(self.settings_triggered.emit, tr(KEYBOARD)))
        self._entries: dict[str, QAction] = {
            tr("New temporary chat"): temporary,
            tr("Instructions for this chat"): instructions,
            tr("All images"): images,
            tr("Open a document"): document,
            tr("Batch processing"): batch,
            tr("Settings"): settings,
            tr("Keyboard shortcuts"): keyboard,
        }
        """Entries by the names of the window's keyboard actions that do the same."""
        menu.addAction(tr("Diagnostics…"), self.diagnostics_triggered.emit)
        self.licences = menu.addAction(tr("Licences…"), self.licences_triggered.emit)
        menu.addAction(tr("About Lorgnette"), self._show_about)
        self.setMenu(menu)

    def set_theme(self, choice: ThemeChoice) -> None:
        """Check the current appearance."""
        self._themes[choice].setChecked(True)

    def show_keys(self, actions: Iterable[QAction]) -> None:
        """Show the shortcuts of the window's keyboard actions beside the entries that do the same."""
        for action in actions:
            if entry := self._entries.get(action.text()):
                entry.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # The window's own action has the key.
                entry.setShortcut(action.shortcut())

    def _show_about(self) -> None:
        self._show(f"Lorgnette {__version__}", tr(_ABOUT))

    def _show(self, title: str, text: str) -> None:
        box = QMessageBox(self.window())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(title)
        box.setInformativeText(text)
        box.open()
