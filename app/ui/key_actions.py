"""What can be done in a window by key, with the keys that it has at first and those that the user gave it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.ui.translation import tr


@dataclass(frozen=True, slots=True)
class KeyAction:
    """An action by its English name, which is its name in the settings, too; `keys` are those that it has at first."""

    name: str
    keys: str
    triggered: SignalInstance | Callable[[], None]


def add_key_actions(window: QWidget, wanted: Iterable[KeyAction]) -> None:
    """Give a window these actions: each one's object name is its name, its data the keys that it has at first."""
    for item in wanted:
        action = QAction(tr(item.name), window)
        action.setObjectName(item.name)
        action.setData(item.keys)
        action.triggered.connect(item.triggered)
        window.addAction(action)
    set_keys(window.actions(), {})


def set_keys(actions: Iterable[QAction], keys: Mapping[str, str]) -> None:
    """Give actions other keys, by name; those that are not named get back what they had at first."""
    for action in actions:
        sequences = [QKeySequence(keys.get(action.objectName(), action.data()))]
        if sequences[0] == QKeySequence("Ctrl++"):
            sequences.append(QKeySequence("Ctrl+="))  # The same key without Shift, on many keyboards.
        action.setShortcuts(sequences)
