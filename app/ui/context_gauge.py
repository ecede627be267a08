"""How full the model's context is, before anything is sent."""

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from app.ui import words
from app.ui.labels import label

WIDTH = 56
NEARLY_FULL = 0.85


class ContextGauge(QWidget):
    """A bar and a percentage; nothing where no model is open or nothing has been said."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(WIDTH)
        self.words = label("", "muted", parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.bar)
        row.addWidget(self.words)
        self.hide()

    def show_tokens(self, used: int, waiting: int, capacity: int) -> None:
        """Show what the chat has, what the images of the draft will add, and what fits; all in tokens."""
        self.setVisible(bool(capacity and used + waiting))
        if not capacity:
            return
        share = min(1.0, (used + waiting) / capacity)
        short, sentence = words.context(used, waiting, capacity)
        self.bar.setRange(0, capacity)
        self.bar.setValue(min(used + waiting, capacity))
        self.bar.setAccessibleName(sentence)
        self.words.setText(short)
        self.words.setObjectName("warning" if share >= NEARLY_FULL else "")
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)
        self.setToolTip(sentence)
