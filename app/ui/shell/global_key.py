"""A key that works in every program: the base of the platforms' own ways, and which keys can be one."""

from enum import Enum, auto

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence


class GrabResult(Enum):
    """What became of a key."""

    GRABBED = auto()
    TAKEN = auto()
    """Another program has it."""
    UNKNOWN = auto()
    """It is no key of the keyboard, or a letter without Ctrl, Alt or Meta, which could not be typed any more."""
    IMPOSSIBLE = auto()
    """The window system gives no keys."""


class GlobalKey(QObject):
    """`pressed` is emitted for every press of the key, whichever program has the keyboard."""

    pressed = Signal()

    def grab(self, keys: str) -> GrabResult:
        """Grab a key such as "Ctrl+Alt+T" (QKeySequence's portable text) in place of the one before; none if empty."""
        self.release()
        if not keys:
            return GrabResult.GRABBED
        shortcut = global_shortcut(keys)
        if shortcut is None:
            return GrabResult.UNKNOWN
        try:
            result = self._grab(shortcut)
        except (OSError, AttributeError, KeyError):  # A library that is missing, or lacks a function.
            result = GrabResult.IMPOSSIBLE
        if result is not GrabResult.GRABBED:
            self.release()
        return result

    def release(self) -> None:
        """Let other programs have the key."""
        raise NotImplementedError

    def _grab(self, shortcut: QKeyCombination) -> GrabResult:
        raise NotImplementedError


def global_shortcut(keys: str) -> QKeyCombination | None:
    """Return the key and modifiers of a shortcut, or None if it cannot be a key of all programs."""
    sequence = QKeySequence.fromString(keys, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1:
        return None
    shortcut: QKeyCombination = sequence[0]  # type: ignore[index]  # PySide has it, its stub does not.
    key, held = shortcut.key(), shortcut.keyboardModifiers()
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35 or key in _UNTYPED:
        return shortcut
    is_held = bool(held & ~Qt.KeyboardModifier.ShiftModifier)
    return shortcut if Qt.Key.Key_Space <= key <= Qt.Key.Key_AsciiTilde and is_held else None


_UNTYPED = frozenset(
    {
        Qt.Key.Key_Print,
        Qt.Key.Key_Pause,
        Qt.Key.Key_ScrollLock,
        Qt.Key.Key_Insert,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
    }
)
"""Keys besides F1 to F35 that type nothing, so that they need no modifier."""
