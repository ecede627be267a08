"""Tensors as bytes, exactly: NumPy has no bfloat16."""

from collections.abc import Sequence

import torch
from torch import Tensor

from app.engine.runtimes.port import Bytes


def bytes_of(tensor: Tensor) -> Bytes:
    """Return the numbers of a tensor, uint8 [N]."""
    array: Bytes = tensor.contiguous().reshape(-1).view(torch.uint8).cpu().numpy()
    return array


def tensor_of(data: Bytes, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """Return the tensor of this shape, on the CPU, whose `bytes_of` are `data`. Raises ValueError for another size."""
    wanted = torch.Size(shape).numel() * dtype.itemsize
    if data.size != wanted:
        raise ValueError(f"{data.size} bytes are no tensor of {wanted}")
    return torch.from_numpy(data.copy()).view(dtype).reshape(*shape)
