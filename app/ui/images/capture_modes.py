"""What a menu offers besides the capture of an area that is dragged at once."""

from functools import partial

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QMenu

from app.domain.launch_request import CaptureTarget
from app.ui.widgets.i18n import mark, tr

_DELAY = 3
"""Seconds in which a menu can be opened that is to be captured."""
_MODES = (
    (mark("Capture the active window"), CaptureTarget.WINDOW, 0),
    (mark("Capture the whole screen"), CaptureTarget.SCREEN, 0),
    (mark("Capture an area in 3 seconds"), CaptureTarget.AREA, _DELAY),
)


def add_capture_modes(menu: QMenu, triggered: SignalInstance) -> None:
    """Add an entry for each mode, which emits its target and its delay in seconds."""
    for label, target, delay in _MODES:
        menu.addAction(tr(label), partial(triggered.emit, target, delay))
