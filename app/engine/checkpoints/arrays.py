"""Tensors of a checkpoint as numpy arrays, in the file's mapped memory if numpy has their dtype."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.quantization import SYMMETRIC_ZEROS
from app.engine.checkpoints.tensor_files import TensorFiles

_DTYPES: dict[str, type[np.generic]] = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16, "I32": np.int32}


@dataclass(frozen=True, slots=True)
class GptqArrays:
    """One linear layer of K inputs and N outputs as stored in the file: see `checkpoints.quantization`.

    `qweight` is int32 [K/8, N]; `scales` [K/g, N] are float16, or float32 if the file has another dtype.
    """

    qweight: npt.NDArray[np.int32]
    scales: npt.NDArray[np.floating]

    @property
    def group_size(self) -> int:
        """Number of weights that share one scale, along the inputs."""
        return len(self.qweight) * 8 // len(self.scales)


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


def gptq_arrays(tensors: TensorFiles, name: str) -> GptqArrays:
    """Return the 4-bit linear layer `name`. Raises CheckpointError if it is asymmetric or its columns are reordered."""
    if (stored_array(tensors, f"{name}.qzeros") != SYMMETRIC_ZEROS).any():
        raise CheckpointError(checkpoint_texts.LAYER_ASYMMETRIC, layer=name)
    is_half = tensors.entries[f"{name}.scales"].dtype == "F16"
    scales = (stored_array if is_half else float_array)(tensors, f"{name}.scales")
    arrays = GptqArrays(stored_array(tensors, f"{name}.qweight"), scales)
    if f"{name}.g_idx" in tensors.entries:
        order = stored_array(tensors, f"{name}.g_idx")
        if not np.array_equal(order, np.arange(len(order)) // arrays.group_size):
            raise CheckpointError(checkpoint_texts.LAYER_REORDERED, layer=name)
    return arrays
