"""The vision tower, compiled piece by piece: one image in, what it is to the language model out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import openvino as ov

from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import VisionConfig
from app.engine.runtimes.features import ImageFeatures
from app.engine.runtimes.memory import trim
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.inference import output, run
from app.engine.runtimes.openvino.vision_graph import vision_graphs
from app.engine.runtimes.patch_places import learned_places, patch_places
from app.engine.runtimes.port import ImagePatches
from app.engine.runtimes.rope import vision_angles


class OpenVinoVision:
    """The tower on a device of OpenVINO's by the plugin's name, which computes as `properties` say."""

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
        self._constants = constants
        self._pieces = []
        graphs = vision_graphs(constants, config)
        for index, piece in enumerate(graphs):
            check()
            self._pieces.append(core.compile_model(piece, plugin, dict(properties)).create_infer_request())
            progress((index + 1) / len(graphs))

    def encode(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> ImageFeatures:
        """Look at one image; `check` is called while it runs."""
        config = self._config
        rows, columns = patch_places(patches.grid_thw, config.merge_size)
        indices, shares = learned_places(rows, columns, patches.grid_thw, config)
        turns = dict(zip(("cosines", "sines"), (x[:, None] for x in vision_angles(rows, columns, config)), strict=True))
        given: dict[str, Any] = {"pixels": patches.pixels, "indices": indices.astype(np.int32), "shares": shares}
        levels = []
        for index, request in enumerate(self._pieces):
            run(request, given | turns, check)
            outputs = {port.get_any_name() for port in request.get_compiled_model().outputs}
            if "deepstack" in outputs:
                levels.append(output(request, "deepstack"))
            if "hidden" in outputs:
                given = {"previous": output(request, "hidden")}
            request.get_compiled_model().release_memory()
            progress((index + 1) / len(self._pieces))
        self._constants.release()
        trim()
        order = np.argsort(np.argsort(config.deepstack_layers))
        return ImageFeatures(output(self._pieces[-1], "tokens"), np.stack([levels[place] for place in order]))
