"""One process at a time: a lock on an open file, which the system takes away when the process ends, however it does."""

import contextlib
import os
import sys

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 40
    """Windows locks bytes against reading, too: ones far behind the end disturb nobody."""

    def try_lock(descriptor: int) -> bool:
        """Whether the lock was free, and is now held until the file is closed."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            return True
        return False

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Whether the lock was free, and is now held until the file is closed."""
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
