"""The tables of a page, as they are copied into a spreadsheet or written to a file."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QMimeData, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.table_formats import as_html, as_tsv
from app.domain.tables import Table
from app.ui.buttons import Role, button
from app.ui.labels import label
from app.ui.translation import tr

FORMS = ("xlsx", "csv", "html", "md")


class TablesPane(QWidget):
    """`save_wanted(Table, suffix)`, and `table_lit(Table)` for the one that is looked at, None for none."""

    save_wanted = Signal(object, str)
    table_lit = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tables: Sequence[Table] = ()
        self.choice = QComboBox(self)
        self.choice.setAccessibleName(tr("Table"))
        self.grid = QTableWidget(self)
        self.grid.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.grid.setAccessibleName(tr("Table"))
        self.copy = button(tr("Copy"), Role.SOFT, tr("Copy the table for a spreadsheet"), self)
        self.save = QToolButton(self)
        self.save.setObjectName("presets")
        self.save.setText(tr("Save as"))
        self.save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for form in FORMS:
            menu.addAction(form.upper() if form != "md" else tr("Markdown"), partial(self._save, form))
        self.save.setMenu(menu)
        self.none = label(tr("No table was found on this page."), "hint", wraps=True, parent=self)
        row = QHBoxLayout()
        row.addWidget(self.choice, 1)
        row.addWidget(self.copy)
        row.addWidget(self.save)
        shown = QWidget(self)
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.none)
        self._pages.addWidget(shown)
        self.choice.currentIndexChanged.connect(self._on_chosen)
        self.copy.clicked.connect(self._on_copy_clicked)

    @property
    def table(self) -> Table | None:
        """The one that is looked at."""
        index = self.choice.currentIndex()
        return self._tables[index] if 0 <= index < len(self._tables) else None

    def set_tables(self, tables: Sequence[Table]) -> None:
        """Show these."""
        self._tables = tables
        self.choice.blockSignals(True)
        self.choice.clear()
        for number, table in enumerate(tables, 1):
            text = tr("Table {number}: {rows} × {columns}", number=number, rows=table.rows, columns=table.columns)
            self.choice.addItem(text)
        self.choice.blockSignals(False)
        self._pages.setCurrentIndex(1 if tables else 0)
        self._on_chosen()

    def _save(self, form: str) -> None:
        if self.table:
            self.save_wanted.emit(self.table, form)

    @Slot()
    def _on_chosen(self) -> None:
        table = self.table
        self.grid.clearSpans()
        self.grid.clear()
        self.grid.setRowCount(table.rows if table else 0)
        self.grid.setColumnCount(table.columns if table else 0)
        for cell in table.cells if table else ():
            item = QTableWidgetItem(cell.text)
            item.setToolTip("")
            self.grid.setItem(cell.row, cell.column, item)
            if cell.row_span > 1 or cell.column_span > 1:
                self.grid.setSpan(cell.row, cell.column, cell.row_span, cell.column_span)
        self.grid.resizeColumnsToContents()
        self.table_lit.emit(table)

    @Slot()
    def _on_copy_clicked(self) -> None:
        if table := self.table:
            data = QMimeData()
            data.setText(as_tsv(table.grid()))
            data.setHtml(as_html(table))
            QGuiApplication.clipboard().setMimeData(data)
