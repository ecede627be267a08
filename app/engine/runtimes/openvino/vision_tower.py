"""The vision tower, compiled section by section: encodes one image for the language model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import openvino as ov

from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import VisionConfig
from app.engine.runtimes.features import ImageFeatures
from app.engine.runtimes.memory import image_memory, trim
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.inference import output, run
from app.engine.runtimes.openvino.vision_graph import vision_graphs
from app.engine.runtimes.patch_positions import interpolated_position_embeddings, patch_positions
from app.engine.runtimes.port import ImagePatches
from app.engine.runtimes.rope import vision_cos_sin


class OpenVinoVision:
    """The tower on an OpenVINO device, given by the plugin's name, with the plugin's `properties`."""

    def __init__(
        self,
        core: ov.Core,
        plugin: str,
        properties: Mapping[str, Any],
        constants: Constants,
        config: VisionConfig,
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> None:
        self._config = config
        self._number_bytes = 4 if properties["INFERENCE_PRECISION_HINT"] in ("f32", ov.Type.f32) else 2
        self._constants = constants
        self._sections = []
        graphs = vision_graphs(constants, config)
        for index, section in enumerate(graphs):
            check()
            self._sections.append(core.compile_model(section, plugin, dict(properties)).create_infer_request())
            progress((index + 1) / len(graphs))

    def memory(self, patches: int) -> int:
        """Return the bytes that an image of so many patches takes, an estimate."""
        return image_memory(self._config, patches, self._number_bytes)

    def encode(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> ImageFeatures:
        """Encode one image; `check` is called while it runs."""
        config = self._config
        rows, columns = patch_positions(patches.grid_thw, config.merge_size)
        indices, bilinear_weights = interpolated_position_embeddings(rows, columns, patches.grid_thw, config)
        cos_sin = dict(
            zip(("cosines", "sines"), (x[:, None] for x in vision_cos_sin(rows, columns, config)), strict=True)
        )
        given: dict[str, Any] = {
            "pixels": patches.pixels,
            "indices": indices.astype(np.int32),
            "bilinear_weights": bilinear_weights,
        }
        levels = []
        for index, request in enumerate(self._sections):
            run(request, given | cos_sin, check)
            outputs = {port.get_any_name() for port in request.get_compiled_model().outputs}
            if "deepstack" in outputs:
                levels.append(output(request, "deepstack"))
            if "hidden" in outputs:
                given = {"previous": output(request, "hidden")}
            request.get_compiled_model().release_memory()
            progress((index + 1) / len(self._sections))
        self._constants.release()
        trim()
        order = np.argsort(np.argsort(config.deepstack_layers))
        return ImageFeatures(output(self._sections[-1], "tokens"), np.stack([levels[index] for index in order]))
