"""The text graph, compiled: it appends to a sequence's blocks of the paged cache."""

import numpy as np
import openvino as ov

from app.domain.ports import CancelCheck
from app.engine.runtimes.graph_sequence import TextInputs
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.inference import output, run
from app.engine.runtimes.openvino.kv_cache import BlockTable
from app.engine.runtimes.openvino.paged_attention import paged_values
from app.engine.runtimes.port import FloatArray


class OpenVinoText:
    """Implements `TextGraph` (see its docstrings)."""

    def __init__(self, request: ov.InferRequest, constants: Constants) -> None:
        # On some CPUs the graph reads the weights in place instead of its own copy.
        self._constants = constants
        self._request = request

    def run(self, cache: BlockTable, inputs: TextInputs, check: CancelCheck | None) -> tuple[FloatArray, FloatArray]:
        """Append to `cache`; return hidden states and logits."""
        count = inputs.count
        given = {
            "embeddings": inputs.embeddings,
            "cosines": inputs.cosines[:, None],
            "sines": inputs.sines[:, None],
            "deepstack": inputs.deepstack,
            "wanted": np.arange(count - inputs.wanted, count, dtype=np.int32),
            **paged_values(cache.length, count, cache.reserve(cache.length + count)),
        }
        run(self._request, given, check)
        return output(self._request, "hidden"), output(self._request, "logits")
