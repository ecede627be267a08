"""The OpenVINO runtime behind the port."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import openvino as ov

from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import ModelConfig
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes.openvino.block_cache import BlockCache
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.paged_attention import paged_values
from app.engine.runtimes.openvino.screening import ScreeningHead
from app.engine.runtimes.openvino.text_graph import text_graph
from app.engine.runtimes.openvino.vision_graph import vision_graphs
from app.engine.runtimes.patch_places import learned_places, patch_places
from app.engine.runtimes.port import FloatArray, ImagePatches, IntArray, VisionFeatures
from app.engine.runtimes.rope import TextRope, vision_angles

MAX_CONTEXT = 32_768
CHUNK = 512
"""Tokens of a prompt that go through the graph at once: wide products are fast, and progress is shown between them."""
CANCEL_MS = 20
"""How often Stop is looked for while the graph runs."""
_TEXT_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class OpenVinoFeatures:
    """One image: `embeddings` float32 [n, text hidden] and `deepstack` float32 [levels, n, text hidden]."""

    embeddings: FloatArray
    deepstack: FloatArray

    @property
    def visual_tokens(self) -> int:
        """Image tokens in the prompt."""
        return len(self.embeddings)


class OpenVinoRuntime:
    """Implements `DecoderRuntime` (see its docstrings) on the CPU."""

    def __init__(self, checkpoint: Checkpoint, progress: ProgressCallback, check: CancelCheck) -> None:
        self._config: ModelConfig = checkpoint.config
        self._rope = TextRope(checkpoint.config.text)
        self._constants = Constants(checkpoint.tensors)
        self._embedding = ScreeningHead(checkpoint.tensors, f"{TEXT}.embed_tokens.weight")
        tied = checkpoint.config.tied_embeddings
        self._head = self._embedding if tied else ScreeningHead(checkpoint.tensors, "lm_head.weight")
        check()
        core = ov.Core()
        options = _options(core)
        graph = text_graph(self._constants, self._config, self._head.constant(self._constants))
        check()
        compiled = core.compile_model(graph, "CPU", options)
        self._text = compiled.create_infer_request()
        self._cache = BlockCache(compiled, self._text, min(self._config.text.max_positions, MAX_CONTEXT))
        progress(_TEXT_SHARE / 2)
        # The plugin packs the weights into a copy of its own when they are first used: now, and not for a question.
        self.step(np.zeros(1, np.int64), np.zeros((3, 1), np.int64))
        self.truncate(0)
        progress(_TEXT_SHARE)
        self._vision = []
        graphs = vision_graphs(self._constants, self._config.vision)
        for index, piece in enumerate(graphs):
            check()
            self._vision.append(core.compile_model(piece, "CPU", options).create_infer_request())
            progress(_TEXT_SHARE + (1 - _TEXT_SHARE) * (index + 1) / len(graphs))

    @property
    def length(self) -> int:
        """Tokens in the KV cache."""
        return self._cache.length

    @property
    def capacity(self) -> int:
        """The most tokens that the KV cache can hold."""
        return self._cache.capacity

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> VisionFeatures:
        """Run the vision tower over one image."""
        config = self._config.vision
        rows, columns = patch_places(patches.grid_thw, config.merge_size)
        indices, shares = learned_places(rows, columns, patches.grid_thw, config)
        turns = dict(zip(("cosines", "sines"), (x[:, None] for x in vision_angles(rows, columns, config)), strict=True))
        given: dict[str, Any] = {"pixels": patches.pixels, "indices": indices.astype(np.int32), "shares": shares}
        levels = []
        for index, request in enumerate(self._vision):
            _run(request, given | turns, check)
            outputs = {port.get_any_name() for port in request.get_compiled_model().outputs}
            if "deepstack" in outputs:
                levels.append(_output(request, "deepstack"))
            if "hidden" in outputs:
                given = {"previous": _output(request, "hidden")}
            progress((index + 1) / len(self._vision))
        order = np.argsort(np.argsort(config.deepstack_layers))
        return OpenVinoFeatures(_output(self._vision[-1], "tokens"), np.stack([levels[place] for place in order]))

    def prefill(
        self,
        token_ids: IntArray,
        positions: IntArray,
        features: Sequence[VisionFeatures],
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> FloatArray:
        """Append a prompt and return its last token's logits [V]."""
        embeddings = self._embedding.rows(token_ids)
        deepstack = self._no_deepstack(len(token_ids))
        if features:
            own = [cast(OpenVinoFeatures, feature) for feature in features]
            places = np.flatnonzero(token_ids == self._config.image_token)
            embeddings[places] = np.concatenate([feature.embeddings for feature in own])
            deepstack[:, places] = np.concatenate([feature.deepstack for feature in own], axis=1)
        before = self._cache.length
        last = np.zeros(0, np.float32)
        try:
            for start in range(0, len(token_ids), CHUNK):
                part = np.s_[start : start + CHUNK]
                (last,) = self._append(embeddings[part], positions[:, part], deepstack[:, part], 1, check)
                progress(min(1.0, (start + CHUNK) / len(token_ids)))
        except BaseException:
            self._cache.truncate(before)
            raise
        return last

    def step(self, token_ids: IntArray, positions: IntArray) -> FloatArray:
        """Append a few text tokens [T] and return the logits of each [T, V]."""
        count = len(token_ids)
        return self._append(self._embedding.rows(token_ids), positions, self._no_deepstack(count), count, None)

    def truncate(self, length: int) -> None:
        """Forget everything behind the first `length` tokens."""
        self._cache.truncate(length)

    def _append(
        self,
        embeddings: FloatArray,
        positions: IntArray,
        deepstack: FloatArray,
        wanted: int,
        check: CancelCheck | None,
    ) -> FloatArray:
        """The logits of the last `wanted` of these tokens."""
        count = len(embeddings)
        total = self._cache.length + count
        cosines, sines = self._rope.angles(positions)
        inputs = {
            "embeddings": embeddings,
            "cosines": cosines[:, None],
            "sines": sines[:, None],
            "deepstack": deepstack,
            "wanted": np.arange(count - wanted, count, dtype=np.int32),
            **paged_values(self._cache.length, count, self._cache.blocks(total)),
        }
        _run(self._text, inputs, check)
        self._cache.length = total
        return self._head.corrected(_output(self._text, "hidden"), _output(self._text, "logits"))

    def _no_deepstack(self, count: int) -> FloatArray:
        return np.zeros((len(self._config.vision.deepstack_layers), count, self._config.text.hidden_size), np.float32)


def _options(core: ov.Core) -> dict[str, Any]:
    """Keys and values in the type that is computed in: left to itself the plugin keeps them in 8 bits.

    That changes the logits ten times as much as 16 bits do.
    """
    return {"PERFORMANCE_HINT": "LATENCY", "KV_CACHE_PRECISION": core.get_property("CPU", "INFERENCE_PRECISION_HINT")}


def _run(request: ov.InferRequest, inputs: Mapping[str, Any], check: CancelCheck | None) -> None:
    """One pass; where `check` raises, it is ended at once."""
    for name, array in inputs.items():
        request.set_tensor(name, ov.Tensor(np.asarray(array, order="C")))
    if check is None:
        request.infer()
        return
    check()
    request.start_async()
    try:
        while not request.wait_for(CANCEL_MS):
            check()
    except BaseException:
        request.cancel()
        _wait_for_end(request)
        raise


def _wait_for_end(request: ov.InferRequest) -> None:
    try:
        request.wait()
    except RuntimeError:  # It says that it was cancelled.
        return


def _output(request: ov.InferRequest, name: str) -> FloatArray:
    """A copy: the request writes into the same memory again."""
    array: FloatArray = request.get_tensor(name).data.astype(np.float32, copy=True)
    return array
