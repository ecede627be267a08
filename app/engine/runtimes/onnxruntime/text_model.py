"""The text graphs' sessions, which append to a sequence's keys and values, and can be cancelled while they run."""

from collections.abc import Mapping, Sequence
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
"""Interval in seconds at which Stop is checked while a graph runs."""
LONG = 32
"""Number of tokens from which on a pass in 32 bits is faster than one in 16."""


class OnnxText:
    """Implements `TextGraph` (see its docstrings).

    `sessions` are those of the graph with a head and, if activations are not rounded, of one without for long passes.
    """

    def __init__(
        self, sessions: Sequence[onnxruntime.InferenceSession], weights: Sequence[Mapping[str, npt.NDArray[Any]]]
    ) -> None:
        self._weights = weights  # The graphs read some of them in place.
        self._sessions = sessions

    def run(self, cache: KvCache, inputs: TextInputs, check: CancelCheck | None) -> tuple[FloatArray, FloatArray]:
        """Append to `cache`; return hidden states and logits."""
        with reports_lack_of_memory():
            cache.reserve(cache.length + inputs.count)
            before = inputs.count - inputs.wanted
            done = before if before >= LONG and len(self._sessions) > 1 else 0
            if done:
                self._run(1, cache, _bound(inputs, slice(0, done), cache.length), check)
            arrays = _bound(inputs, slice(done, inputs.count), cache.length)
            count = inputs.count - done
            self._run(0, cache, arrays | {"wanted": np.arange(count - inputs.wanted, count)}, check)
            *_, hidden, logits = cache.bindings[0].get_outputs()  # In the order in which they were bound first.
        return hidden.numpy()[0], logits.numpy()[0]

    def _run(
        self, index: int, cache: KvCache, arrays: Mapping[str, npt.NDArray[Any]], check: CancelCheck | None
    ) -> None:
        binding, session = cache.bindings[index], self._sessions[index]
        for name, array in arrays.items():
            binding.bind_cpu_input(name, np.ascontiguousarray(array))
        for name in ("hidden", "logits") if "wanted" in arrays else ():
            binding.bind_output(name)
        if check is None:
            session.run_with_iobinding(binding)
            return
        check()
        options = onnxruntime.RunOptions()
        with ThreadPoolExecutor(1, "onnxruntime") as thread:
            running = thread.submit(session.run_with_iobinding, binding, options)
            while not wait((running,), CANCEL_S).done:
                try:
                    check()
                except BaseException:
                    options.terminate = True
                    raise
            running.result()


def _bound(inputs: TextInputs, part: slice, length: int) -> dict[str, npt.NDArray[Any]]:
    """Return a graph's inputs for these of the tokens that are appended to a cache of `length` tokens."""
    half = inputs.cosines.shape[1] // 2
    total = length + part.stop
    return {
        "embeddings": inputs.embeddings[None, part],
        "cosines": inputs.cosines[part, :half],
        "sines": inputs.sines[part, :half],
        "positions": np.arange(part.stop - part.start)[None],
        "last": np.array([total - 1], np.int32),
        "total": np.array(total, np.int32),
        **{f"deepstack.{level}": added[None, part] for level, added in enumerate(inputs.deepstack)},
    }
