"""The pane with the labelled values of a page, and where they were found."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication
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

from app.domain.documents.labelled_values import LabelledValue
from app.domain.documents.table_formats import as_tsv
from app.domain.text.visible_lines import visible_lines
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.copy_button import copy_button
from app.ui.widgets.fitted_table import FittedTable
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label

DOUBTFUL = QColor(217, 164, 0, 70)


class ValuesPane(QWidget):
    """`value_highlighted(LabelledValue)` for the selected one, `fields_wanted(str)` for the model to extract."""

    value_highlighted = Signal(LabelledValue)
    fields_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: Sequence[LabelledValue] = ()
        self.grid = FittedTable(0, 2, self)
        self.grid.setAccessibleName(tr("Fields"))
        self.grid.setHorizontalHeaderLabels([tr("Name"), tr("Value")])
        self.grid.verticalHeader().hide()
        self.grid.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.grid.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.grid.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.names = QLineEdit(self)
        self.names.setPlaceholderText(tr("date, total: with tax, vendor"))
        self.names.setAccessibleName(tr("Fields for the model to extract"))
        self.names.setAcceptDrops(False)  # The window takes drops, wherever they land.
        self.ask = button(
            tr("Ask the model"), Role.SOFT, tr("Extract these fields and show where they are on the page"), self
        )
        self.copy = copy_button(tr("Copy all fields"), Role.SOFT, tr("Copy names and values for a spreadsheet"), self)
        none = label(tr("No labelled values, such as “Total: 12.50”, were found on this page."), "hint", wraps=True)
        shown = QWidget(self)
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.grid)
        column.addWidget(self.copy)
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
        self.copy.clicked.connect(self._on_copy_clicked)
        self.ask.clicked.connect(self._on_ask_clicked)
        self.names.returnPressed.connect(self._on_ask_clicked)

    def set_values(self, values: Sequence[LabelledValue]) -> None:
        """Show the values of a page."""
        self._values = values
        self.grid.blockSignals(True)
        self.grid.setRowCount(len(values))
        for row, value in enumerate(values):
            self.grid.setItem(row, 0, QTableWidgetItem(visible_lines(value.name)))
            item = QTableWidgetItem(visible_lines(value.value))
            if value.is_unverified:
                item.setBackground(DOUBTFUL)
                item.setToolTip(tr("Not found in the OCR text. This is unverified model output."))
            self.grid.setItem(row, 1, item)
        self.grid.fit()
        self.grid.setCurrentCell(-1, -1)
        self.grid.blockSignals(False)
        self._pages.setCurrentIndex(1 if values else 0)

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(as_tsv([[value.name, value.value] for value in self._values]))

    @Slot()
    def _on_ask_clicked(self) -> None:
        if text := self.names.text().strip():
            self.fields_wanted.emit(text)

    @Slot()
    def _on_cell_changed(self) -> None:
        row = self.grid.currentRow()
        if 0 <= row < len(self._values):
            self.value_highlighted.emit(self._values[row])
