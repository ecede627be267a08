"""The runtime behind the port: the language model is ONNX Runtime's, the vision tower OpenVINO's."""

from concurrent.futures import ThreadPoolExecutor

import onnxruntime
import openvino as ov

from app.domain.generation import LoadOptions
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.runtimes.graph_sequence import GraphSequence, TextModel
from app.engine.runtimes.memory import trim
from app.engine.runtimes.onnxruntime.graph_builder import IN_8_BITS, IN_32_BITS, GraphBuilder
from app.engine.runtimes.onnxruntime.kv_cache import KvCache
from app.engine.runtimes.onnxruntime.text_graph import TextGraph
from app.engine.runtimes.onnxruntime.text_model import OnnxText
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.devices import CPU
from app.engine.runtimes.openvino.vision_tower import OpenVinoVision
from app.engine.runtimes.port import ImagePatches, VisionFeatures
from app.engine.runtimes.screening import embedding_and_head
from app.engine.runtimes.weight_cache import WeightCache

_CONVERTED = 0.5
"""How far opening is when the weights are in the graph's order; they are to be packed then."""


class OnnxRuntime:
    """Implements `DecoderRuntime` (see its docstrings) on a CPU."""

    def __init__(
        self, checkpoint: Checkpoint, options: LoadOptions, progress: ProgressCallback, check: CancelCheck
    ) -> None:
        self._config = checkpoint.config.text
        self.cache_tokens = options.cache_tokens
        """The most tokens of all sequences together."""
        self.capacity = min(self._config.max_positions, self.cache_tokens)
        """The most tokens of one sequence."""
        constants = Constants(checkpoint.tensors, WeightCache(options.cache_folder, checkpoint.tensors.digest))
        check()
        embedding, head = embedding_and_head(checkpoint)

        def converted(part: float) -> None:
            check()
            progress(_CONVERTED * part)

        builder = GraphBuilder(IN_32_BITS if options.exact_activations else IN_8_BITS)
        graph = TextGraph(builder, checkpoint.tensors, constants.cache, checkpoint.config)
        graph.add(head.packed(constants.cache), converted)
        core = ov.Core()
        properties = CPU.properties(core, options)
        check()
        with ThreadPoolExecutor(1, "vision tower") as beside:  # Each of the two keeps one core busy while it is opened.
            vision = beside.submit(
                OpenVinoVision, core, CPU.plugin, properties, constants, checkpoint.config.vision, _unheard, _unstopped
            )
            self._session = builder.open(_session_options())
        self._vision = vision.result()
        self._text = TextModel(OnnxText(self._session, builder.weights), checkpoint.config, embedding, head)
        constants.release()
        trim()
        progress(1.0)

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> VisionFeatures:
        """Run the vision tower over one image."""
        return self._vision.encode(patches, progress, check)

    def open_sequence(self) -> GraphSequence[KvCache]:
        """An empty one."""
        return GraphSequence(self._text, KvCache(self._session, self._config, self.capacity))


def _session_options() -> onnxruntime.SessionOptions:
    """Threads that bear company: beside another busy process, whole shares and long waits would cost half the speed.

    A thread that has done its share waits awake for 20 µs only, and shares are cut into four, so that one that is kept
    from its core leaves the others little to wait for.
    """
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.spin_duration_us", "20")
    options.add_session_config_entry("session.dynamic_block_base", "4")
    return options


def _unheard(_: float) -> None:
    """How far the tower is: the language model takes longer."""


def _unstopped() -> None:
    """Nobody asks within these seconds."""
