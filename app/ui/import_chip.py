"""An image that is being checked and copied, where its chip will stand."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.attachment_chip import CHIP_WIDTH
from app.ui.buttons import Role, button
from app.ui.labels import ElidedLabel, label
from app.ui.theme import zoomed
from app.ui.translation import tr


class ImportChip(QFrame):
    """Name, and a button to give up. `cancel_clicked` carries the import's id."""

    cancel_clicked = Signal(str)

    def __init__(self, import_id: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._import_id = import_id
        self.setObjectName("chip")
        self.setFixedWidth(zoomed(self, CHIP_WIDTH))
        self.cancel = button("×", Role.ICON, tr("Do not add {name}", name=name), self)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(ElidedLabel(name, self))
        texts.addWidget(label(tr("Opening …"), "muted", parent=self))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 6, 6)
        row.addLayout(texts, 1)
        row.addWidget(self.cancel)
        self.cancel.clicked.connect(self._on_cancel_clicked)

    @Slot()
    def _on_cancel_clicked(self) -> None:
        self.cancel_clicked.emit(self._import_id)
