"""The OpenVINO runtime behind the port."""

from functools import partial
from typing import Any

import numpy as np
import openvino as ov
from threadpoolctl import threadpool_limits

from app.domain.generation import LoadOptions
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import ModelConfig
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes.openvino.block_pool import BlockPool, BlockTable
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.devices import OpenVinoDevice
from app.engine.runtimes.openvino.features import OpenVinoFeatures
from app.engine.runtimes.openvino.inference import output, run
from app.engine.runtimes.openvino.memory import trim
from app.engine.runtimes.openvino.screening import ScreeningHead
from app.engine.runtimes.openvino.sequence import OpenVinoSequence, TextModel
from app.engine.runtimes.openvino.text_graph import text_graph
from app.engine.runtimes.openvino.vision_graph import vision_graphs
from app.engine.runtimes.openvino.weight_cache import WeightCache
from app.engine.runtimes.patch_places import learned_places, patch_places
from app.engine.runtimes.port import ImagePatches, VisionFeatures
from app.engine.runtimes.rope import vision_angles

_CONVERTED, _COMPILED, _PACKED = 0.3, 0.4, 0.9
"""How far opening is when the weights are in the graph's order, when the graph is compiled, and when it is ready."""


class OpenVinoRuntime:
    """Implements `DecoderRuntime` (see its docstrings) on a device of OpenVINO's."""

    def __init__(
        self,
        device: OpenVinoDevice,
        checkpoint: Checkpoint,
        options: LoadOptions,
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> None:
        self._config: ModelConfig = checkpoint.config
        self._tensors = checkpoint.tensors
        self.cache_tokens = options.cache_tokens
        """The most tokens of all sequences together."""
        cache = WeightCache(options.cache_folder, checkpoint.tensors.digest)
        self._constants = Constants(checkpoint.tensors, cache)
        # After each product numpy's matrix library keeps its threads spinning for 20 ms, on cores that the graph needs.
        threadpool_limits(1, user_api="blas")
        check()
        core = ov.Core()
        properties = device.properties(core, options)
        embedding = ScreeningHead(checkpoint.tensors, f"{TEXT}.embed_tokens.weight")
        tied = checkpoint.config.tied_embeddings
        head = embedding if tied else ScreeningHead(checkpoint.tensors, "lm_head.weight")

        def converted(part: float) -> None:
            check()
            progress(_CONVERTED * part)

        graph = text_graph(self._constants, self._config, head.constant(self._constants), converted)
        compiled = core.compile_model(graph, device.plugin, properties)
        request = compiled.create_infer_request()
        self._pool = BlockPool(compiled, request, self.cache_tokens, partial(device.cache_memory, core))
        self._text = TextModel(request, self._constants, self._config, embedding, head)
        progress(_COMPILED)
        # The plugin packs the weights into a copy of its own when they are first used: now, and not for a question.
        self.open_sequence().step(np.zeros(1, np.int64), np.zeros((3, 1), np.int64))
        progress(_PACKED)
        cache.release()
        checkpoint.tensors.release()
        trim()
        self._vision = []
        graphs = vision_graphs(self._constants, self._config.vision)
        for index, piece in enumerate(graphs):
            check()
            self._vision.append(core.compile_model(piece, device.plugin, properties).create_infer_request())
            progress(_PACKED + (1 - _PACKED) * (index + 1) / len(graphs))

    @property
    def capacity(self) -> int:
        """The most tokens of one sequence."""
        return min(self._config.text.max_positions, self.cache_tokens)

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> VisionFeatures:
        """Run the vision tower over one image."""
        config = self._config.vision
        rows, columns = patch_places(patches.grid_thw, config.merge_size)
        indices, shares = learned_places(rows, columns, patches.grid_thw, config)
        turns = dict(zip(("cosines", "sines"), (x[:, None] for x in vision_angles(rows, columns, config)), strict=True))
        given: dict[str, Any] = {"pixels": patches.pixels, "indices": indices.astype(np.int32), "shares": shares}
        levels = []
        for index, request in enumerate(self._vision):
            run(request, given | turns, check)
            outputs = {port.get_any_name() for port in request.get_compiled_model().outputs}
            if "deepstack" in outputs:
                levels.append(output(request, "deepstack"))
            if "hidden" in outputs:
                given = {"previous": output(request, "hidden")}
            request.get_compiled_model().release_memory()
            progress((index + 1) / len(self._vision))
        self._tensors.release()
        trim()
        order = np.argsort(np.argsort(config.deepstack_layers))
        return OpenVinoFeatures(output(self._vision[-1], "tokens"), np.stack([levels[place] for place in order]))

    def open_sequence(self) -> OpenVinoSequence:
        """An empty one."""
        return OpenVinoSequence(self._text, BlockTable(self._pool, self.capacity))
