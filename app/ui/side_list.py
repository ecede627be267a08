"""What the lists of the sidebar have in common."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QWidget


class SideList(QListWidget):
    """A list whose rows are widgets, as wide as the sidebar."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("conversationList")
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setViewportMargins(10, 0, 10, 0)
