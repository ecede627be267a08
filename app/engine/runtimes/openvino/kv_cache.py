"""The memory of the paged KV cache: blocks of a few tokens, allocated to sequences."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import openvino as ov

from app.engine.runtimes.openvino.paged_attention import KEYS, VALUES
from app.engine.runtimes.port import Bytes


class BlockPool:
    """Blocks for `tokens` tokens in every layer, bound to `request` once.

    The memory is allocated as a whole, by `allocate`; if that `is_lazy`, as on a CPU, a block takes physical memory
    when it is first written, and keeps it.
    """

    def __init__(
        self,
        compiled: ov.CompiledModel,
        request: ov.InferRequest,
        tokens: int,
        allocate: Callable[[ov.Type, ov.Shape], ov.Tensor],
        *,
        is_lazy: bool,
    ) -> None:
        self.block_size = int(compiled.input(f"{VALUES}0").get_partial_shape()[2].get_length())
        count = -(-tokens // self.block_size)
        self._free = list(range(count - 1, -1, -1))
        self._count, self._written = count, 0 if is_lazy else count
        self._block_bytes = 0
        self._tensors: list[ov.Tensor] = []
        for port in compiled.inputs:
            name = port.get_any_name()
            if name.startswith((KEYS, VALUES)):
                shape = [count if size.is_dynamic else size.get_length() for size in port.get_partial_shape()]
                tensor = allocate(port.get_element_type(), ov.Shape(shape))
                self._block_bytes += tensor.get_byte_size() // count
                self._tensors.append(tensor)
                request.set_tensor(name, tensor)

    def allocate_blocks(self, count: int) -> list[int]:
        """Allocate `count` free blocks. Raises MemoryError if there are fewer."""
        if count > len(self._free):
            raise MemoryError(f"{count} blocks of the KV cache are wanted, {len(self._free)} are free")
        blocks = [self._free.pop() for _ in range(count)]
        self._written = max(self._written, self._count - len(self._free))
        return blocks

    def memory_to_allocate(self, count: int) -> int:
        """Return the bytes of memory that `count` more blocks take; those that were in use before take none."""
        in_use = self._count - len(self._free)
        return max(0, in_use + count - self._written) * self._block_bytes

    def read(self, blocks: npt.NDArray[np.int32], start: int, count: int) -> Bytes:
        """Return keys and values of `count` tokens, of which the first is number `start` in `blocks`; uint8 [N]."""
        return np.concatenate([_tokens(array[blocks])[:, start : start + count] for array in self._arrays]).reshape(-1)

    def write(self, blocks: npt.NDArray[np.int32], start: int, count: int, data: Bytes) -> None:
        """Write what `read` returned. Raises ValueError if it has another size."""
        heads, _, row = self._arrays[0].shape[1:]
        for array, part in zip(self._arrays, data.reshape(len(self._arrays), heads, count, row), strict=True):
            tokens = _tokens(array[blocks])
            tokens[:, start : start + count] = part
            array[blocks] = tokens.reshape(heads, len(blocks), self.block_size, row).swapaxes(0, 1)

    @property
    def _arrays(self) -> list[Bytes]:
        """Keys and values of each layer, uint8 [blocks, kv_heads, block_size, bytes of a token]."""
        return [_bytes_of(tensor) for tensor in self._tensors]

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

    def memory_to_hold(self, length: int) -> int:
        """Return the bytes of memory that the blocks for `length` tokens still take."""
        return self._pool.memory_to_allocate(max(0, self._count(length) - len(self._blocks)))

    def truncate(self, length: int) -> None:
        """Drop everything after the first `length` tokens, and free the blocks that are then unused."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot cut a cache of {self.length} tokens to {length}")
        self.length = length
        self._pool.free(self._blocks[self._count(length) :])
        del self._blocks[self._count(length) :]

    def read(self, start: int, end: int) -> Bytes:
        """Return the keys and values of the tokens from `start` up to `end`, uint8 [N]; raises ValueError."""
        if not 0 <= start <= end <= self.length:
            raise ValueError(f"a cache of {self.length} tokens has none from {start} to {end}")
        blocks, first = self._blocks_of(start, end)
        return self._pool.read(blocks, first, end - start)

    def restore(self, start: int, end: int, data: Bytes) -> None:
        """Write the keys and values of these tokens; the length is `end` then. Raises ValueError, MemoryError."""
        if not 0 <= start <= min(end, self.length):
            raise ValueError(f"tokens from {start} to {end} do not continue a cache of {self.length}")
        self.reserve(end)
        blocks, first = self._blocks_of(start, end)
        self._pool.write(blocks, first, end - start, data)
        self.length = end

    def _blocks_of(self, start: int, end: int) -> tuple[npt.NDArray[np.int32], int]:
        """Return the blocks with these tokens, and the first one's place in them."""
        begin = start // self._pool.block_size
        return np.array(self._blocks[begin : self._count(end)], np.int32), start - begin * self._pool.block_size

    def _count(self, length: int) -> int:
        return -(-length // self._pool.block_size)


def _bytes_of(tensor: ov.Tensor) -> Bytes:
    """Return a view of a tensor in this machine's memory, with one more byte axis: the last."""
    array = np.asarray(tensor.data)
    return array.view(np.uint8).reshape(*array.shape[:-1], -1)


def _tokens(blocks: Bytes) -> Bytes:
    """[blocks, kv_heads, block_size, bytes] -> [kv_heads, tokens, bytes], a copy."""
    count, heads, size, row = blocks.shape
    return blocks.swapaxes(0, 1).reshape(heads, count * size, row)
