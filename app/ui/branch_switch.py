"""Which of several alternatives is shown, such as "2 / 3", and the way to the others."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.buttons import Role, button
from app.ui.labels import label
from app.ui.translation import tr


class BranchSwitch(QWidget):
    """Hidden where there is no choice. `chosen(str)` carries the id of the alternative to show."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ids: Sequence[str] = ()
        self._place = 0
        self.previous = button("‹", Role.LINK, tr("Show the version before"), self)
        self.next = button("›", Role.LINK, tr("Show the next version"), self)
        self._count = label("", "muted", parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for item in (self.previous, self._count, self.next):
            row.addWidget(item)
        self.previous.clicked.connect(self._on_previous_clicked)
        self.next.clicked.connect(self._on_next_clicked)
        self.hide()

    def set_alternatives(self, ids: Sequence[str], shown: str) -> None:
        """The alternatives, oldest first, `shown` among them."""
        self._ids, self._place = ids, ids.index(shown)
        self._count.setText(f"{self._place + 1} / {len(ids)}")
        self._count.setAccessibleName(tr("Version {place} of {count}", place=self._place + 1, count=len(ids)))
        self.previous.setEnabled(self._place > 0)
        self.next.setEnabled(self._place + 1 < len(ids))
        self.setVisible(len(ids) > 1)

    @Slot()
    def _on_previous_clicked(self) -> None:
        self.chosen.emit(self._ids[self._place - 1])

    @Slot()
    def _on_next_clicked(self) -> None:
        self.chosen.emit(self._ids[self._place + 1])
