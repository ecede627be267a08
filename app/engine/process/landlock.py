"""Landlock: permanently restricts what this process may open by name.

An unprivileged process drops its own rights (linux/landlock.h, kernel 5.13 and later); each version of the kernel's
interface adds rights. Files that were opened earlier, or received as descriptors, stay usable.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""Numbers of the system calls, the same on all architectures."""
_VERSION_FLAG, _PATH_BENEATH = 1, 1

EXECUTE, READ_FILE, READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
READ = READ_FILE | READ_FOLDER
_WRITE_FILE, _REMOVE, _MAKE_FOLDER, _MAKE_FILE, _MAKE_LINK = 1 << 1, 3 << 4, 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE, _DEVICE_CONTROL = 1 << 13, 1 << 14, 1 << 15
WRITE = READ | _WRITE_FILE | _REMOVE | _MAKE_FOLDER | _MAKE_FILE | _MAKE_LINK | _REFER | _TRUNCATE
"""All rights except to make devices, pipes and sockets."""
USE_DEVICE = READ | _WRITE_FILE | _DEVICE_CONTROL
_OF_FILES = EXECUTE | READ_FILE | _WRITE_FILE | _TRUNCATE | _DEVICE_CONTROL
"""The rights that apply to anything but folders."""
_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
"""All file rights known from that version on: writing, making, removing, truncating, devices' ioctls."""
_TCP_VERSION, _BIND_AND_CONNECT = 4, 0x3
_SCOPE_VERSION, _ABSTRACT_SOCKETS_AND_SIGNALS = 6, 0x3


def version() -> int:
    """Return the version of the kernel's interface; 0 if it has none."""
    if sys.platform != "linux":
        return 0
    with suppress(OSError):
        return _call(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    return 0


def restrict(rules: Iterable[tuple[Path, int]], *, connects: bool = False) -> None:
    """Refuse everything except `rules`: a path, including what lies beneath it, and the rights to it.

    TCP connections, unless it `connects`, and signals and abstract sockets to outside processes are refused too if the
    kernel supports that. Threads that run already are not restricted. Missing paths are skipped. Raises OSError.
    """
    known = version()
    files = max(rights for since, rights in _RIGHTS.items() if since <= max(known, 1))
    network = _BIND_AND_CONNECT if known >= _TCP_VERSION and not connects else 0
    scope = _ABSTRACT_SOCKETS_AND_SIGNALS if known >= _SCOPE_VERSION else 0
    attributes = struct.pack("=QQQ", files, network, scope)
    size = 24 if scope else 16 if network else 8  # Kernels reject a structure longer than theirs.
    ruleset = _call(_CREATE_RULESET, attributes, size, 0)
    try:
        for path, rights in rules:
            _allow(ruleset, path, rights & files)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Add a rule, unless the path is missing or is, for example, a pipe, for which the kernel accepts no rule."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (OSError, ValueError):  # ValueError: a name with a zero byte.
        return
    try:
        if not os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112 - the opened file
            rights &= _OF_FILES
        with suppress(OSError):
            _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: int | bytes | None) -> int:
    system = ctypes.CDLL(None, use_errno=True)
    passed = [ctypes.c_size_t(argument) if isinstance(argument, int) else argument for argument in arguments]
    outcome = int(system.syscall(ctypes.c_long(number), *passed))
    if outcome < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return outcome
