"""A layout that wraps widgets onto further lines, since texts are longer in some languages than in others."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QStyle


class FlowLayout(QLayout):
    """Fills line after line; items added after `push` are aligned to the far end of their line."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._pushed_from: int | None = None
        self.setSpacing(8)
        self.setContentsMargins(0, 0, 0, 0)

    def push(self) -> None:
        """Align items added from now on to the far end."""
        self._pushed_from = len(self._items)

    def addItem(self, item: QLayoutItem) -> None:
        """Add an item (Qt's interface)."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, or None: Qt also asks beyond the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return an item."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Return the directions in which the layout expands."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Return True: a narrower layout is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines."""
        lines = self._lines(width)
        return sum(_height(line) for line in lines) + self.spacing() * max(0, len(lines) - 1)

    def sizeHint(self) -> QSize:
        """Return the size of all items on one line."""
        sizes = [item.sizeHint() for item in self._shown()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        """Return the size with the widest item on a line of its own."""
        sizes = [item.sizeHint() for item in self._shown()]
        widths, heights = [size.width() for size in sizes], [size.height() for size in sizes]
        return QSize(max(widths, default=0), max(heights, default=0))

    def setGeometry(self, area: QRect) -> None:
        """Place all items."""
        super().setGeometry(area)
        parent = self.parentWidget()
        direction = parent.layoutDirection() if parent else Qt.LayoutDirection.LeftToRight
        pushed = self._items[self._pushed_from :] if self._pushed_from is not None else []
        top = area.top()
        for line in self._lines(area.width()):
            left, height = area.left(), _height(line)
            spare = area.width() - sum(item.sizeHint().width() for item in line) - self.spacing() * (len(line) - 1)
            for item in line:
                if item in pushed and spare > 0:
                    left, spare = left + spare, 0
                size = item.sizeHint()
                place = QRect(left, top + (height - size.height()) // 2, min(size.width(), area.width()), size.height())
                item.setGeometry(QStyle.visualRect(direction, area, place))
                left += size.width() + self.spacing()
            top += height + self.spacing()

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        used = 0
        for item in self._shown():
            wanted = item.sizeHint().width()
            if lines and used + self.spacing() + wanted <= width:
                lines[-1].append(item)
                used += self.spacing() + wanted
            else:
                lines.append([item])
                used = wanted
        return lines


def _height(line: list[QLayoutItem]) -> int:
    return max(item.sizeHint().height() for item in line)
