"""The row above code or a table: a caption, and a button to copy it."""

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Slot
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.widgets.buttons import Role
from app.ui.widgets.copy_button import copy_button
from app.ui.widgets.labels import label
from app.ui.widgets.theme import FONT_SIZE

HEIGHT, PADDING = 30, 12
"""Height of a row, in pixels of the style sheet, and its padding in pixels."""


def row_height(font: QFont) -> int:
    """Return the height of a row beside text of this font, in pixels: it grows with the zoom, as its button does."""
    return max(HEIGHT, round(HEIGHT * font.pixelSize() / FONT_SIZE))


class CopyRow(QWidget):
    """A row above a part of an answer; `name` is the button's label, `hint` its description.

    The button is `at_end` above content that fills the width, and at the beginning above content that may be narrow.
    """

    def __init__(self, name: str, hint: str, parent: QWidget, *, at_end: bool) -> None:
        super().__init__(parent)
        self._make: Callable[[], QMimeData] = QMimeData
        self.caption = label("", "muted", parent=self)
        self.copy = copy_button(name, Role.LINK, hint, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(PADDING, 0, PADDING, 0)
        row.addWidget(self.caption)
        row.addStretch(1)
        row.insertWidget(2 if at_end else 0, self.copy)
        self.copy.clicked.connect(self._on_copy_clicked)

    def stand_for(self, caption: str, make: Callable[[], QMimeData]) -> None:
        """Show `caption`, and copy what `make` returns."""
        self.caption.setText(caption)
        self._make = make

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setMimeData(self._make())
