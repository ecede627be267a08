"""Tensors of a checkpoint as numpy arrays, in the file's mapped memory wherever numpy has their type."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.errors import CheckpointError
from app.engine.checkpoints.quantization import SYMMETRIC_ZEROS
from app.engine.checkpoints.tensor_files import TensorFiles

_DTYPES: dict[str, type[np.generic]] = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16, "I32": np.int32}


@dataclass(frozen=True, slots=True)
class GptqArrays:
    """One linear layer of K inputs and N outputs as the file holds it: see `checkpoints.quantization`.

    `qweight` is int32 [K/8, N]; `scales` [K/g, N] are float16, or float32 where the file has another type.
    """

    qweight: npt.NDArray[np.int32]
    scales: npt.NDArray[np.floating]

    @property
    def group_size(self) -> int:
        """Weights that share one scale, along the inputs."""
        return len(self.qweight) * 8 // len(self.scales)


def stored_array(tensors: TensorFiles, name: str) -> npt.NDArray[Any]:
    """The tensor as it lies in the file; bfloat16, which numpy does not have, as the uint16 of its bits."""
    entry = tensors.entries[name]
    return np.frombuffer(tensors.data(name), _DTYPES[entry.dtype]).reshape(entry.shape)


def float_array(tensors: TensorFiles, name: str) -> npt.NDArray[np.float32]:
    """A 16- or 32-bit tensor as float32, which holds all of them exactly."""
    array = stored_array(tensors, name)
    return bf16_as_float(array) if tensors.entries[name].dtype == "BF16" else array.astype(np.float32)


def bf16_as_float(bits: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Numbers whose bfloat16 bits are given: float32 is the same with sixteen zeros behind."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def gptq_arrays(tensors: TensorFiles, name: str) -> GptqArrays:
    """The 4-bit linear layer `name`. Raises CheckpointError where it is asymmetric or its columns are re-ordered."""
    if (stored_array(tensors, f"{name}.qzeros") != SYMMETRIC_ZEROS).any():
        raise CheckpointError(
            f"The model's layer {name} is quantised asymmetrically, which is not supported.",
            todo="Choose a folder quantised W4A16, symmetric, with GPTQ packing.",
        )
    is_half = tensors.entries[f"{name}.scales"].dtype == "F16"
    scales = (stored_array if is_half else float_array)(tensors, f"{name}.scales")
    arrays = GptqArrays(stored_array(tensors, f"{name}.qweight"), scales)
    if f"{name}.g_idx" in tensors.entries:
        order = stored_array(tensors, f"{name}.g_idx")
        if not np.array_equal(order, np.arange(len(order)) // arrays.group_size):
            raise CheckpointError(
                f"The columns of the model's layer {name} are re-ordered, which is not supported.",
                todo="Choose a folder quantised without desc_act.",
            )
    return arrays
