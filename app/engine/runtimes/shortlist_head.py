"""The shortlist (candidate) LM head: 4-bit logits choose candidates, the checkpoint's own rows rescore them exactly.

A full 16-bit head reads its whole matrix for every token, a third of all that a 2B model reads. A 4-bit copy of it
reads a quarter of that, and its errors are corrected where they matter: the most likely tokens are rescored.
"""

import math

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.arrays import float_rows
from app.engine.checkpoints.grouped_weight import GroupedWeight, middle, nibble_pairs
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.tensor_files import TensorFiles
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes.port import BoolArray, FloatArray
from app.engine.runtimes.top_k import top_k_indices
from app.engine.runtimes.weight_cache import Bytes, WeightCache

GROUP = 32
"""Number of weights with one scale in the 4-bit copy; larger groups miss likely tokens: see decision 0007."""
ZERO = middle(4)
CANDIDATES = 1024
"""Number of tokens of the shortlist, whose logits are exact: the 64 likeliest are among them, see decision 0056."""
STEPS = (-8, 7)
"""What the farthest weight of a group may be in the 4-bit copy; of the two, the one with the smaller error is taken."""
_ROWS = 256
"""Number of rows that are rounded at a time: few enough to stay in the CPU's cache."""
LEAST_SCALE = 1e-8
"""Keeps groups of zeros from dividing by zero."""
_EXACT_ROWS = 64
"""Number of exact rows that are multiplied at a time, for the same reason."""


class ShortlistHead:
    """The rows of an embedding [vocabulary, hidden], which are also the output head's if the two are tied."""

    def __init__(self, tensors: TensorFiles, name: str) -> None:
        self._tensors = tensors
        self._name = name

    def rows(self, ids: npt.NDArray[np.integer]) -> FloatArray:
        """Return rows by token id, float32 [..., hidden]."""
        return float_rows(self._tensors, self._name, ids)

    def packed(self, cache: WeightCache) -> GroupedWeight:
        """Return the head's 4-bit copy."""
        vocabulary, hidden = self._tensors.entries[self._name].shape
        group = math.gcd(GROUP, hidden)
        row_bytes, scale_bytes = hidden // 2, hidden // group * 2

        def rounded() -> Bytes:
            both = np.empty(vocabulary * (row_bytes + scale_bytes), np.uint8)
            pairs, scales = apart(both)
            for start in range(0, vocabulary, _ROWS):
                part = np.s_[start : min(start + _ROWS, vocabulary)]
                pairs[part], scales[part] = rounded_to_int4(self.rows(np.arange(vocabulary)[part]), group)
            return both

        def apart(both: Bytes) -> tuple[Bytes, npt.NDArray[np.float16]]:
            pairs, scales = both[: vocabulary * row_bytes], both[vocabulary * row_bytes :]
            return pairs.reshape(vocabulary, row_bytes), scales.view(np.float16).reshape(vocabulary, -1)

        both = cache.array(f"screening-{group}", (vocabulary * (row_bytes + scale_bytes),), rounded)
        integers, scales = apart(both)
        return GroupedWeight(name="screening", bits=4, integers=integers, scales=scales)

    def rescored(self, hidden: FloatArray, logits: FloatArray, allowed: BoolArray | None = None) -> FloatArray:
        """Return the 4-bit `logits` [n, vocabulary] with the candidates' replaced, in place, by their exact values.

        `hidden` [n, hidden] are the hidden states from which they were computed. If `allowed` [n, vocabulary] is given,
        all other tokens are set to minus infinity first, so that the candidates are allowed ones.
        """
        if allowed is not None:
            logits[~allowed] = -np.inf
        for state, row in zip(hidden, logits, strict=True):
            candidates = top_k_indices(row, CANDIDATES)
            for start in range(0, len(candidates), _EXACT_ROWS):
                part = candidates[start : start + _EXACT_ROWS]
                row[part] = self.rows(part) @ state
        return logits


def embedding_and_head(checkpoint: Checkpoint) -> tuple[ShortlistHead, ShortlistHead]:
    """Return the embedding and the output head; the same object if they are tied."""
    embedding = ShortlistHead(checkpoint.tensors, f"{TEXT}.embed_tokens.weight")
    tied = checkpoint.config.tied_embeddings
    return embedding, embedding if tied else ShortlistHead(checkpoint.tensors, "lm_head.weight")


def rounded_to_int4(rows: FloatArray, group: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """Round rows [n, K] to nearest, to 4-bit pairs [n, K/2], low half first, and scales [n, K/group].

    Scales may be negative, so that the farthest weight of a group becomes -8 whatever its sign.
    """
    groups = rows.reshape(len(rows), -1, group)
    farthest = np.take_along_axis(groups, np.abs(groups).argmax(axis=2, keepdims=True), axis=2)
    (numbers, scales, errors), (others, other_scales, other_errors) = (
        _rounded(groups, farthest / np.float32(n)) for n in STEPS
    )
    is_better = other_errors < errors
    np.copyto(numbers, others, where=is_better)
    np.copyto(scales, other_scales, where=is_better)
    return nibble_pairs((numbers + ZERO).astype(np.uint8).reshape(len(rows), -1)), scales[:, :, 0]


def _rounded(groups: FloatArray, steps: FloatArray) -> tuple[FloatArray, npt.NDArray[np.float16], FloatArray]:
    """Return the numbers -8 to 7 of groups [n, m, group], their scales [n, m, 1], and their squared errors [n, m, 1].

    `steps` [n, m, 1] become the scales; groups of zeros have the number 0.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # Rows of a damaged file show in the exact logits.
        scales = steps.astype(np.float16)
        factors = scales.astype(np.float32)
        numbers = np.rint(groups / np.where(np.abs(factors) < LEAST_SCALE, LEAST_SCALE, factors)).clip(-ZERO, ZERO - 1)
        rest = numbers * factors - groups
        errors = np.einsum("nmg,nmg->nm", rest, rest)[:, :, None]
    return numbers, scales, errors
