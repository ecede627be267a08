"""Calls of the X protocol by libxcb, which Qt needs on X11 anyway."""

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p


class Cookie(ctypes.Structure):
    """The number of a request (xcb_void_cookie_t and its like)."""

    _fields_ = (("sequence", ctypes.c_uint),)


class AtomReply(ctypes.Structure):
    """The answer to InternAtom (xcb_intern_atom_reply_t)."""

    _fields_ = (
        ("response_type", c_uint8),
        ("pad", c_uint8),
        ("sequence", c_uint16),
        ("length", c_uint32),
        ("atom", c_uint32),
    )


class _Screens(ctypes.Structure):
    _fields_ = (("root", POINTER(c_uint32)), ("rem", c_int), ("index", c_int))


def load() -> ctypes.CDLL:
    """Load the library; raises OSError where there is none."""
    library = ctypes.CDLL("libxcb.so.1")
    library.xcb_connect.restype = c_void_p
    library.xcb_connect.argtypes = (c_char_p, POINTER(c_int))
    library.xcb_connection_has_error.argtypes = (c_void_p,)
    library.xcb_get_file_descriptor.argtypes = (c_void_p,)
    library.xcb_disconnect.argtypes = (c_void_p,)
    library.xcb_get_setup.restype = c_void_p
    library.xcb_get_setup.argtypes = (c_void_p,)
    library.xcb_setup_roots_iterator.restype = _Screens
    library.xcb_setup_roots_iterator.argtypes = (c_void_p,)
    library.xcb_grab_key_checked.restype = Cookie
    library.xcb_grab_key_checked.argtypes = (c_void_p, c_uint8, c_uint32, c_uint16, c_uint8, c_uint8, c_uint8)
    library.xcb_request_check.restype = c_void_p
    library.xcb_request_check.argtypes = (c_void_p, Cookie)
    library.xcb_poll_for_event.restype = c_void_p
    library.xcb_poll_for_event.argtypes = (c_void_p,)
    library.xcb_intern_atom.restype = Cookie
    library.xcb_intern_atom.argtypes = (c_void_p, c_uint8, c_uint16, c_char_p)
    library.xcb_intern_atom_reply.restype = POINTER(AtomReply)
    library.xcb_intern_atom_reply.argtypes = (c_void_p, Cookie, c_void_p)
    library.xcb_get_property.restype = Cookie
    library.xcb_get_property.argtypes = (c_void_p, c_uint8, c_uint32, c_uint32, c_uint32, c_uint32, c_uint32)
    library.xcb_get_property_reply.restype = c_void_p
    library.xcb_get_property_reply.argtypes = (c_void_p, Cookie, c_void_p)
    library.xcb_get_property_value.restype = c_void_p
    library.xcb_get_property_value.argtypes = (c_void_p,)
    library.xcb_get_property_value_length.argtypes = (c_void_p,)
    return library


def root_of(library: ctypes.CDLL, connection: int | None) -> int:
    """Return the root window of the first screen of an open connection."""
    screens: _Screens = library.xcb_setup_roots_iterator(library.xcb_get_setup(connection))
    return int(screens.root[0])


def free(pointer: int) -> None:
    """Free what the library has allocated."""
    release = ctypes.CDLL(None).free
    release.argtypes = (c_void_p,)
    release(pointer)
