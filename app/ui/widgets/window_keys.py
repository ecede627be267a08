"""Keys that windows beside the main one have in common."""

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QWidget


def add_close_key(window: QWidget) -> None:
    """Close `window` by Ctrl+W, and by the desktop's own keys for that."""
    keys = [*QKeySequence.keyBindings(QKeySequence.StandardKey.Close), QKeySequence("Ctrl+W")]
    shortcut = QShortcut(window)
    shortcut.setKeys(list(dict.fromkeys(keys)))  # One that is there twice is ambiguous, and does nothing.
    shortcut.activated.connect(window.close)


def add_search_keys(window: QWidget, field: QLineEdit, *keys: QKeySequence | QKeySequence.StandardKey) -> None:
    """Let `keys`, and the one for finding (Ctrl+F), go to `field`, where what is typed next replaces the old words."""

    def go() -> None:
        field.setFocus()
        field.selectAll()

    for key in (QKeySequence.StandardKey.Find, *keys):
        QShortcut(key, window).activated.connect(go)
