"""The pane with the tables of a page, to copy into a spreadsheet or save to a file."""

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

from app.domain.documents.table_formats import as_html, as_tsv
from app.domain.documents.tables import Table
from app.domain.text.visible_lines import visible_lines
from app.ui.widgets.buttons import Role
from app.ui.widgets.copy_button import copy_button
from app.ui.widgets.fitted_table import FittedTable
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label

FORMS = ("xlsx", "csv", "html", "md")


class TablesPane(QWidget):
    """`save_wanted(Table, suffix)`, and `table_highlighted(Table)` for the current table, None for none."""

    save_wanted = Signal(Table, str)
    table_highlighted = Signal(object)  # Table | None: a union is no class.

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tables: Sequence[Table] = ()
        self.choice = QComboBox(self)
        self.choice.setAccessibleName(tr("Table"))
        self.grid = FittedTable(0, 0, self)
        self.grid.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.grid.setAccessibleName(tr("Table"))
        self.copy = copy_button(tr("Copy"), Role.SOFT, tr("Copy the table for a spreadsheet"), self)
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
        """The current table, or None."""
        index = self.choice.currentIndex()
        return self._tables[index] if 0 <= index < len(self._tables) else None

    def set_tables(self, tables: Sequence[Table]) -> None:
        """Show the tables of a page."""
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
            item = QTableWidgetItem(visible_lines(cell.text))
            item.setToolTip("")
            self.grid.setItem(cell.row, cell.column, item)
            if cell.row_span > 1 or cell.column_span > 1:
                self.grid.setSpan(cell.row, cell.column, cell.row_span, cell.column_span)
        self.grid.fit()
        self.table_highlighted.emit(table)

    @Slot()
    def _on_copy_clicked(self) -> None:
        if table := self.table:
            data = QMimeData()
            data.setText(as_tsv(table.grid()))
            data.setHtml(as_html(table, is_pasted=True))
            QGuiApplication.clipboard().setMimeData(data)
