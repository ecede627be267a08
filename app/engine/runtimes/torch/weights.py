"""Tensors of a checkpoint as torch tensors on the device."""

import torch
from torch import Tensor

from app.domain.errors import CheckpointError
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.quantization import SYMMETRIC_ZEROS
from app.engine.checkpoints.tensor_files import TensorFiles
from app.engine.runtimes.torch.devices import Device
from app.engine.runtimes.torch.int4 import GptqWeight, dequantized
from app.engine.runtimes.torch.w4a16 import DenseLinear, Linear, W4A16Linear

_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I32": torch.int32}


class Weights:
    """Reads a checked checkpoint; what comes out lies on `device`."""

    def __init__(self, checkpoint: Checkpoint, device: Device) -> None:
        self._tensors = checkpoint.tensors
        self.device = device

    def tensor(self, name: str) -> Tensor:
        """A 16- or 32-bit tensor in the device's dtype, whatever config.json says of its dtype."""
        return self._raw(name).to(self.device.device, self.device.dtype)

    def linear(self, *names: str) -> Linear:
        """The linear layers `names`, which share their input, as one layer with their outputs side by side."""
        operator = self.device.operator
        are_packed = [f"{name}.qweight" in self._tensors.entries for name in names]
        if operator is not None and all(are_packed):
            return W4A16Linear([self._gptq(name) for name in names], operator, self.device.dtype)
        parts = [
            dequantized(self._gptq(name), self.device.dtype) if is_packed else self.tensor(f"{name}.weight")
            for name, is_packed in zip(names, are_packed, strict=True)
        ]
        return DenseLinear(torch.cat(parts) if len(parts) > 1 else parts[0])

    def _gptq(self, name: str) -> GptqWeight:
        zeros = self._raw(f"{name}.qzeros")
        if bool((zeros != SYMMETRIC_ZEROS).any()):
            raise CheckpointError(
                f"The model's layer {name} is quantised asymmetrically, which is not supported.",
                todo="Choose a folder quantised W4A16, symmetric, with GPTQ packing.",
            )
        weight = GptqWeight(
            self._raw(f"{name}.qweight").to(self.device.device), self._raw(f"{name}.scales").to(self.device.device)
        )
        if f"{name}.g_idx" in self._tensors.entries:
            order = self._raw(f"{name}.g_idx")
            if not torch.equal(order, torch.arange(len(order), dtype=torch.int32) // weight.group_size):
                raise CheckpointError(
                    f"The columns of the model's layer {name} are re-ordered, which is not supported.",
                    todo="Choose a folder quantised without desc_act.",
                )
        return weight

    def _raw(self, name: str) -> Tensor:
        return stored_tensor(self._tensors, name)


def stored_tensor(tensors: TensorFiles, name: str) -> Tensor:
    """The tensor as it lies in the file: its own dtype and shape, in the file's mapped memory."""
    entry = tensors.entries[name]
    return torch.frombuffer(tensors.data(name), dtype=_DTYPES[entry.dtype]).view(entry.shape)
