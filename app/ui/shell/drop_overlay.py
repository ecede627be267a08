"""The overlay on the window while something is dragged over it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label

MARGIN = 16


class DropOverlay(QFrame):
    """Fills its parent while it is shown; ignores mouse events."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("dropOverlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        text = label(tr("Drop to add to this chat"), parent=self)
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(self).addWidget(text)
        self._covered = parent
        self.hide()

    def cover(self) -> None:
        """Show over the whole parent."""
        self.setGeometry(self._covered.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN))
        self.show()
        self.raise_()
