"""The paged KV cache of one sequence: which blocks hold it."""

import numpy as np
import numpy.typing as npt
import openvino as ov

from app.engine.runtimes.openvino.paged_attention import KEYS, VALUES


class BlockCache:
    """Tensors of blocks for every layer, given to `request` once; `length` tokens of them are in use.

    The memory is asked for as a whole, and taken from the machine only where it is written.
    """

    def __init__(self, compiled: ov.CompiledModel, request: ov.InferRequest, capacity: int) -> None:
        self.capacity = capacity
        self.length = 0
        self._block_size = int(compiled.input(f"{VALUES}0").get_partial_shape()[2].get_length())
        count = -(-capacity // self._block_size)
        self._blocks = np.arange(count, dtype=np.int32)
        for port in compiled.inputs:
            name = port.get_any_name()
            if name.startswith((KEYS, VALUES)):
                shape = [count if size.is_dynamic else size.get_length() for size in port.get_partial_shape()]
                request.set_tensor(name, ov.Tensor(port.get_element_type(), ov.Shape(shape)))

    def blocks(self, length: int) -> npt.NDArray[np.int32]:
        """The blocks that hold the first `length` tokens. Raises ValueError beyond the capacity."""
        if length > self.capacity:
            raise ValueError(f"{length} tokens do not fit into a cache of {self.capacity}")
        return self._blocks[: -(-length // self._block_size)]

    def truncate(self, length: int) -> None:
        """Forget everything behind the first `length` tokens."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot cut a cache of {self.length} tokens to {length}")
        self.length = length
