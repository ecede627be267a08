"""Returns memory to the system when it is not needed for a while, and detects lack of memory."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_NO_MEMORY = (
    "bad_alloc", "can't alloc", "not allocate", "Failed to allocate", "Exceeded max size", "CL_OUT_OF_",
    "ALLOCATION_FAILURE",
)  # fmt: skip
"""Phrases by which OpenVINO and ONNX Runtime report lack of memory, which only their messages show.

Observed with `ulimit -v`; the last three are OpenCL's.
"""


@contextmanager
def reports_lack_of_memory() -> Iterator[None]:
    """Convert a library's out-of-memory error to MemoryError. OpenVINO's compiled models are unusable afterwards."""
    try:
        yield
    except Exception as error:
        if any(words in str(error) for words in _NO_MEMORY):
            raise MemoryError(str(error)) from error
        raise


def trim() -> None:
    """Make the C library return freed memory to the system; glibc would retain hundreds of megabytes."""
    if sys.platform != "linux":
        return
    trim_heap = getattr(ctypes.CDLL(None), "malloc_trim", None)  # Other C libraries lack it.
    if trim_heap is not None:
        trim_heap(0)
