"""Giving memory back to the system once it is not needed for a while, and telling when there is not enough."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_NO_MEMORY = (
    "bad_alloc", "can't alloc", "not allocate", "Failed to allocate", "Exceeded max size", "CL_OUT_OF_",
    "ALLOCATION_FAILURE",
)  # fmt: skip
"""OpenVINO and ONNX Runtime tell it in words alone (seen with `ulimit -v`; the last three are OpenCL's)."""


@contextmanager
def reports_lack_of_memory() -> Iterator[None]:
    """Turn a library's error into MemoryError. What was compiled with OpenVINO is of no more use afterwards."""
    try:
        yield
    except Exception as error:
        if any(words in str(error) for words in _NO_MEMORY):
            raise MemoryError(str(error)) from error
        raise


def trim() -> None:
    """Have the C library give back what has been freed; glibc would keep hundreds of megabytes of it."""
    if sys.platform != "linux":
        return
    trim_heap = getattr(ctypes.CDLL(None), "malloc_trim", None)  # Other C libraries have none.
    if trim_heap is not None:
        trim_heap(0)
