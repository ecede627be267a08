"""Giving memory back to the system once it is not needed for a while."""

import ctypes
import sys


def trim() -> None:
    """Have the C library give back what has been freed; glibc would keep hundreds of megabytes of it."""
    if sys.platform != "linux":
        return
    trim_heap = getattr(ctypes.CDLL(None), "malloc_trim", None)  # Other C libraries have none.
    if trim_heap is not None:
        trim_heap(0)
