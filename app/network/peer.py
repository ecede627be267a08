"""The user at the other end of a local socket, as reported by the operating system."""

import os
import socket
import struct
import sys

_LINUX_CREDENTIALS = struct.Struct("3i")
"""The layout of struct ucred: process, user, group (unix(7), SO_PEERCRED)."""
_BSD_CREDENTIALS = struct.Struct("@2I")
"""The layout of the beginning of struct xucred: version, user (unix(4) of macOS and the BSDs, LOCAL_PEERCRED)."""
_BSD_CREDENTIALS_BYTES = 80
_SOL_LOCAL, _LOCAL_PEERCRED = 0, 1


def is_of_this_user(descriptor: int) -> bool:
    """Return whether the process at the other end runs as the same user.

    Always True on Windows, where the pipe itself admits only this user. False if the system does not report the user.
    """
    if sys.platform == "win32":
        return True
    try:
        connection = socket.socket(fileno=descriptor)
    except OSError:
        return False
    try:
        return _user(connection) == os.geteuid()
    except OSError:
        return False
    finally:
        connection.detach()  # The caller still owns the descriptor.


def _user(connection: socket.socket) -> int:
    """Return the user id of the peer; raises OSError."""
    if sys.platform == "linux":
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _LINUX_CREDENTIALS.size)
    else:
        raw = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _BSD_CREDENTIALS_BYTES)
    credentials = _LINUX_CREDENTIALS if sys.platform == "linux" else _BSD_CREDENTIALS
    if len(raw) < credentials.size:
        raise OSError("the system does not say who it is")
    return int(credentials.unpack_from(raw)[1])
