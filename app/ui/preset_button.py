"""The composer's button with all presets, and the way to one's own."""

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from app.domain.presets import Preset
from app.ui import words
from app.ui.translation import tr

MOST_NAME = 40


class PresetButton(QToolButton):
    """`chosen` and `removed` carry a Preset, `saved` a name for the message as it stands."""

    chosen = Signal(object)
    saved = Signal(str)
    removed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presets")
        self.setText(tr("Presets"))
        self.setAccessibleName(tr("Presets"))
        self.setToolTip(tr("Questions that are asked often; “/” in the message offers them too"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._save = self._menu.addAction(tr("Save the message as a preset…"), self._ask_name)
        self.set_own(())

    def set_own(self, presets: tuple[Preset, ...]) -> None:
        """List the built-in presets, then the user's own."""
        for action in self._menu.actions():
            self._menu.removeAction(action)
        for preset in (*words.built_in_presets(), *presets):
            action = self._menu.addAction(preset.name.replace("&", "&&"), partial(self.chosen.emit, preset))
            action.setToolTip(preset.text)
        self._menu.addSeparator()
        self._menu.addAction(self._save)
        if presets:
            removal = self._menu.addMenu(tr("Remove"))
            for preset in presets:
                removal.addAction(preset.name.replace("&", "&&"), partial(self.removed.emit, preset))

    def set_savable(self, *, is_savable: bool) -> None:
        """Whether there is a message that could be kept."""
        self._save.setEnabled(is_savable)

    @Slot()
    def _ask_name(self) -> None:
        dialog = QInputDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(tr("Save as a preset"))
        dialog.setLabelText(tr("Name; one of your own of the same name is replaced"))
        dialog.textValueSelected.connect(self._on_named)
        dialog.open()

    @Slot(str)
    def _on_named(self, name: str) -> None:
        if name := " ".join(name.split())[:MOST_NAME]:
            self.saved.emit(name)
