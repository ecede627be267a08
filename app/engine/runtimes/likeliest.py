"""The largest of many numbers, found without sorting them."""

import numpy as np
import numpy.typing as npt

from app.engine.runtimes.port import FloatArray

COLUMNS_EACH = 16
"""Columns for each number that is wanted: few of them hold two."""
LEAST_COLUMNS = 2048
"""So that a row of them keeps a processor's wide registers busy."""


def likeliest(logits: FloatArray, count: int) -> npt.NDArray[np.intp]:
    """The places of the `count` largest of `logits` [V], and of few more, in no order of theirs.

    The largest of as many columns are above the limit, so at least as many logits are. Partitioning all of them would
    take ten times as long.
    """
    count = min(count, len(logits))
    depth = max(1, len(logits) // max(COLUMNS_EACH * count, LEAST_COLUMNS))
    columns = len(logits) // depth
    largest = logits[: depth * columns].reshape(depth, columns).max(axis=0)
    return np.flatnonzero(logits >= np.partition(largest, -count)[-count])
