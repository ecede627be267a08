"""The keys and values of everything that the model has seen, in tensors that grow in steps."""

import torch
from torch import Tensor

from app.engine.checkpoints.config import TextConfig

STEP = 1024


class KvCache:
    """For each layer one tensor [2, kv_heads, room, head_dim]; the first `length` places are in use.

    The tensors stay where they are between growths, so that writing a token copies nothing else. At most `capacity`
    tokens fit. `length` moves once in a pass, when every layer has been written, so that a stopped one leaves no trace.
    """

    def __init__(self, config: TextConfig, capacity: int, device: torch.device, dtype: torch.dtype) -> None:
        self.capacity = capacity
        self.length = 0
        self.dtype = dtype
        self._shape = (2, config.kv_heads, 0, config.head_dim)
        self._device = device
        self._layers = [self._empty(0) for _ in range(config.layers)]

    def reserve(self, length: int) -> None:
        """Make room for `length` tokens, keeping those in use. Raises ValueError beyond the capacity."""
        if length > self.capacity:
            raise ValueError(f"{length} tokens do not fit into a cache of {self.capacity}")
        if length <= self.room:
            return
        room = min(-(-length // STEP) * STEP, self.capacity)
        for index, layer in enumerate(self._layers):
            grown = self._empty(room)  # Zeros: what is masked is multiplied by nothing, and must be a number.
            grown[:, :, : self.length] = layer[:, :, : self.length]
            self._layers[index] = grown

    @property
    def room(self) -> int:
        """Tokens for which there is memory."""
        return self._layers[0].shape[2]

    def layer(self, index: int) -> Tensor:
        """A layer's keys and values [2, kv_heads, room, head_dim], to be read and written."""
        return self._layers[index]

    def _empty(self, room: int) -> Tensor:
        shape = (*self._shape[:2], room, self._shape[3])
        return torch.zeros(shape, dtype=self.dtype, device=self._device)
