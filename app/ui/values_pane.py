"""Names and values of a page, with the places that they were read at."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.labelled_values import LabelledValue
from app.ui.buttons import Role, button
from app.ui.labels import label
from app.ui.translation import tr

DOUBTFUL = QColor(217, 164, 0, 70)


class ValuesPane(QWidget):
    """`value_lit(LabelledValue)` for the one looked at, `fields_wanted(str)` for what the model is to fill in."""

    value_lit = Signal(object)
    fields_wanted = Signal(str)

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
        self.names = QLineEdit(self)
        self.names.setPlaceholderText(tr("date, total: with tax, vendor"))
        self.names.setAccessibleName(tr("Fields that the model fills in"))
        self.ask = button(
            tr("Ask the model"), Role.SOFT, tr("Fill in these fields, with the places they stand at"), self
        )
        none = label(tr("No names with values, such as “Total: 12.50”, were found on this page."), "hint", wraps=True)
        shown = QWidget(self)
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.grid)
        row = QHBoxLayout()
        row.addWidget(self.names, 1)
        row.addWidget(self.ask)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(row)
        self._pages = QStackedLayout()
        whole.addLayout(self._pages, 1)
        self._pages.addWidget(none)
        self._pages.addWidget(shown)
        self.grid.currentCellChanged.connect(self._on_cell_changed)
        self.ask.clicked.connect(self._on_ask_clicked)
        self.names.returnPressed.connect(self._on_ask_clicked)

    def set_values(self, values: Sequence[LabelledValue]) -> None:
        """Show these."""
        self._values = values
        self.grid.blockSignals(True)
        self.grid.setRowCount(len(values))
        for row, value in enumerate(values):
            self.grid.setItem(row, 0, QTableWidgetItem(value.name))
            item = QTableWidgetItem(value.value)
            if value.is_doubtful:
                item.setBackground(DOUBTFUL)
                item.setToolTip(
                    tr("The reader did not find this on the page: nothing but the model's word stands for it.")
                )
            self.grid.setItem(row, 1, item)
        self.grid.setCurrentCell(-1, -1)
        self.grid.blockSignals(False)
        self._pages.setCurrentIndex(1 if values else 0)

    @Slot()
    def _on_ask_clicked(self) -> None:
        if text := self.names.text().strip():
            self.fields_wanted.emit(text)

    @Slot()
    def _on_cell_changed(self) -> None:
        row = self.grid.currentRow()
        if 0 <= row < len(self._values):
            self.value_lit.emit(self._values[row])
