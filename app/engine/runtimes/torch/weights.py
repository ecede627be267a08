"""Tensors of a checkpoint as torch tensors on the device."""

import torch
from torch import Tensor

from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.arrays import float_array
from app.engine.checkpoints.grouped_weight import GroupedWeight
from app.engine.checkpoints.grouped_weight import dequantized as dequantized_array
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.tensor_files import TensorFiles
from app.engine.runtimes.torch.devices import Device
from app.engine.runtimes.torch.gptq import dequantized, gptq_weight
from app.engine.runtimes.torch.w4a16 import DenseLinear, Linear, W4A16Linear

_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I32": torch.int32}


_RESERVE = 2 * 1024**3
"""GPU memory in bytes that stays free for intermediate results, images and other programs."""


def fits_dequantized(checkpoint: Checkpoint, device: Device, options: LoadOptions) -> bool:
    """Return whether the device has memory for dequantised 4-bit layers beside everything else."""
    if device.free_memory is None or device.operator is None:
        return False
    text = checkpoint.config.text
    stored = sum((entry.end - entry.begin) for entry in checkpoint.tensors.entries.values())
    dense = sum(2 * layer.inputs * layer.outputs for layer in checkpoint.layers.values())
    cached = options.cache_tokens * text.layers * 2 * text.kv_heads * text.head_dim * 2
    return device.free_memory() >= stored + dense + cached + _RESERVE


class Weights:
    """Reads a checked checkpoint to tensors on `device`."""

    def __init__(self, checkpoint: Checkpoint, device: Device, *, keep_dequantized: bool = False) -> None:
        self._checkpoint = checkpoint
        self._tensors = checkpoint.tensors
        self._keep_dequantized = keep_dequantized
        self.device = device

    def tensor(self, name: str) -> Tensor:
        """Return a tensor in the device's dtype, regardless of the dtype in config.json; quantised ones dequantised."""
        is_plain = self._tensors.entries[name].dtype in _DTYPES
        stored = stored_tensor(self._tensors, name) if is_plain else torch.from_numpy(float_array(self._tensors, name))
        return stored.to(self.device.device, self.device.dtype)

    def linear(self, *names: str) -> Linear:
        """Return the linear layers `names`, which share their input, as one layer with concatenated outputs."""
        operator, stored = self.device.operator, self._checkpoint.layers
        grouped = [stored[name].weight() if name in stored else None for name in names]
        packed = [gptq_weight(weight, self.device.device) for weight in grouped if weight is not None]
        int4 = [weight for weight in packed if weight is not None]
        if operator is not None and len(int4) == len(names) and len({weight.group_size for weight in int4}) == 1:
            return W4A16Linear(int4, operator, self.device.dtype, keep_dequantized=self._keep_dequantized)
        parts = [
            self.tensor(f"{name}.weight") if weight is None else self._dense(weight)
            for name, weight in zip(names, grouped, strict=True)
        ]
        return DenseLinear(torch.cat(parts) if len(parts) > 1 else parts[0])

    def _dense(self, weight: GroupedWeight) -> Tensor:
        if (on_device := gptq_weight(weight, self.device.device)) is not None:
            return dequantized(on_device, self.device.dtype)
        return torch.from_numpy(dequantized_array(weight)).to(self.device.device, self.device.dtype)


def stored_tensor(tensors: TensorFiles, name: str) -> Tensor:
    """Return the tensor as stored in the file: its own dtype and shape, in the file's mapped memory."""
    entry = tensors.entries[name]
    return torch.frombuffer(tensors.data(name), dtype=_DTYPES[entry.dtype]).view(entry.shape)
