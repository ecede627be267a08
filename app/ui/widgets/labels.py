"""Labels of plain text: a file may be called `<img src=…>`, and invisible characters in it are made visible."""

import html

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.domain.text.visible_text import visible
from app.ui.widgets.i18n import SafeText, safe

MAX_CHARACTERS = 2_000
"""Maximum characters of a label: a server's error may have any length, and Qt lays out labels at every resize."""


class PlainLabel(QLabel):
    """Plain text on one line or several."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def setText(self, text: str) -> None:
        """Show `text`, or its beginning if it is very long."""
        super().setText(_beginning(text))


def label(text: str = "", role: str = "", *, wraps: bool = False, parent: QWidget | None = None) -> QLabel:
    """Make a label in one of the style sheet's roles (muted, hint, title), or in none."""
    made = PlainLabel(parent)
    made.setText(text)
    made.setWordWrap(wraps)
    if role:
        made.setProperty("role", role)
    return made


def tooltip(text: str) -> str:
    """Escape `text` for setToolTip, which would otherwise guess from its first tag whether it is HTML."""
    shown = html.escape(_beginning(text)).replace("\n", "<br>")
    return f"<qt>{shown}</qt>" if text else ""


def one_line(text: str) -> SafeText:
    """Return `text` as shown on a single line."""
    line = " ".join(_cut(text).split())
    return SafeText(line if isinstance(text, SafeText) else visible(line))


def _beginning(text: str) -> SafeText:
    return SafeText(_cut(text)) if isinstance(text, SafeText) else safe(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"


class ElidedLabel(QLabel):
    """One line that ends with an ellipsis if it does not fit; the whole text is its tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show `text`, on one line."""
        line = one_line(text)
        super().setText(line)
        self.setToolTip(tooltip(line))
        self.setAccessibleName(line)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much as fits."""
        painter = QPainter(self)
        area = self.contentsRect()
        shown = QFontMetrics(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(area, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)
