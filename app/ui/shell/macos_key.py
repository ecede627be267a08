"""A key that works in every program, on macOS: RegisterEventHotKey of Carbon.

The framework is deprecated but for this, which has no successor that needs no permission to watch all typing. Names,
numbers and types are those of its headers CarbonEvents.h, CarbonEventsCore.h and Events.h.
"""

import ctypes
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, byref, c_int32, c_uint32, c_ulong, c_void_p

from PySide6.QtCore import QKeyCombination, QObject, Qt

from app.ui.shell.global_key import GlobalKey, GrabResult

_CARBON = "/System/Library/Frameworks/Carbon.framework/Carbon"
_KEYBOARD_CLASS = int.from_bytes(b"keyb", "big")
_SIGNATURE = int.from_bytes(b"Lrgn", "big")
_HOT_KEY_PRESSED = 5
_HOT_KEY_EXISTS = -9878
_MODIFIERS = {
    Qt.KeyboardModifier.ControlModifier: 0x100,  # Qt's Control is the command key there, its Meta is control.
    Qt.KeyboardModifier.ShiftModifier: 0x200,
    Qt.KeyboardModifier.AltModifier: 0x800,
    Qt.KeyboardModifier.MetaModifier: 0x1000,
}
_POSITIONS = {
    "A": 0x00, "S": 0x01, "D": 0x02, "F": 0x03, "H": 0x04, "G": 0x05, "Z": 0x06, "X": 0x07, "C": 0x08, "V": 0x09,
    "B": 0x0B, "Q": 0x0C, "W": 0x0D, "E": 0x0E, "R": 0x0F, "Y": 0x10, "T": 0x11, "1": 0x12, "2": 0x13, "3": 0x14,
    "4": 0x15, "6": 0x16, "5": 0x17, "=": 0x18, "9": 0x19, "7": 0x1A, "-": 0x1B, "8": 0x1C, "0": 0x1D, "]": 0x1E,
    "O": 0x1F, "U": 0x20, "[": 0x21, "I": 0x22, "P": 0x23, "L": 0x25, "J": 0x26, "'": 0x27, "K": 0x28, ";": 0x29,
    "\\": 0x2A, ",": 0x2B, "/": 0x2C, "N": 0x2D, "M": 0x2E, ".": 0x2F, "`": 0x32, " ": 0x31,
}  # fmt: skip
"""Key codes by what the key types with the American layout (kVK_ANSI_…); other layouts have letters elsewhere."""
_FUNCTION_KEYS = (
    0x7A, 0x78, 0x63, 0x76, 0x60, 0x61, 0x62, 0x64, 0x65, 0x6D,
    0x67, 0x6F, 0x69, 0x6B, 0x71, 0x6A, 0x40, 0x4F, 0x50, 0x5A,
)  # fmt: skip
"""Key codes of F1 to F20 (kVK_F1 …)."""
_OTHERS = {Qt.Key.Key_Home: 0x73, Qt.Key.Key_End: 0x77, Qt.Key.Key_PageUp: 0x74, Qt.Key.Key_PageDown: 0x79}


class EventTypeSpec(ctypes.Structure):
    """A class and a kind of events."""

    _fields_ = (("event_class", c_uint32), ("kind", c_uint32))


class EventHotKeyID(ctypes.Structure):
    """The name of a hot key."""

    _fields_ = (("signature", c_uint32), ("id", c_uint32))


EventHandler = CFUNCTYPE(c_int32, c_void_p, c_void_p, c_void_p)
"""A handler of events: the next handler, the event and user data to a status, 0 if it was handled."""


def load_carbon() -> ctypes.CDLL:
    """Load the framework; raises OSError where there is none."""
    return ctypes.CDLL(_CARBON)


class MacosKey(GlobalKey):
    """A key registered with macOS."""

    def __init__(self, parent: QObject | None = None, load: Callable[[], ctypes.CDLL] = load_carbon) -> None:
        super().__init__(parent)
        self._load = load
        self._carbon: ctypes.CDLL | None = None
        self._handler = EventHandler(self._on_event)  # Carbon keeps its address as long as the application runs.
        self._hot_key = c_void_p()

    def _grab(self, shortcut: QKeyCombination) -> GrabResult:
        code = _key_code(shortcut.key())
        if code is None:
            return GrabResult.UNKNOWN
        carbon = self._carbon or self._installed()
        if carbon is None:
            return GrabResult.IMPOSSIBLE
        held = shortcut.keyboardModifiers()
        modifiers = sum(value for modifier, value in _MODIFIERS.items() if modifier in held)
        target = carbon.GetApplicationEventTarget()
        name = EventHotKeyID(_SIGNATURE, 1)
        status = carbon.RegisterEventHotKey(code, modifiers, name, target, 0, byref(self._hot_key))
        if status:
            self._hot_key = c_void_p()
            return GrabResult.TAKEN if status == _HOT_KEY_EXISTS else GrabResult.IMPOSSIBLE
        return GrabResult.GRABBED

    def release(self) -> None:
        """Let other programs have the key."""
        if self._carbon and self._hot_key.value:
            self._carbon.UnregisterEventHotKey(self._hot_key)
            self._hot_key = c_void_p()

    def _installed(self) -> ctypes.CDLL | None:
        """Have hot keys handled, once for all; return the framework, or None where it does not."""
        carbon = _declared(self._load())
        wanted = EventTypeSpec(_KEYBOARD_CLASS, _HOT_KEY_PRESSED)
        target = carbon.GetApplicationEventTarget()
        if carbon.InstallEventHandler(target, self._handler, 1, byref(wanted), None, None):
            return None
        self._carbon = carbon
        return carbon

    def _on_event(self, _next: int | None, _event: int | None, _data: int | None) -> int:
        self.pressed.emit()  # The application registers no other hot key.
        return 0


def _declared(carbon: ctypes.CDLL) -> ctypes.CDLL:
    carbon.GetApplicationEventTarget.argtypes = ()
    carbon.GetApplicationEventTarget.restype = c_void_p
    carbon.InstallEventHandler.argtypes = (
        c_void_p, EventHandler, c_ulong, POINTER(EventTypeSpec), c_void_p, c_void_p,
    )  # fmt: skip
    carbon.InstallEventHandler.restype = c_int32
    carbon.RegisterEventHotKey.argtypes = (
        c_uint32, c_uint32, EventHotKeyID, c_void_p, c_uint32, POINTER(c_void_p),
    )  # fmt: skip
    carbon.RegisterEventHotKey.restype = c_int32
    carbon.UnregisterEventHotKey.argtypes = (c_void_p,)
    carbon.UnregisterEventHotKey.restype = c_int32
    return carbon


def _key_code(key: Qt.Key) -> int | None:
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F20:
        return _FUNCTION_KEYS[key - Qt.Key.Key_F1]
    if key in _OTHERS:
        return _OTHERS[key]
    return _POSITIONS.get(chr(key)) if key <= Qt.Key.Key_AsciiTilde else None
