"""The menu at the right of the header: appearance, keys, about."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMessageBox, QToolButton, QWidget

from app import __version__
from app.domain.settings import ThemeChoice

_THEMES = {ThemeChoice.SYSTEM: "As the desktop", ThemeChoice.LIGHT: "Light", ThemeChoice.DARK: "Dark"}
_ABOUT = (
    "Drop an image, ask about it, read its text, all on your own machine.\n\n"
    "Lorgnette opens no network connections. Chats and images stay in its data folder."
)


class MainMenu(QToolButton):
    """A button with a menu. `theme_chosen(ThemeChoice)`, `import_triggered()`."""

    theme_chosen = Signal(object)
    import_triggered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mainMenu")
        self.setText("⋯")
        self.setAccessibleName("Menu")
        self.setToolTip("Appearance, keys, about")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._keys: Sequence[QAction] = ()
        menu = QMenu(self)
        appearance = menu.addMenu("Appearance")
        group = QActionGroup(self)
        self._themes = {choice: appearance.addAction(name) for choice, name in _THEMES.items()}
        for choice, action in self._themes.items():
            action.setCheckable(True)
            action.triggered.connect(partial(self.theme_chosen.emit, choice))
            group.addAction(action)
        menu.addAction("Import a chat…", self.import_triggered.emit)
        menu.addAction("Keyboard shortcuts", self.show_keys)
        menu.addAction("About Lorgnette", self._show_about)
        self.setMenu(menu)

    def set_theme(self, choice: ThemeChoice) -> None:
        """Mark the appearance that is in force."""
        self._themes[choice].setChecked(True)

    def set_keys(self, actions: Sequence[QAction]) -> None:
        """What "Keyboard shortcuts" lists."""
        self._keys = actions

    @Slot()
    def show_keys(self) -> None:
        """List what the keyboard can do."""
        rows = [f"{action.shortcut().toString()}\t{action.text()}" for action in self._keys]
        self._show("Keyboard shortcuts", "\n".join(["Enter\tSend", "Shift+Enter\tNew line", *rows]))

    def _show_about(self) -> None:
        self._show(f"Lorgnette {__version__}", _ABOUT)

    def _show(self, title: str, text: str) -> None:
        box = QMessageBox(self.window())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(title)
        box.setInformativeText(text)
        box.open()
