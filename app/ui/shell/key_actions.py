"""A window's keyboard actions, with their default and custom shortcuts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.ui.widgets.i18n import tr

STORED_NAMES = {
    "Batch processing": "Many images at once",
    "Capture an area of the screen": "Ask about a part of the screen",
    "Capture the same area again": "Ask about the same part of the screen",
    "Full screen": "Image on the whole screen",
    "Zoom in": "Larger",
    "Zoom out": "Smaller",
    "Reset zoom": "Usual size",
}
"""Names under which the settings hold the shortcuts of actions that were renamed."""


@dataclass(frozen=True, slots=True)
class KeyAction:
    """An action by its English name; `keys` are its default shortcuts."""

    name: str
    keys: str
    triggered: SignalInstance | Callable[[], None]


def add_key_actions(window: QWidget, wanted: Iterable[KeyAction]) -> None:
    """Add actions to a window: each one's object name is its name in the settings, its data the default shortcuts."""
    for item in wanted:
        action = QAction(tr(item.name), window)
        action.setObjectName(STORED_NAMES.get(item.name, item.name))
        action.setData(item.keys)
        action.triggered.connect(item.triggered)
        window.addAction(action)
    set_keys(window.actions(), {})


def set_keys(actions: Iterable[QAction], keys: Mapping[str, str]) -> None:
    """Apply custom shortcuts by action name; all others revert to their defaults."""
    for action in actions:
        sequences = [QKeySequence(keys.get(action.objectName(), action.data()))]
        if sequences[0] == QKeySequence("Ctrl++"):
            sequences.append(QKeySequence("Ctrl+="))  # The same key without Shift, on many keyboards.
        action.setShortcuts(sequences)
