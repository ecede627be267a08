"""Finds the largest of many numbers without sorting them."""

import numpy as np
import numpy.typing as npt

from app.engine.runtimes.port import FloatArray

COLUMNS_PER_RESULT = 16
"""Number of columns per requested number, so that few columns hold two of them."""
MIN_COLUMNS = 2048
"""Minimum number of columns, so that a row of them uses a CPU's wide registers."""


def top_k_indices(logits: FloatArray, count: int) -> npt.NDArray[np.intp]:
    """Return indices of at least the `count` largest logits [V], unsorted; a few extra may be returned.

    Those that are minus infinity are not among them, even if fewer are left. The maxima of `count` columns reach the
    threshold, so at least `count` logits do. Partitioning all of them would take ten times as long.
    """
    count = min(count, len(logits))
    depth = max(1, len(logits) // max(COLUMNS_PER_RESULT * count, MIN_COLUMNS))
    columns = len(logits) // depth
    largest = logits[: depth * columns].reshape(depth, columns).max(axis=0)
    return np.flatnonzero(logits >= max(np.partition(largest, -count)[-count], np.finfo(np.float32).min))
