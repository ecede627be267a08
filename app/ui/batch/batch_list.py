"""The list of a batch's images, possibly thousands, with the state of each."""

from pathlib import Path
from typing import cast

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPainter, QPalette
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.domain.batch.batch import ItemState, ItemsView
from app.domain.text.visible_text import visible
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import joined, tr
from app.ui.widgets.labels import tooltip
from app.ui.widgets.problem_text import problem_sentence
from app.ui.widgets.theme import zoomed

Index = QModelIndex | QPersistentModelIndex
STATE = Qt.ItemDataRole.UserRole
ROW_HEIGHT, PADDING = 26, 10


class BatchItems(QAbstractListModel):
    """The list's model, which reads rows from the run as they are shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._run: ItemsView | None = None

    def set_run(self, run: ItemsView | None) -> None:
        """Show the images of this batch."""
        self.beginResetModel()
        self._run = run
        self.endResetModel()

    @Slot(int)
    def emit_changed(self, row: int) -> None:
        """Redraw a row."""
        index = self.index(row)
        self.dataChanged.emit(index, index)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of images."""
        return len(self._run.sources) if self._run and not parent.isValid() else 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the image's name, its state in words, and both for screen readers."""
        if self._run is None or not index.isValid():
            return None
        row = index.row()
        name, problem = visible(" ".join(self._run.sources[row].name.split())), self._run.problems.get(row)
        given = [given for _, given in self._run.renamed.get(row, ())]
        said = problem_sentence(problem) if problem else ui_text.item_state(self._run.states[row], given)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return name
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip(joined("\n", (name, said)))
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{name}: {said}"
            case _ if role == STATE:
                return said
            case _:
                return None

    @property
    def failed(self) -> int:
        """The number of failed images."""
        return len(self._run.problems) if self._run else 0

    def path(self, row: int) -> Path | None:
        """Return the file of a row."""
        return Path(self._run.sources[row].path) if self._run and 0 <= row < len(self._run.sources) else None

    def state(self, row: int) -> ItemState:
        """Return the state of a row's image."""
        return self._run.states[row] if self._run else ItemState.WAITING


class BatchList(QListView):
    """Names on the left, states on the right. `choice_changed()` when another image is selected, or none."""

    choice_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("batchList")
        self.setAccessibleName(tr("Images of the batch"))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.items = BatchItems(self)
        self.setModel(self.items)
        self.setItemDelegate(_Rows(self))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    @property
    def current(self) -> int:
        """The row of the selected image; -1 for none."""
        return next((index.row() for index in self.selectionModel().selectedRows()), -1)

    def choose(self, row: int) -> None:
        """Select an image."""
        self.setCurrentIndex(self.items.index(row))

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Emit that another image is selected."""
        super().selectionChanged(selected, deselected)
        self.choice_changed.emit()


class _Rows(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height of one line."""
        return QSize(0, zoomed(cast(QWidget, self.parent()), ROW_HEIGHT))  # The list.

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the name, and the state in the other half of the row, muted unless the image has failed."""
        area: QRect = option.rect.adjusted(PADDING, 0, -PADDING, 0)
        half = QRect(area)
        half.setWidth(area.width() // 2 - PADDING)
        rest = area.adjusted(area.width() // 2, 0, 0, 0)
        if option.direction is Qt.LayoutDirection.RightToLeft:
            half, rest = rest, half
        metrics = QFontMetrics(option.font)
        palette = QGuiApplication.palette()  # The list's own palette has only the one colour of the style sheet.
        side = Qt.AlignmentFlag.AlignLeft  # Qt mirrors it.
        painter.save()
        painter.setLayoutDirection(option.direction)
        painter.setFont(option.font)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.color(QPalette.ColorRole.Highlight))
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        name, said = str(index.data()), str(index.data(STATE))
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, half.width())
        painter.drawText(half, int(side | Qt.AlignmentFlag.AlignVCenter), elided)
        model = index.model()
        if not isinstance(model, BatchItems) or model.state(index.row()) is not ItemState.FAILED:
            painter.setPen(palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText))
        elided = metrics.elidedText(said, Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, int(side | Qt.AlignmentFlag.AlignVCenter), elided)
        painter.restore()
