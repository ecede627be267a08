"""The KV cache of one sequence, in tensors that grow in steps."""

import torch
from torch import Tensor

from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.memory import token_bytes
from app.engine.runtimes.port import Bytes
from app.engine.runtimes.torch.tensor_bytes import bytes_of, tensor_of

STEP = 1024


class KvCache:
    """One tensor [2, kv_heads, allocated_tokens, head_dim] per layer; the first `length` slots are in use.

    The tensors stay in place between growths, so that writing a token copies nothing else. At most `capacity` tokens
    fit. `length` advances once per pass, when every layer has been written, so that a stopped pass leaves no trace.
    """

    def __init__(self, config: TextConfig, capacity: int, device: torch.device, dtype: torch.dtype) -> None:
        self.capacity = capacity
        self.length = 0
        self.dtype = dtype
        self._shape = (2, config.kv_heads, 0, config.head_dim)
        self._device = device
        self._token_bytes = token_bytes(config, dtype.itemsize)
        self._layers = [self._empty(0) for _ in range(config.layers)]

    def reserve(self, length: int) -> None:
        """Allocate memory for `length` tokens, preserving those in use. Raises ValueError beyond the capacity."""
        if length > self.capacity:
            raise ValueError(f"{length} tokens do not fit into a cache of {self.capacity}")
        if length <= self.allocated_tokens:
            return
        allocated_tokens = min(-(-length // STEP) * STEP, self.capacity)
        for index, layer in enumerate(self._layers):
            grown = self._empty(
                allocated_tokens
            )  # Zeros: masked values are multiplied by zero, so they must be finite.
            grown[:, :, : self.length] = layer[:, :, : self.length]
            self._layers[index] = grown

    def memory_to_hold(self, length: int) -> int:
        """Return the bytes that must still be allocated for `length` tokens."""
        return max(0, length - self.allocated_tokens) * self._token_bytes

    @property
    def allocated_tokens(self) -> int:
        """Number of tokens for which memory is allocated."""
        return self._layers[0].shape[2]

    def layer(self, index: int) -> Tensor:
        """Return a layer's keys and values [2, kv_heads, allocated_tokens, head_dim], to be read and written."""
        return self._layers[index]

    def read(self, start: int, end: int) -> Bytes:
        """Return the keys and values of the tokens from `start` up to `end`, uint8 [N]; raises ValueError."""
        if not 0 <= start <= end <= self.length:
            raise ValueError(f"a cache of {self.length} tokens has none from {start} to {end}")
        return bytes_of(torch.stack([layer[:, :, start:end] for layer in self._layers]))

    def restore(self, start: int, end: int, data: Bytes) -> None:
        """Write the keys and values of these tokens, after which the length is `end`; raises ValueError."""
        if not 0 <= start <= min(end, self.length):
            raise ValueError(f"tokens from {start} to {end} do not continue a cache of {self.length}")
        shape = (len(self._layers), 2, self._shape[1], end - start, self._shape[3])
        parts = tensor_of(data, shape, self.dtype)
        self.reserve(end)
        for layer, part in zip(self._layers, parts, strict=True):
            layer[:, :, start:end] = part.to(self._device)
        self.length = end

    def _empty(self, allocated_tokens: int) -> Tensor:
        shape = (*self._shape[:2], allocated_tokens, self._shape[3])
        return torch.zeros(shape, dtype=self.dtype, device=self._device)
