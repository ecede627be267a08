"""A key that works in every program, on X11: GrabKey of the X protocol, by libxcb, which Qt needs there anyway.

It has a connection of its own, so that no event or error of it concerns Qt's.
"""

import ctypes
from ctypes import POINTER, c_uint8, c_uint32, c_void_p

from PySide6.QtCore import QKeyCombination, QObject, QSocketNotifier, Qt, Slot

from app.ui.shell.global_key import GlobalKey, GrabResult
from app.ui.widgets import xcb

_KEY_PRESS = 2
_ASYNCHRONOUS = 1
_SHIFT, _LOCK, _CONTROL, _ALT, _NUM_LOCK, _SUPER = 1, 2, 4, 8, 16, 64
_MODIFIERS = {
    Qt.KeyboardModifier.ShiftModifier: _SHIFT,
    Qt.KeyboardModifier.ControlModifier: _CONTROL,
    Qt.KeyboardModifier.AltModifier: _ALT,
    Qt.KeyboardModifier.MetaModifier: _SUPER,
}
_LOCKS = (0, _LOCK, _NUM_LOCK, _LOCK | _NUM_LOCK)
"""Caps Lock and Num Lock are modifiers like others: a key is grabbed with each combination of them."""
_SYMBOLS = {
    Qt.Key.Key_Print: 0xFF61,
    Qt.Key.Key_Pause: 0xFF13,
    Qt.Key.Key_ScrollLock: 0xFF14,
    Qt.Key.Key_Insert: 0xFF63,
    Qt.Key.Key_Home: 0xFF50,
    Qt.Key.Key_End: 0xFF57,
    Qt.Key.Key_PageUp: 0xFF55,
    Qt.Key.Key_PageDown: 0xFF56,
}
"""Key symbols of X11/keysymdef.h; those of F1 to F35 follow one another from 0xFFBE, those of ASCII are its codes."""


class X11Key(GlobalKey):
    """A key grabbed by the X server."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._xcb: ctypes.CDLL | None = None
        self._connection: int | None = None
        self._notifier: QSocketNotifier | None = None

    def _grab(self, shortcut: QKeyCombination) -> GrabResult:
        library, symbols = self._xcb or xcb.load(), _load_symbols()
        self._xcb = library
        if not self._connect(library):
            return GrabResult.IMPOSSIBLE
        code = self._key_code(symbols, _symbol_of(shortcut.key()))
        if not code:
            return GrabResult.UNKNOWN
        held = shortcut.keyboardModifiers()
        modifiers = sum(value for modifier, value in _MODIFIERS.items() if modifier in held)
        root = xcb.root_of(library, self._connection)
        for locks in _LOCKS:
            cookie = library.xcb_grab_key_checked(
                self._connection, 0, root, modifiers | locks, code, _ASYNCHRONOUS, _ASYNCHRONOUS
            )
            if error := library.xcb_request_check(self._connection, cookie):
                xcb.free(error)
                return GrabResult.TAKEN
        return GrabResult.GRABBED

    def release(self) -> None:
        """Let other programs have the key."""
        if self._notifier:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._notifier = None
        if self._xcb and self._connection:
            self._xcb.xcb_disconnect(self._connection)  # The server ends its grabs.
        self._connection = None

    def _connect(self, library: ctypes.CDLL) -> bool:
        self._connection = library.xcb_connect(None, None)
        if library.xcb_connection_has_error(self._connection):
            self.release()
            return False
        descriptor = library.xcb_get_file_descriptor(self._connection)
        self._notifier = QSocketNotifier(descriptor, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_readable)
        return True

    def _key_code(self, library: ctypes.CDLL, symbol: int) -> int:
        """Return the code of the key with this symbol, 0 if there is none."""
        symbols = library.xcb_key_symbols_alloc(self._connection)
        codes = library.xcb_key_symbols_get_keycode(symbols, symbol)
        code = ctypes.cast(codes, POINTER(c_uint8))[0] if codes else 0
        if codes:
            xcb.free(codes)
        library.xcb_key_symbols_free(symbols)
        return code

    @Slot()
    def _on_readable(self) -> None:
        presses = 0
        while self._xcb and self._connection and (event := self._xcb.xcb_poll_for_event(self._connection)):
            presses += ctypes.cast(event, POINTER(c_uint8))[0] & 0x7F == _KEY_PRESS
            xcb.free(event)
        if self._notifier and self._xcb and self._xcb.xcb_connection_has_error(self._connection):
            self._notifier.setEnabled(False)  # The server is gone, and so will be the application.
        for _ in range(presses):
            self.pressed.emit()


def _symbol_of(key: Qt.Key) -> int:
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35:
        return 0xFFBE + key - Qt.Key.Key_F1
    return _SYMBOLS.get(key) or ord(chr(key).lower())


def _load_symbols() -> ctypes.CDLL:
    library = ctypes.CDLL("libxcb-keysyms.so.1")
    library.xcb_key_symbols_alloc.restype = c_void_p
    library.xcb_key_symbols_alloc.argtypes = (c_void_p,)
    library.xcb_key_symbols_get_keycode.restype = c_void_p
    library.xcb_key_symbols_get_keycode.argtypes = (c_void_p, c_uint32)
    library.xcb_key_symbols_free.argtypes = (c_void_p,)
    return library
