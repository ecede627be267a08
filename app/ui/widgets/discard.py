"""Removal of a widget from the window for good."""

from PySide6.QtWidgets import QWidget


def discard(widget: QWidget) -> None:
    """Remove `widget` from its layout now, and delete it once its own signals have been delivered."""
    widget.hide()
    widget.setParent(None)
    widget.deleteLater()
