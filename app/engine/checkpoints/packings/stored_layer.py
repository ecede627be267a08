"""One quantised linear layer in a checkpoint's files; each packing has a class of its own."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.arrays import float_array, stored_array
from app.engine.checkpoints.grouped_weight import Bytes, Floats, GroupedWeight, Order, middle
from app.engine.checkpoints.required_tensors import Expected
from app.engine.checkpoints.tensor_files import TensorFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLayer(ABC):
    """A linear layer of `inputs` K and `outputs` N in `bits` bits, one scale per `group` of inputs.

    With `is_symmetric`, the config says that the zero is in the middle: the file's zeros are only checked.
    """

    tensors: TensorFiles
    name: str
    outputs: int
    inputs: int
    bits: int
    group: int
    is_symmetric: bool

    @abstractmethod
    def expected(self) -> Iterator[Expected]:
        """Yield the tensors that the layer consists of, those that may be absent only if they are there."""

    @abstractmethod
    def integers(self) -> Bytes:
        """Return the integers as `GroupedWeight.integers`, the columns as `order` says."""

    @abstractmethod
    def scales(self) -> Floats:
        """Return the scales [N, K/g]."""

    @abstractmethod
    def stored_zeros(self) -> Bytes | None:
        """Return the zeros in the file [N, K/g], None if it has none."""

    def zeros(self) -> Bytes | None:
        """Return the zeros [N, K/g], None if all are in the middle.

        Raises CheckpointError if they contradict the config.
        """
        zeros = self.stored_zeros()
        if zeros is None or (zeros == middle(self.bits)).all():
            return None
        if self.is_symmetric:
            raise CheckpointError(checkpoint_texts.LAYER_ASYMMETRIC, layer=self.name)
        return zeros

    def offsets(self) -> Floats | None:
        """Return the offsets, float32 [N, K/g], None if all are 0."""
        return None

    def order(self) -> Order | None:
        """Return the input of each column, None if they are in order."""
        return None

    def weight(self) -> GroupedWeight:
        """Return the whole layer."""
        return GroupedWeight(
            name=self.name,
            bits=self.bits,
            integers=self.integers(),
            scales=self.scales(),
            zeros=self.zeros(),
            offsets=self.offsets(),
            order=self.order(),
        )

    def _array(self, suffix: str) -> npt.NDArray[np.generic]:
        return stored_array(self.tensors, f"{self.name}.{suffix}")

    def _floats(self, suffix: str) -> Floats:
        name = f"{self.name}.{suffix}"
        is_half = self.tensors.entries[name].dtype == "F16"
        return (stored_array if is_half else float_array)(self.tensors, name)

    def _has(self, suffix: str) -> bool:
        return f"{self.name}.{suffix}" in self.tensors.entries

    def _order_of_groups(self, suffix: str) -> Order | None:
        """Return the order in which columns with these groups lie together, None if they do in the file.

        Raises CheckpointError unless each group has as many columns as the others.
        """
        if not self._has(suffix):
            return None
        groups = self._array(suffix).astype(np.int64)
        expected = np.arange(self.inputs) // self.group
        if np.array_equal(groups, expected):
            return None
        order = np.argsort(groups, kind="stable")
        if not np.array_equal(groups[order], expected):
            raise CheckpointError(checkpoint_texts.LAYER_REORDERED, layer=self.name)
        return order
