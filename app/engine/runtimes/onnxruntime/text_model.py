"""The text graph's session, which appends to a sequence's keys and values, and can be cancelled while it runs."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from app.domain.ports import CancelCheck
from app.engine.runtimes.graph_sequence import TextInputs
from app.engine.runtimes.memory import reports_lack_of_memory
from app.engine.runtimes.onnxruntime.kv_cache import KvCache
from app.engine.runtimes.port import FloatArray

CANCEL_S = 0.02
"""Interval in seconds at which Stop is checked while the graph runs."""


class OnnxText:
    """Implements `TextGraph` (see its docstrings)."""

    def __init__(self, session: onnxruntime.InferenceSession, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        self._weights = weights  # The graph reads some of them in place.
        self._session = session

    def run(self, cache: KvCache, inputs: TextInputs, check: CancelCheck | None) -> tuple[FloatArray, FloatArray]:
        """Append to `cache`; return hidden states and logits."""
        count, half = inputs.count, inputs.cosines.shape[1] // 2
        total = cache.length + count
        with reports_lack_of_memory():
            cache.reserve(total)
            inputs_by_name = {
                "embeddings": inputs.embeddings[None],
                "cosines": inputs.cosines[:, :half],
                "sines": inputs.sines[:, :half],
                "positions": np.arange(count)[None],
                "wanted": np.arange(count - inputs.wanted, count),
                "last": np.array([total - 1], np.int32),
                "total": np.array(total, np.int32),
            }
            inputs_by_name |= {f"deepstack.{level}": added[None] for level, added in enumerate(inputs.deepstack)}
            for name, array in inputs_by_name.items():
                cache.binding.bind_cpu_input(name, np.ascontiguousarray(array))
            for name in ("hidden", "logits"):
                cache.binding.bind_output(name)
            self._run(cache.binding, check)
            *_, hidden, logits = cache.binding.get_outputs()  # In the order in which they were bound first.
        return hidden.numpy()[0], logits.numpy()[0]

    def _run(self, binding: onnxruntime.IOBinding, check: CancelCheck | None) -> None:
        if check is None:
            self._session.run_with_iobinding(binding)
            return
        check()
        options = onnxruntime.RunOptions()
        with ThreadPoolExecutor(1, "onnxruntime") as thread:
            running = thread.submit(self._session.run_with_iobinding, binding, options)
            while not wait((running,), CANCEL_S).done:
                try:
                    check()
                except BaseException:
                    options.terminate = True
                    raise
            running.result()
