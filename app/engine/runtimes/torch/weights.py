"""Tensors of a checkpoint as torch tensors on the device."""

import torch
from torch import Tensor

from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.arrays import gptq_arrays
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.tensor_files import TensorFiles
from app.engine.runtimes.torch.devices import Device
from app.engine.runtimes.torch.gptq import GptqWeight, dequantized
from app.engine.runtimes.torch.w4a16 import DenseLinear, Linear, W4A16Linear

_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I32": torch.int32}


_RESERVE = 2 * 1024**3
"""GPU memory in bytes that stays free for intermediate results, images and other programs."""


def fits_dequantized(checkpoint: Checkpoint, device: Device, options: LoadOptions) -> bool:
    """Return whether the device has memory for dequantised 4-bit layers beside everything else."""
    if device.free_memory is None or device.operator is None:
        return False
    entries, text = checkpoint.tensors.entries, checkpoint.config.text
    stored = sum((entry.end - entry.begin) for entry in entries.values())
    # Eight weights are in the four bytes of an int32, and take sixteen dequantised.
    dense = sum(4 * (entry.end - entry.begin) for name, entry in entries.items() if name.endswith(".qweight"))
    cached = options.cache_tokens * text.layers * 2 * text.kv_heads * text.head_dim * 2
    return device.free_memory() >= stored + dense + cached + _RESERVE


class Weights:
    """Reads a checked checkpoint to tensors on `device`."""

    def __init__(self, checkpoint: Checkpoint, device: Device, *, keep_dequantized: bool = False) -> None:
        self._tensors = checkpoint.tensors
        self._keep_dequantized = keep_dequantized
        self.device = device

    def tensor(self, name: str) -> Tensor:
        """Return a 16- or 32-bit tensor in the device's dtype, regardless of the dtype in config.json."""
        return stored_tensor(self._tensors, name).to(self.device.device, self.device.dtype)

    def linear(self, *names: str) -> Linear:
        """Return the linear layers `names`, which share their input, as one layer with concatenated outputs."""
        operator = self.device.operator
        are_packed = [f"{name}.qweight" in self._tensors.entries for name in names]
        if operator is not None and all(are_packed):
            layers = [self._gptq(name) for name in names]
            return W4A16Linear(layers, operator, self.device.dtype, keep_dequantized=self._keep_dequantized)
        parts = [
            dequantized(self._gptq(name), self.device.dtype) if is_packed else self.tensor(f"{name}.weight")
            for name, is_packed in zip(names, are_packed, strict=True)
        ]
        return DenseLinear(torch.cat(parts) if len(parts) > 1 else parts[0])

    def _gptq(self, name: str) -> GptqWeight:
        arrays = gptq_arrays(self._tensors, name)
        qweight, scales = (torch.from_numpy(array).to(self.device.device) for array in (arrays.qweight, arrays.scales))
        return GptqWeight(qweight, scales)


def stored_tensor(tensors: TensorFiles, name: str) -> Tensor:
    """Return the tensor as stored in the file: its own dtype and shape, in the file's mapped memory."""
    entry = tensors.entries[name]
    return torch.frombuffer(tensors.data(name), dtype=_DTYPES[entry.dtype]).view(entry.shape)
