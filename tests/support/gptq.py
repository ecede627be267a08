"""4-bit numbers of a checkpoint and of our own order, written out after their descriptions and not after our code."""

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.uint8]


def checkpoint_integers(qweight: npt.NDArray[np.int32]) -> Integers:
    """Those of GPTQ's int32 [K/8, N] as uint8 [N, K]."""
    shifted = [(qweight >> shift) & 15 for shift in range(0, 32, 4)]
    return np.stack(shifted, axis=1).reshape(-1, qweight.shape[1]).T.astype(np.uint8)


def integers_of_pairs(pairs: Integers) -> Integers:
    """Those of bytes, low half first, as uint8 [rows, rest]."""
    return np.stack((pairs & 15, pairs >> 4), axis=-1).reshape(len(pairs), -1)
