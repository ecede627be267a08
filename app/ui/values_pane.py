"""Names and values of a page, with the places that they were read at."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHeaderView, QStackedLayout, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from app.domain.labelled_values import LabelledValue
from app.ui.labels import label
from app.ui.translation import tr


class ValuesPane(QWidget):
    """`value_lit(LabelledValue)` for the one that is looked at."""

    value_lit = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: Sequence[LabelledValue] = ()
        self.grid = QTableWidget(0, 2, self)
        self.grid.setAccessibleName(tr("Fields"))
        self.grid.setHorizontalHeaderLabels([tr("Name"), tr("Value")])
        self.grid.verticalHeader().hide()
        self.grid.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.grid.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.grid.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        none = label(tr("No names with values, such as “Total: 12.50”, were found on this page."), "hint", wraps=True)
        shown = QWidget(self)
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.grid)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(none)
        self._pages.addWidget(shown)
        self.grid.currentCellChanged.connect(self._on_cell_changed)

    def set_values(self, values: Sequence[LabelledValue]) -> None:
        """Show these."""
        self._values = values
        self.grid.blockSignals(True)
        self.grid.setRowCount(len(values))
        for row, value in enumerate(values):
            self.grid.setItem(row, 0, QTableWidgetItem(value.name))
            self.grid.setItem(row, 1, QTableWidgetItem(value.value))
        self.grid.setCurrentCell(-1, -1)
        self.grid.blockSignals(False)
        self._pages.setCurrentIndex(1 if values else 0)

    @Slot()
    def _on_cell_changed(self) -> None:
        row = self.grid.currentRow()
        if 0 <= row < len(self._values):
            self.value_lit.emit(self._values[row])
