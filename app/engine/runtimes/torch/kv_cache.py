"""The keys and values of everything that the model has seen, in tensors that grow in steps."""

import torch
from torch import Tensor

from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.torch.devices import Device

STEP = 1024


class KvCache:
    """For each layer one tensor [2, kv_heads, room, head_dim]; the first `length` places are in use.

    The tensors stay where they are between growths, so that writing a token copies nothing else. At most `capacity`
    tokens fit.
    """

    def __init__(self, config: TextConfig, device: Device, capacity: int) -> None:
        self.capacity = capacity
        self.length = 0
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

    def append(self, layer: int, keys: Tensor, values: Tensor, place: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Write keys and values [kv_heads, T, head_dim] behind `length` and return all of the layer's.

        `length` itself moves once, when every layer has been written, so that a stopped prefill leaves no trace. Where
        the place [1] of a single token is given, the layer's whole room is returned.
        """
        if place is not None:
            whole = self._layers[layer]
            whole[0].index_copy_(1, place, keys)
            whole[1].index_copy_(1, place, values)
            return whole[0], whole[1]
        end = self.length + keys.shape[1]
        store = self._layers[layer]
        store[0, :, self.length : end] = keys
        store[1, :, self.length : end] = values
        return store[0, :, :end], store[1, :, :end]

    def _empty(self, room: int) -> Tensor:
        shape = (*self._shape[:2], room, self._shape[3])
        return torch.zeros(shape, dtype=self._device.dtype, device=self._device.device)
