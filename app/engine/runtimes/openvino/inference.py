"""Runs a compiled graph, and cancels it while it runs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import openvino as ov

from app.domain.ports import CancelCheck
from app.engine.runtimes.memory import reports_lack_of_memory
from app.engine.runtimes.port import FloatArray

CANCEL_MS = 20
"""Interval in milliseconds at which Stop is checked while a graph runs."""


def run(request: ov.InferRequest, inputs: Mapping[str, Any], check: CancelCheck | None) -> None:
    """Run one pass; if `check` raises, it is cancelled immediately. Raises MemoryError."""
    with reports_lack_of_memory():
        _run(request, inputs, check)


def _run(request: ov.InferRequest, inputs: Mapping[str, Any], check: CancelCheck | None) -> None:
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
    except RuntimeError:  # It reports that it was cancelled.
        return


def output(request: ov.InferRequest, name: str) -> FloatArray:
    """Return a copy of an output, as the request reuses its memory."""
    array: FloatArray = request.get_tensor(name).data.astype(np.float32, copy=True)
    return array
