"""A key that works in every program, on Windows: RegisterHotKey of user32.

https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-registerhotkey. Without a window of its own, the press
is a message to the thread, which Qt's event dispatcher shows to native event filters.
"""

import ctypes
from collections.abc import Callable
from ctypes import c_int, c_short, c_uint, c_wchar, wintypes
from typing import cast

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray, QCoreApplication, QKeyCombination, QObject, Qt

from app.ui.shell.global_key import GlobalKey, GrabResult

_WM_HOTKEY = 0x0312
_HOTKEY_ALREADY_REGISTERED = 1409
_NO_REPEAT = 0x4000
_ID = 1
"""Numbers of hot keys count within a thread; the application has this one."""
_MESSAGES = (b"windows_dispatcher_MSG", b"windows_generic_MSG")
"""What Qt calls messages to a thread, and to a window."""
_MODIFIERS = {
    Qt.KeyboardModifier.AltModifier: 1,
    Qt.KeyboardModifier.ControlModifier: 2,
    Qt.KeyboardModifier.ShiftModifier: 4,
    Qt.KeyboardModifier.MetaModifier: 8,
}
_VIRTUAL_KEYS = {
    Qt.Key.Key_Print: 0x2C,
    Qt.Key.Key_Pause: 0x13,
    Qt.Key.Key_ScrollLock: 0x91,
    Qt.Key.Key_Insert: 0x2D,
    Qt.Key.Key_Home: 0x24,
    Qt.Key.Key_End: 0x23,
    Qt.Key.Key_PageUp: 0x21,
    Qt.Key.Key_PageDown: 0x22,
    Qt.Key.Key_Space: 0x20,
}
"""Virtual-key codes; those of F1 to F24 follow one another from 0x70, those of letters and digits are their codes."""


def load_user32() -> ctypes.CDLL:
    """Load the library; raises KeyError where there is no Windows."""
    return cast(ctypes.CDLL, vars(ctypes)["WinDLL"]("user32", use_last_error=True))


class WindowsKey(GlobalKey):
    """A key registered with Windows."""

    def __init__(
        self,
        parent: QObject | None = None,
        load: Callable[[], ctypes.CDLL] = load_user32,
        last_error: Callable[[], int] = lambda: int(getattr(ctypes, "get_last_error", int)()),
    ) -> None:
        super().__init__(parent)
        self._load, self._last_error = load, last_error
        self._user32: ctypes.CDLL | None = None
        self._filter = _HotKeyFilter(self.pressed.emit)
        self._is_registered = False

    def _grab(self, shortcut: QKeyCombination) -> GrabResult:
        user32 = self._user32 = self._user32 or _declared(self._load())
        held = shortcut.keyboardModifiers()
        modifiers = sum(value for modifier, value in _MODIFIERS.items() if modifier in held)
        code = _virtual_key(shortcut.key(), user32)
        if not code:
            return GrabResult.UNKNOWN
        if not user32.RegisterHotKey(None, _ID, modifiers | _NO_REPEAT, code):
            is_taken = self._last_error() == _HOTKEY_ALREADY_REGISTERED
            return GrabResult.TAKEN if is_taken else GrabResult.IMPOSSIBLE
        self._is_registered = True
        if application := QCoreApplication.instance():
            application.installNativeEventFilter(self._filter)
        return GrabResult.GRABBED

    def release(self) -> None:
        """Let other programs have the key."""
        if not (self._user32 and self._is_registered):
            return
        self._is_registered = False
        self._user32.UnregisterHotKey(None, _ID)
        if application := QCoreApplication.instance():
            application.removeNativeEventFilter(self._filter)


class _HotKeyFilter(QAbstractNativeEventFilter):
    """Calls `on_press` for the messages of our hot key."""

    def __init__(self, on_press: Callable[[], None]) -> None:
        super().__init__()
        self._on_press = on_press

    def nativeEventFilter(
        self, event_type: QByteArray | bytes | bytearray | memoryview, message: int
    ) -> tuple[bool, int]:
        if bytes(event_type) not in _MESSAGES:  # type: ignore[arg-type,unused-ignore]
            return False, 0
        received = wintypes.MSG.from_address(int(message))
        if received.message != _WM_HOTKEY or received.wParam != _ID:
            return False, 0
        self._on_press()
        return True, 0


def _declared(user32: ctypes.CDLL) -> ctypes.CDLL:
    user32.RegisterHotKey.argtypes = (wintypes.HWND, c_int, c_uint, c_uint)
    user32.UnregisterHotKey.argtypes = (wintypes.HWND, c_int)
    user32.VkKeyScanW.argtypes = (c_wchar,)
    user32.VkKeyScanW.restype = c_short
    return user32


def _virtual_key(key: Qt.Key, user32: ctypes.CDLL) -> int:
    """Return the key's virtual-key code, 0 if the keyboard has none."""
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F24:
        return 0x70 + key - Qt.Key.Key_F1
    if key in _VIRTUAL_KEYS:
        return _VIRTUAL_KEYS[key]
    if key > Qt.Key.Key_AsciiTilde:
        return 0
    if chr(key).isalnum():
        return int(key)
    found = int(user32.VkKeyScanW(chr(key)))  # The keyboard layout decides; its high byte is Shift and others.
    return 0 if found == -1 else found & 0xFF
