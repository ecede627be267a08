"""Buttons in the application's few roles."""

from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget


class Role(StrEnum):
    """How much a button asks for attention; the style sheet knows these words."""

    PRIMARY = "primary"
    SOFT = "soft"
    PLAIN = "plain"
    LINK = "link"
    ICON = "icon"


def button(label: str, role: Role, name: str = "", parent: QWidget | None = None) -> QPushButton:
    """A button. `name` is said by screen readers and shown as a tooltip where the label is a mere sign."""
    made = QPushButton(label, parent)
    made.setProperty("role", role.value)
    made.setAccessibleName(name or label)
    made.setToolTip(name)
    made.setAutoDefault(False)
    if role is Role.LINK:
        made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made
