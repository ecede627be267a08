"""A checkpoint's quantised layers as graphs take them: joined where they share an input, kept in the weight cache."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.grouped_weight import GroupedWeight, middle
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.packings.stored_layer import StoredLayer
from app.engine.runtimes.weight_cache import WeightCache


def packed_weights(checkpoint: Checkpoint, cache: WeightCache, names: Sequence[str]) -> list[GroupedWeight | str]:
    """Return the linear layers `names`, which share their input, as few weights as possible, in their order.

    They are joined into one if all are quantised alike; a 16-bit layer is returned as its name. Raises CheckpointError
    if a layer's zeros or order contradict the config.
    """
    layers = [checkpoint.layers.get(name) for name in names]
    quantized = [layer for layer in layers if layer is not None]
    if len(quantized) == len(names) and _are_alike(quantized):
        return [_packed(cache, "+".join(names), quantized)]
    return [name if layer is None else _packed(cache, name, [layer]) for name, layer in zip(names, layers, strict=True)]


def _are_alike(layers: Sequence[StoredLayer]) -> bool:
    """Return whether the layers have the same bits, groups and order of columns."""
    first, *others = layers
    order = first.order()
    return all(
        (layer.bits, layer.group) == (first.bits, first.group) and _is_same(layer.order(), order) for layer in others
    )


def _is_same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


def _packed(cache: WeightCache, name: str, layers: Sequence[StoredLayer]) -> GroupedWeight:
    first = layers[0]
    shape = (sum(layer.outputs for layer in layers), first.inputs * first.bits // 8)
    integers = cache.array(name, shape, lambda: np.concatenate([layer.integers() for layer in layers]))
    scales = np.concatenate([layer.scales() for layer in layers])
    shapes = [(layer.outputs, scales.shape[1]) for layer in layers]
    return GroupedWeight(
        name=name,
        bits=first.bits,
        integers=integers,
        scales=scales,
        zeros=_joined([layer.zeros() for layer in layers], shapes, np.uint8(middle(first.bits))),
        offsets=_joined([layer.offsets() for layer in layers], shapes, np.float32(0)),
        order=first.order(),
    )


def _joined(
    arrays: Sequence[npt.NDArray[Any] | None], shapes: Sequence[tuple[int, int]], absent: np.generic
) -> npt.NDArray[Any] | None:
    """Return the arrays below each other, `absent` standing for those that are None; None if all are."""
    if all(array is None for array in arrays):
        return None
    filled = [np.full(shape, absent) if array is None else array for array, shape in zip(arrays, shapes, strict=True)]
    return np.concatenate(filled)
