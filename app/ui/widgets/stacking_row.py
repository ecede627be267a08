"""Two parts side by side, or one below the other in a narrow window or with large text."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from app.ui.widgets.theme import zoomed


class StackingRow(QWidget):
    """`first` gets the room that `second` leaves; below `minimum` pixels of the style sheet, `second` goes below it."""

    def __init__(self, first: QWidget, second: QWidget, minimum: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first, self._second, self._minimum = first, second, minimum
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(first, 1)
        self._row.addWidget(second)

    @property
    def is_stacked(self) -> bool:
        """Whether the second part is below the first."""
        return self._row.direction() is QBoxLayout.Direction.TopToBottom

    def minimumSizeHint(self) -> QSize:
        """Return the width of the wider part."""
        parts = self._first.minimumSizeHint(), self._second.minimumSizeHint()
        return QSize(max(part.width() for part in parts), self._row.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stack the parts if the row has become too narrow."""
        super().resizeEvent(event)
        self._turn()

    def event(self, event: QEvent) -> bool:
        """Stack the parts if one of them has become wider."""
        handled = super().event(event)
        if event.type() in {QEvent.Type.LayoutRequest, QEvent.Type.StyleChange}:
            self._turn()
        return handled

    def _turn(self) -> None:
        needed = zoomed(self, self._minimum) + self._row.spacing() + self._second.sizeHint().width()
        wanted = QBoxLayout.Direction.TopToBottom if self.width() < needed else QBoxLayout.Direction.LeftToRight
        if wanted is not self._row.direction():
            self._row.setDirection(wanted)
            self.updateGeometry()
