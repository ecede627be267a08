"""Buttons in the application's roles."""

from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.widgets.i18n import safe
from app.ui.widgets.labels import tooltip


class Role(StrEnum):
    """A button's prominence; the style sheet uses these values."""

    PRIMARY = "primary"
    SOFT = "soft"
    PLAIN = "plain"
    LINK = "link"
    ICON = "icon"


def button(label: str, role: Role, name: str = "", parent: QWidget | None = None) -> QPushButton:
    """Make a button. `name`, for a label that is a mere symbol, is read by screen readers and shown as a tooltip."""
    made = QPushButton(safe(label), parent)
    made.setProperty("role", role.value)
    made.setAccessibleName(safe(name or label))
    made.setToolTip(tooltip(name))
    made.setAutoDefault(False)
    if role is Role.LINK:
        made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made
