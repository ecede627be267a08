"""A lock on an open file for one process at a time, which the system releases however the process ends."""

import contextlib
import os
import sys

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 40
    """Offset of the locked byte: Windows locks bytes against reading, too, so it is far beyond the end of the file."""

    def try_lock(descriptor: int) -> bool:
        """Take the lock and hold it until the file is closed; return False if another process holds it."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            return True
        return False

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Take the lock and hold it until the file is closed; return False if another process holds it."""
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
