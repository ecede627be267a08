"""The window that has the keyboard, on X11: _NET_ACTIVE_WINDOW of https://specifications.freedesktop.org/wm."""

import ctypes
from ctypes import POINTER, c_uint32

from PySide6.QtGui import QGuiApplication

from app.ui.widgets import xcb

_NAME = b"_NET_ACTIVE_WINDOW"
_ANY_TYPE, _ONE = 0, 1


def active_window() -> int:
    """Return the id of the window that has the keyboard; 0 if none has it, or the desktop does not tell."""
    if QGuiApplication.platformName() != "xcb":
        return 0
    try:
        library = xcb.load()
    except OSError:
        return 0
    connection = library.xcb_connect(None, None)
    try:
        return 0 if library.xcb_connection_has_error(connection) else _active_window(library, connection)
    finally:
        library.xcb_disconnect(connection)


def _active_window(library: ctypes.CDLL, connection: int) -> int:
    cookie = library.xcb_intern_atom(connection, 1, len(_NAME), _NAME)
    atom = library.xcb_intern_atom_reply(connection, cookie, None)
    if not atom:
        return 0
    root, name = xcb.root_of(library, connection), atom.contents.atom
    xcb.free(ctypes.addressof(atom.contents))
    cookie = library.xcb_get_property(connection, 0, root, name, _ANY_TYPE, 0, _ONE)
    reply = library.xcb_get_property_reply(connection, cookie, None)
    if not reply:
        return 0
    is_there = library.xcb_get_property_value_length(reply) == ctypes.sizeof(c_uint32)
    value = ctypes.cast(library.xcb_get_property_value(reply), POINTER(c_uint32))
    found = int(value[0]) if is_there else 0
    xcb.free(reply)
    return found
