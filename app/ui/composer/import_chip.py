"""The placeholder chip of an image that is being checked and copied."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.ids import ImportId
from app.ui.composer.attachment_chip import CHIP_WIDTH
from app.ui.widgets.buttons import icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import ElidedLabel, label
from app.ui.widgets.theme import zoomed


class ImportChip(QFrame):
    """A name and a cancel button. `cancel_clicked` carries the import's id."""

    cancel_clicked = Signal(str)

    def __init__(self, import_id: ImportId, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._import_id = import_id
        self.setObjectName("chip")
        self.setFixedWidth(zoomed(self, CHIP_WIDTH))
        self.cancel = icon_button(Icon.CLOSE, tr("Cancel adding {name}", name=name), self)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(ElidedLabel(name, self))
        texts.addWidget(label(tr("Opening…"), "muted", parent=self))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 6, 6)
        row.addLayout(texts, 1)
        row.addWidget(self.cancel)
        self.cancel.clicked.connect(self._on_cancel_clicked)

    @Slot()
    def _on_cancel_clicked(self) -> None:
        self.cancel_clicked.emit(self._import_id)
