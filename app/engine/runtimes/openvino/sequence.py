"""One conversation in the paged cache, and the graph that appends to it."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import openvino as ov

from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import ModelConfig
from app.engine.runtimes.openvino.block_pool import BlockTable
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.features import OpenVinoFeatures
from app.engine.runtimes.openvino.inference import output, run
from app.engine.runtimes.openvino.paged_attention import paged_values
from app.engine.runtimes.openvino.screening import ScreeningHead
from app.engine.runtimes.port import FloatArray, IntArray, VisionFeatures
from app.engine.runtimes.rope import TextRope

CHUNK = 512
"""Tokens of a prompt that go through the graph at once: wide products are fast, and progress is shown between them."""


class TextModel:
    """The compiled graph with what stands before and behind it: embeddings by number, exact logits."""

    def __init__(
        self,
        request: ov.InferRequest,
        constants: Constants,
        config: ModelConfig,
        embedding: ScreeningHead,
        head: ScreeningHead,
    ) -> None:
        # On some CPUs the graph reads the weights where they are, and not a copy of its own.
        self._constants = constants
        self._request = request
        self._head = head
        self._rope = TextRope(config.text)
        self.config = config
        self.embedding = embedding

    def append(
        self,
        table: BlockTable,
        embeddings: FloatArray,
        positions: IntArray,
        deepstack: FloatArray,
        wanted: int,
        check: CancelCheck | None,
    ) -> FloatArray:
        """Read tokens into `table`: the logits of the last `wanted` of them, float32 [wanted, V].

        `embeddings` are [T, hidden], `positions` [3, T], `deepstack` [levels, T, hidden].
        """
        count = len(embeddings)
        cosines, sines = self._rope.angles(positions)
        inputs = {
            "embeddings": embeddings,
            "cosines": cosines[:, None],
            "sines": sines[:, None],
            "deepstack": deepstack,
            "wanted": np.arange(count - wanted, count, dtype=np.int32),
            **paged_values(table.length, count, table.reserve(table.length + count)),
        }
        run(self._request, inputs, check)
        table.length += count
        return self._head.corrected(output(self._request, "hidden"), output(self._request, "logits"))

    def no_deepstack(self, count: int) -> FloatArray:
        """What `count` text tokens have."""
        return np.zeros((len(self.config.vision.deepstack_layers), count, self.config.text.hidden_size), np.float32)


class OpenVinoSequence:
    """Implements `DecoderSequence` (see its docstrings)."""

    def __init__(self, text: TextModel, table: BlockTable) -> None:
        self._text = text
        self._table = table

    @property
    def length(self) -> int:
        """Tokens in the KV cache."""
        return self._table.length

    def prefill(
        self,
        token_ids: IntArray,
        positions: IntArray,
        features: Sequence[VisionFeatures],
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> FloatArray:
        """Append a prompt and return its last token's logits [V]."""
        text, table = self._text, self._table
        embeddings = text.embedding.rows(token_ids)
        deepstack = text.no_deepstack(len(token_ids))
        if features:
            own = [cast(OpenVinoFeatures, feature) for feature in features]
            places = np.flatnonzero(token_ids == text.config.image_token)
            embeddings[places] = np.concatenate([feature.embeddings for feature in own])
            deepstack[:, places] = np.concatenate([feature.deepstack for feature in own], axis=1)
        before = table.length
        last = np.zeros(0, np.float32)
        try:
            for start in range(0, len(token_ids), CHUNK):
                part = np.s_[start : start + CHUNK]
                (last,) = text.append(table, embeddings[part], positions[:, part], deepstack[:, part], 1, check)
                progress(min(1.0, (start + CHUNK) / len(token_ids)))
        except BaseException:
            table.truncate(before)
            raise
        return last

    def step(self, token_ids: IntArray, positions: IntArray) -> FloatArray:
        """Append a few text tokens [T] and return the logits of each [T, V]."""
        text, count = self._text, len(token_ids)
        rows = text.embedding.rows(token_ids)
        return text.append(self._table, rows, positions, text.no_deepstack(count), count, None)

    def truncate(self, length: int) -> None:
        """Forget everything behind the first `length` tokens."""
        self._table.truncate(length)
