"""The OpenVINO runtime: implements the port on OpenVINO's devices."""

from functools import partial

import numpy as np
import openvino as ov

from app.domain.ports import CancelCheck, ProgressCallback
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.runtimes.features import ImageFeatures
from app.engine.runtimes.graph_sequence import GraphSequence, TextModel
from app.engine.runtimes.memory import trim
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.devices import OpenVinoDevice
from app.engine.runtimes.openvino.kv_cache import BlockPool, BlockTable
from app.engine.runtimes.openvino.text_graph import text_graph
from app.engine.runtimes.openvino.text_model import OpenVinoText
from app.engine.runtimes.openvino.vision_tower import OpenVinoVision
from app.engine.runtimes.port import Bytes, ImagePatches, VisionFeatures
from app.engine.runtimes.shortlist_head import embedding_and_head
from app.engine.runtimes.weight_cache import WeightCache

_CONVERTED, _COMPILED, _PACKED = 0.3, 0.4, 0.9
"""Progress of opening (0..1): weights converted to the graph's order, graph compiled, weights packed."""


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
        self.cache_tokens = options.cache_tokens
        """Maximum number of tokens of all sequences together."""
        self.capacity = min(checkpoint.config.text.max_positions, self.cache_tokens)
        """Maximum number of tokens of one sequence."""
        self._vision_config = checkpoint.config.vision
        constants = Constants(checkpoint, WeightCache(options.cache_folder, checkpoint.tensors.digest))
        check()
        core = ov.Core()
        self._free_memory = partial(device.free_memory, core)
        properties = device.properties(core, options)
        embedding, head = embedding_and_head(checkpoint)

        def converted(part: float) -> None:
            check()
            progress(_CONVERTED * part)

        shortlist = constants.grouped(head.packed(constants.cache))
        self.cache_format = "" if device.is_gpu else f"openvino {ov.get_version()} {sorted(properties.items())}"
        """What the numbers in the KV cache depend on, besides the weights; a GPU's are in its own memory."""
        in_float16 = properties["INFERENCE_PRECISION_HINT"] in ("f16", ov.Type.f16)
        graph = text_graph(constants, checkpoint.config, shortlist, converted, in_float16=in_float16)
        compiled = core.compile_model(graph, device.plugin, properties)
        request = compiled.create_infer_request()
        allocate = partial(device.cache_memory, core)
        self.pool = BlockPool(compiled, request, self.cache_tokens, allocate, is_lazy=not device.is_gpu)
        self._text = TextModel(OpenVinoText(request, constants), checkpoint.config, embedding, head)
        progress(_COMPILED)
        # The plugin packs the weights into its own copy at their first use: do it now, not at the first question.
        self.open_sequence().step(np.zeros(1, np.int64), np.zeros((3, 1), np.int64))
        progress(_PACKED)
        constants.release()
        trim()
        self._vision = OpenVinoVision(
            core, device.plugin, properties, constants, checkpoint.config.vision,
            lambda part: progress(_PACKED + (1 - _PACKED) * part), check,
        )  # fmt: skip

    def free_memory(self) -> int:
        """Return the bytes that the device can still give."""
        return self._free_memory()

    def image_memory(self, patches: int) -> int:
        """Return the bytes that an image of so many patches takes, an estimate."""
        return self._vision.memory(patches)

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> VisionFeatures:
        """Run the vision tower on one image."""
        return self._vision.encode(patches, progress, check)

    def features_from(self, data: Bytes, visual_tokens: int) -> VisionFeatures:
        """Return the features that `to_bytes` returned."""
        return ImageFeatures.from_bytes(data, visual_tokens, self._vision_config)

    def open_sequence(self) -> GraphSequence[BlockTable]:
        """Open an empty sequence."""
        return GraphSequence(self._text, BlockTable(self.pool, self.capacity))
