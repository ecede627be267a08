"""The result of one image of a batch: its picture beside its text."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from app.domain.batch.batch import Entry, FieldCell
from app.domain.text.visible_text import visible
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.copy_button import copy_button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import joined, tr
from app.ui.widgets.image_canvas import ImageCanvas


class BatchResultPane(QWidget):
    """`open_clicked()` for the document window, in which the text is corrected, and `repeat_clicked()`."""

    open_clicked = Signal()
    repeat_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = ImageCanvas(self)
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("batchText")
        self.text.setReadOnly(True)
        self.text.setAccessibleName(tr("Text of the image"))
        self.open = button(
            tr("Open as document"), Role.SOFT, tr("Show the text beside the image, and correct it"), self
        )
        self.copy = copy_button(tr("Copy text"), Role.PLAIN, parent=self)
        self.repeat = button(tr("Process again"), Role.PLAIN, tr("Process this image again, with corrections"), self)
        self.open.clicked.connect(self.open_clicked)
        self.copy.clicked.connect(self.copy_text)
        self.repeat.clicked.connect(self.repeat_clicked)
        self._lay_out()
        self.clear()

    def clear(self) -> None:
        """Show nothing, while a result is being found."""
        self.canvas.set_picture(QPixmap())
        self.text.clear()
        self.copy.setEnabled(False)

    def show_picture(self, png: bytes) -> None:
        """Show the picture."""
        picture = QPixmap()
        picture.loadFromData(png)
        self.canvas.set_picture(picture)

    def show_entry(self, entry: Entry | None) -> None:
        """Show fields and text, or why there are none; nothing for an image that has not been processed."""
        lines = [_field(cell) for cell in entry.cells] if entry else []
        problem = entry.problem.sentence if entry and entry.problem else ""
        self.text.setPlainText(joined("\n\n", filter(None, (problem, "\n".join(lines), entry.text if entry else ""))))
        self.copy.setEnabled(bool(entry and (entry.text or entry.cells)))

    @Slot()
    def copy_text(self) -> None:
        """Copy the text."""
        QGuiApplication.clipboard().setText(self.text.toPlainText())

    def _lay_out(self) -> None:
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.canvas)
        split.addWidget(self.text)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        buttons = FlowLayout()
        for widget in (self.open, self.copy, self.repeat):
            buttons.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(split, 1)
        column.addLayout(buttons)


def _field(cell: FieldCell) -> str:
    value = visible(cell.value)
    text = tr("{value} (not found on the image)", value=value) if cell.is_unverified else value
    return f"{cell.name}: {text}"
