"""The switch between a message's alternatives, such as "2 / 3"."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.widgets.buttons import icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label


class BranchSwitch(QWidget):
    """Hidden if there is only one alternative. `chosen(str)` carries the id of the alternative to show."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ids: Sequence[str] = ()
        self._place = 0
        self.previous = icon_button(Icon.PREVIOUS, tr("Previous version"), self)
        self.next = icon_button(Icon.NEXT, tr("Next version"), self)
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
        """Set the alternatives, oldest first; `shown` is one of them."""
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
