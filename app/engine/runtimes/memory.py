"""Returns memory to the system when it is not needed for a while, and detects lack of memory."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from app.domain.models.model_fit import looking_bytes
from app.engine.checkpoints.config import TextConfig, VisionConfig

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


def free_memory() -> int:
    """Return the bytes of this machine's memory that are available to programs."""
    return int(psutil.virtual_memory().available)


def machine_memory() -> int:
    """Return the memory of this machine in bytes."""
    return int(psutil.virtual_memory().total)


def token_bytes(config: TextConfig, number_bytes: int) -> int:
    """Return the bytes of one token's keys and values in all layers."""
    return 2 * config.layers * config.kv_heads * config.head_dim * number_bytes


def image_memory(config: VisionConfig, patches: int, number_bytes: int) -> int:
    """Return the bytes that an image of so many patches takes: its pixels, activations and features.

    Activations have `number_bytes` each; pixels and features, which exist twice while they are put together, have 4.
    """
    activations = looking_bytes(patches, config.hidden_size, config.intermediate_size, number_bytes)
    tokens = patches // config.merge_size**2
    features = tokens * config.out_hidden_size * (1 + len(config.deepstack_layers))
    return activations + 4 * (patches * config.patch_values + 2 * features)


def trim() -> None:
    """Make the C library return freed memory to the system; glibc would retain hundreds of megabytes."""
    if sys.platform != "linux":
        return
    trim_heap = getattr(ctypes.CDLL(None), "malloc_trim", None)  # Other C libraries lack it.
    if trim_heap is not None:
        trim_heap(0)
