"""Tensors of a checkpoint as numpy arrays, in the file's mapped memory if numpy has their dtype."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.tensor_files import TensorFiles

_DTYPES: dict[str, type[np.generic]] = {
    "F32": np.float32,
    "F16": np.float16,
    "BF16": np.uint16,
    "I32": np.int32,
    "I64": np.int64,
}


def stored_array(tensors: TensorFiles, name: str) -> npt.NDArray[Any]:
    """Return the tensor as stored in the file; bfloat16, which numpy lacks, as uint16 with the same bits."""
    entry = tensors.entries[name]
    return np.frombuffer(tensors.data(name), _DTYPES[entry.dtype]).reshape(entry.shape)


def float_array(tensors: TensorFiles, name: str) -> npt.NDArray[np.float32]:
    """Return a 16- or 32-bit tensor as float32, which represents all of them exactly."""
    array = stored_array(tensors, name)
    return bf16_as_float(array) if tensors.entries[name].dtype == "BF16" else array.astype(np.float32)


def bf16_as_float(bits: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Convert bfloat16 bits to float32, which has the same bits followed by sixteen zeros."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
