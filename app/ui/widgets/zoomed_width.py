"""Keeps a width that only code can set in step with the zoom, which may change while the widget is shown."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from app.ui.widgets.theme import zoomed

_RESTYLED = frozenset({QEvent.Type.Polish, QEvent.Type.StyleChange, QEvent.Type.FontChange})


class ZoomedWidth(QObject):
    """Calls `apply` with `width`, in pixels of the style sheet, at the widget's zoom; never wider than its screen."""

    def __init__(self, widget: QWidget, apply: Callable[[int], object], width: int) -> None:
        super().__init__(widget)
        self._apply = apply
        self._width = width
        self._applied = 0
        widget.installEventFilter(self)
        self._fit(widget)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Apply the width again once the style sheet has changed."""
        if event.type() in _RESTYLED and isinstance(watched, QWidget):
            self._fit(watched)
        return False

    def _fit(self, widget: QWidget) -> None:
        width = min(zoomed(widget, self._width), widget.screen().availableGeometry().width())
        if width != self._applied:
            self._applied = width
            self._apply(width)
