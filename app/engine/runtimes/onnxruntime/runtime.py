"""A runtime with the language model on ONNX Runtime and the vision tower on OpenVINO."""

from concurrent.futures import ThreadPoolExecutor

import onnxruntime
import openvino as ov

from app.domain.ports import NEVER_CANCELLED, NO_PROGRESS, CancelCheck, ProgressCallback
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.runtimes.features import ImageFeatures
from app.engine.runtimes.graph_sequence import GraphSequence, TextModel
from app.engine.runtimes.memory import free_memory, trim
from app.engine.runtimes.onnxruntime.graph_builder import Activations, GraphBuilder
from app.engine.runtimes.onnxruntime.kv_cache import KvCache
from app.engine.runtimes.onnxruntime.text_graph import TextGraph
from app.engine.runtimes.onnxruntime.text_model import OnnxText
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.devices import CPU
from app.engine.runtimes.openvino.vision_tower import OpenVinoVision
from app.engine.runtimes.port import Bytes, ImagePatches, VisionFeatures
from app.engine.runtimes.shortlist_head import embedding_and_head
from app.engine.runtimes.weight_cache import WeightCache

_CONVERTED = 0.3
"""Progress of opening (0..1) when the weights are converted to the graph's order, and no graph is compiled yet."""


class OnnxRuntime:
    """Implements `DecoderRuntime` (see its docstrings) on a CPU."""

    def __init__(
        self, checkpoint: Checkpoint, options: LoadOptions, progress: ProgressCallback, check: CancelCheck
    ) -> None:
        self._config, self._vision_config = checkpoint.config.text, checkpoint.config.vision
        self.cache_tokens = options.cache_tokens
        """Maximum number of tokens of all sequences together."""
        self.capacity = min(self._config.max_positions, self.cache_tokens)
        """Maximum number of tokens of one sequence."""
        constants = Constants(checkpoint, WeightCache(options.cache_folder, checkpoint.tensors.digest))
        check()
        embedding, head = embedding_and_head(checkpoint)

        def converted(part: float) -> None:
            check()
            progress(_CONVERTED * part)

        rounded_to = Activations.IN_16_BITS if options.exact_activations else Activations.IN_8_BITS
        builders = [GraphBuilder(rounded_to)]
        TextGraph(builders[0], checkpoint, constants.cache).add(head.packed(constants.cache), converted)
        if options.exact_activations:
            builders.append(GraphBuilder(Activations.IN_32_BITS))
            TextGraph(builders[1], checkpoint, constants.cache).add(None, NO_PROGRESS)
        versions = f"onnxruntime {onnxruntime.__version__} openvino {ov.get_version()}"
        self.cache_format = f"{versions} {rounded_to.name}"
        """What the numbers in the KV cache depend on, besides the weights."""
        core = ov.Core()
        properties = CPU.properties(core, options)
        check()
        with ThreadPoolExecutor(1, "vision tower") as beside:  # Each of the two occupies one core while it is opened.
            vision = beside.submit(
                OpenVinoVision,
                core,
                CPU.plugin,
                properties,
                constants,
                checkpoint.config.vision,
                NO_PROGRESS,
                NEVER_CANCELLED,
            )
            self._sessions: list[onnxruntime.InferenceSession] = []
            for builder in builders:
                check()
                self._sessions.append(builder.open(_session_options()))
                progress(_CONVERTED + (1 - _CONVERTED) * len(self._sessions) / len(builders))
        self._vision = vision.result()
        graphs = OnnxText(self._sessions, [builder.weights for builder in builders])
        self._text = TextModel(graphs, checkpoint.config, embedding, head)
        constants.release()
        trim()

    def free_memory(self) -> int:
        """Return the bytes of this machine's memory that are available."""
        return free_memory()

    def image_memory(self, patches: int) -> int:
        """Return the bytes that an image of so many patches takes, an estimate."""
        return self._vision.memory(patches)

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> VisionFeatures:
        """Run the vision tower on one image."""
        return self._vision.encode(patches, progress, check)

    def features_from(self, data: Bytes, visual_tokens: int) -> VisionFeatures:
        """Return the features that `to_bytes` returned."""
        return ImageFeatures.from_bytes(data, visual_tokens, self._vision_config)

    def open_sequence(self) -> GraphSequence[KvCache]:
        """Open an empty sequence."""
        return GraphSequence(self._text, KvCache(self._sessions, self._config, self.capacity))


def _session_options() -> onnxruntime.SessionOptions:
    """Return thread settings that degrade gracefully beside a busy process, where the defaults would halve the speed.

    A thread that has finished its share spins for only 20 µs, and shares are split into four, so that the others wait
    little for a thread that is preempted.
    """
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.spin_duration_us", "20")
    options.add_session_config_entry("session.dynamic_block_base", "4")
    return options
