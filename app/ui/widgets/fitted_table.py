"""A table whose columns are as wide, and rows as high, as what is in their cells, whatever the zoom."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTableWidget, QWidget


class FittedTable(QTableWidget):
    """Fits again when it is shown with another font than it was fitted with; until then the user's sizes stay."""

    def __init__(self, rows: int, columns: int, parent: QWidget) -> None:
        super().__init__(rows, columns, parent)
        self._fitted = ""

    def fit(self) -> None:
        """Fit to what is in the cells now."""
        self.ensurePolished()
        self._fitted = self.font().toString()
        self.resizeColumnsToContents()
        self.resizeRowsToContents()

    def showEvent(self, event: QShowEvent) -> None:
        """Fit with the style that a hidden table did not have."""
        super().showEvent(event)
        self._fit_again()

    def changeEvent(self, event: QEvent) -> None:
        """Fit to another zoom."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.StyleChange, QEvent.Type.FontChange} and self.isVisible():
            self._fit_again()

    def _fit_again(self) -> None:
        if self._fitted != self.font().toString():
            self.fit()
