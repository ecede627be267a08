"""The gauge of the context's usage, before anything is sent."""

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from app.ui.composer.token_texts import context_usage
from app.ui.widgets.labels import label
from app.ui.widgets.zoomed_width import ZoomedWidth

WIDTH = 56
NEARLY_FULL = 0.85


class ContextGauge(QWidget):
    """A bar and a percentage; empty if no model is open or the chat is empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        ZoomedWidth(self.bar, self.bar.setFixedWidth, WIDTH)
        self.share_label = label("", "muted", parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.bar)
        row.addWidget(self.share_label)
        self.hide()

    def show_tokens(self, used: int, waiting: int, capacity: int) -> None:
        """Show the chat's tokens, those that the draft's images will add (`waiting`), and the context's size."""
        self.setVisible(bool(capacity and used + waiting))
        if not capacity:
            return
        share = min(1.0, (used + waiting) / capacity)
        short, sentence = context_usage(used, waiting, capacity)
        self.bar.setRange(0, capacity)
        self.bar.setValue(min(used + waiting, capacity))
        self.bar.setAccessibleName(sentence)
        self.share_label.setText(short)
        self.share_label.setObjectName("warning" if share >= NEARLY_FULL else "")
        self.share_label.style().unpolish(self.share_label)
        self.share_label.style().polish(self.share_label)
        self.setToolTip(sentence)
