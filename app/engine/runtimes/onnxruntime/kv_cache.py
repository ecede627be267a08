"""The KV cache of one sequence, in memory that grows in steps and is written in place."""

from collections.abc import Sequence

import numpy as np
import onnxruntime

from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.memory import token_bytes
from app.engine.runtimes.onnxruntime.text_graph import KEYS, VALUES, WRITTEN
from app.engine.runtimes.port import Bytes

STEP = 1024


class KvCache:
    """Keys and values, float32 [1, kv_heads, allocated_tokens, head_dim] each; the first `length` slots are in use.

    At most `capacity` tokens fit. `bindings` bind all of them to inputs and outputs of the graphs of `sessions`.
    """

    def __init__(self, sessions: Sequence[onnxruntime.InferenceSession], config: TextConfig, capacity: int) -> None:
        self.length = 0
        self.bindings = tuple(session.io_binding() for session in sessions)
        self._capacity = capacity
        self.allocated_tokens = 0
        self._token_bytes = token_bytes(config, np.dtype(np.float32).itemsize)
        names = [f"{kind}{index}" for index in range(config.layers) for kind in (KEYS, VALUES)]
        self._arrays = {name: np.zeros((1, config.kv_heads, 0, config.head_dim), np.float32) for name in names}

    def reserve(self, length: int) -> None:
        """Allocate memory for `length` tokens, preserving those in use. Raises ValueError beyond the capacity."""
        if length > self._capacity:
            raise ValueError(f"{length} tokens do not fit into a cache of {self._capacity}")
        if length <= self.allocated_tokens:
            return
        allocated_tokens = min(-(-length // STEP) * STEP, self._capacity)
        for name, array in self._arrays.items():
            _, heads, _, size = array.shape
            grown = np.empty((1, heads, allocated_tokens, size), np.float32)
            grown[:, :, : self.length] = array[:, :, : self.length]
            self._arrays[name] = grown
            value = onnxruntime.OrtValue.ortvalue_from_numpy(grown)
            for binding in self.bindings:
                binding.bind_ortvalue_input(name, value)
                binding.bind_ortvalue_output(f"{WRITTEN}{name}", value)
        self.allocated_tokens = allocated_tokens

    def memory_to_hold(self, length: int) -> int:
        """Return the bytes that must still be allocated for `length` tokens."""
        return max(0, length - self.allocated_tokens) * self._token_bytes

    def truncate(self, length: int) -> None:
        """Drop everything after the first `length` tokens. Raises ValueError if there are fewer."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot cut a cache of {self.length} tokens to {length}")
        self.length = length

    def read(self, start: int, end: int) -> Bytes:
        """Return the keys and values of the tokens from `start` up to `end`, uint8 [N]; raises ValueError."""
        if not 0 <= start <= end <= self.length:
            raise ValueError(f"a cache of {self.length} tokens has none from {start} to {end}")
        return np.concatenate([array[0, :, start:end] for array in self._arrays.values()]).view(np.uint8).reshape(-1)

    def restore(self, start: int, end: int, data: Bytes) -> None:
        """Write the keys and values of these tokens; the length is `end` then. Raises ValueError, MemoryError."""
        if not 0 <= start <= min(end, self.length):
            raise ValueError(f"tokens from {start} to {end} do not continue a cache of {self.length}")
        heads, size = next(iter(self._arrays.values())).shape[1::2]
        parts = data.view(np.float32).reshape(len(self._arrays), heads, end - start, size)
        self.reserve(end)
        for array, part in zip(self._arrays.values(), parts, strict=True):
            array[0, :, start:end] = part
        self.length = end
