"""The composer's button with all presets, where users also manage their own."""

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from app.domain.chat.presets import Preset
from app.domain.text.visible_text import visible
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import tooltip

MAX_NAME = 40


class PresetButton(QToolButton):
    """`chosen` and `removed` carry a Preset, `saved` a name for the present message."""

    chosen = Signal(Preset)
    saved = Signal(str)
    removed = Signal(Preset)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presets")
        self.setText(tr("Presets"))
        self.setAccessibleName(tr("Presets"))
        self.setToolTip(tr("Saved questions; you can also type “/” in the message"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._save = self._menu.addAction(tr("Save the message as a preset…"), self._ask_name)
        self.set_presets((), ())

    def set_presets(self, published: tuple[Preset, ...], presets: tuple[Preset, ...]) -> None:
        """List the presets published for the open model, the built-in ones, then the user's own `presets`."""
        for action in self._menu.actions():
            self._menu.removeAction(action)
        for preset in (*published, *ui_text.built_in_presets(), *presets):
            action = self._menu.addAction(visible(preset.name).replace("&", "&&"), partial(self.chosen.emit, preset))
            action.setToolTip(tooltip(preset.text))
        self._menu.addSeparator()
        self._menu.addAction(self._save)
        if presets:
            removal = self._menu.addMenu(tr("Remove"))
            for preset in presets:
                removal.addAction(visible(preset.name).replace("&", "&&"), partial(self.removed.emit, preset))

    def set_savable(self, *, is_savable: bool) -> None:
        """Set whether there is a message to save as a preset."""
        self._save.setEnabled(is_savable)

    @Slot()
    def _ask_name(self) -> None:
        dialog = QInputDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(tr("Save as a preset"))
        dialog.setLabelText(tr("Name (replaces your own preset of the same name)"))
        dialog.textValueSelected.connect(self._on_named)
        dialog.open()

    @Slot(str)
    def _on_named(self, name: str) -> None:
        if name := " ".join(name.split())[:MAX_NAME]:
            self.saved.emit(name)
