"""The list of presets that "/" in the message offers."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.domain.chat.presets import Preset
from app.domain.text.visible_text import visible
from app.ui.widgets.i18n import tr

PRESET = Qt.ItemDataRole.UserRole
MAX_ROWS = 6


class PresetList(QListWidget):
    """A list that never has the focus: the field below it forwards keys. `chosen` carries a Preset."""

    chosen = Signal(Preset)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presetList")
        self.setAccessibleName(tr("Presets"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.itemClicked.connect(self._on_item_clicked)
        self.hide()

    def offer(self, presets: tuple[Preset, ...]) -> None:
        """Show the presets with the first one selected; hide the list if there are none."""
        self.clear()
        for preset in presets:
            item = QListWidgetItem(visible(f"{preset.name}   {preset.text}"), self)
            item.setData(PRESET, preset)
        self.setCurrentRow(0)
        rows = min(len(presets), MAX_ROWS)
        self.setFixedHeight(rows * max(self.sizeHintForRow(0), 1) + 4)
        self.setVisible(bool(presets))

    def handle_key(self, key: int) -> bool:
        """Move, choose or close; return whether the list has handled the key."""
        if self.isHidden():
            return False
        match key:
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                step = 1 if key == Qt.Key.Key_Down else -1
                self.setCurrentRow((self.currentRow() + step) % self.count())
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Tab:
                self._on_item_clicked(self.currentItem())
            case Qt.Key.Key_Escape:
                self.hide()
            case _:
                return False
        return True

    @Slot(QListWidgetItem)
    def _on_item_clicked(self, item: QListWidgetItem) -> None:
        preset = item.data(PRESET)
        self.hide()
        self.chosen.emit(preset)
