"""The memory of the paged KV cache: blocks of a few tokens, allocated to sequences."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import openvino as ov

from app.engine.runtimes.openvino.paged_attention import KEYS, VALUES


class BlockPool:
    """Blocks for `tokens` tokens in every layer, bound to `request` once.

    The memory is allocated as a whole, by `allocate`; on a CPU only pages that are written take physical memory.
    """

    def __init__(
        self,
        compiled: ov.CompiledModel,
        request: ov.InferRequest,
        tokens: int,
        allocate: Callable[[ov.Type, ov.Shape], ov.Tensor],
    ) -> None:
        self.block_size = int(compiled.input(f"{VALUES}0").get_partial_shape()[2].get_length())
        count = -(-tokens // self.block_size)
        self._free = list(range(count - 1, -1, -1))
        for port in compiled.inputs:
            name = port.get_any_name()
            if name.startswith((KEYS, VALUES)):
                shape = [count if size.is_dynamic else size.get_length() for size in port.get_partial_shape()]
                request.set_tensor(name, allocate(port.get_element_type(), ov.Shape(shape)))

    def allocate_blocks(self, count: int) -> list[int]:
        """Allocate `count` free blocks. Raises MemoryError if there are fewer."""
        if count > len(self._free):
            raise MemoryError(f"{count} blocks of the KV cache are wanted, {len(self._free)} are free")
        return [self._free.pop() for _ in range(count)]

    def free(self, blocks: list[int]) -> None:
        """Return blocks to the pool."""
        self._free.extend(reversed(blocks))


class BlockTable:
    """The blocks of one sequence, with `length` tokens in use; they return to the pool with the object."""

    def __init__(self, pool: BlockPool, capacity: int) -> None:
        self.length = 0
        self._capacity = capacity
        self._pool = pool
        self._blocks: list[int] = []

    def __del__(self) -> None:
        self._pool.free(self._blocks)

    @property
    def allocated_tokens(self) -> int:
        """Number of tokens for which memory is allocated."""
        return len(self._blocks) * self._pool.block_size

    def reserve(self, length: int) -> npt.NDArray[np.int32]:
        """Return the blocks that hold the first `length` tokens, allocating missing ones.

        Raises ValueError beyond the capacity, MemoryError if the pool is exhausted.
        """
        if length > self._capacity:
            raise ValueError(f"{length} tokens do not fit into a cache of {self._capacity}")
        self._blocks += self._pool.allocate_blocks(max(0, self._count(length) - len(self._blocks)))
        return np.array(self._blocks[: self._count(length)], np.int32)

    def truncate(self, length: int) -> None:
        """Drop everything after the first `length` tokens, and free the blocks that are then unused."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot cut a cache of {self.length} tokens to {length}")
        self.length = length
        self._pool.free(self._blocks[self._count(length) :])
        del self._blocks[self._count(length) :]

    def _count(self, length: int) -> int:
        return -(-length // self._pool.block_size)
