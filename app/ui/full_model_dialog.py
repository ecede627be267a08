"""How to get the model that answers any question. Lorgnette opens no connections, so it says what to fetch."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.buttons import Role, button
from app.ui.labels import label
from app.ui.translation import mark, tr

WIDTH = 520
ADDRESS = "https://huggingface.co/Qwen/Qwen3-VL-2B-Instruct"
TEXT = mark(
    "The demo model reads one to three lines of short printed text, with mistakes, and counts them. "
    "Qwen3-VL-2B-Instruct describes, compares, translates and answers anything about an image.\n\n"
    "1.  In a browser, on this machine or another, download all files of Qwen3-VL-2B-Instruct into one folder: "
    "a 4-bit version by AutoRound with GPTQ packing (W4A16), or the original in 16 bits.\n"
    "2.  Choose that folder here. It stays where it is and opens by itself from then on.\n\n"
    "The original can be made smaller and faster on your own machine: lorgnette quantize FOLDER OUT"
)


class FullModelDialog(QDialog):
    """`choose_clicked()` when the folder is at hand. Esc closes."""

    choose_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Get the full model"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.choose = button(tr("Choose its folder…"), Role.PRIMARY, tr("Choose the folder of the full model"), self)
        self.copy = button(tr("Copy the address"), Role.SOFT, tr("Copy {address}", address=ADDRESS), self)
        self._copied = label("", "muted", parent=self)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.choose)
        row.addWidget(self.copy)
        row.addWidget(self._copied, 1)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(label(tr("The full model"), "title", parent=self))
        column.addWidget(label(tr(TEXT), "hint", wraps=True, parent=self))
        column.addWidget(label(ADDRESS, "muted", parent=self))
        column.addLayout(row)
        self.choose.clicked.connect(self._on_choose_clicked)
        self.copy.clicked.connect(self._on_copy_clicked)

    def showEvent(self, event: QShowEvent) -> None:
        """Be as high as the wrapped text needs, which is known once fonts and styles are."""
        super().showEvent(event)
        self.setFixedSize(WIDTH, self._column.totalHeightForWidth(WIDTH))

    @Slot()
    def _on_choose_clicked(self) -> None:
        self.close()
        self.choose_clicked.emit()

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(ADDRESS)
        self._copied.setText(tr("Copied"))
