"""Chooses the device, its dtype and its 4-bit operator: one table, of which the first matching row is used.

The rows for CPUs and for newer NVIDIA GPUs have been tested and measured; the others follow torch's operators and their
tests.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from app.domain.redacting_log import kind_of
from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.torch import int4_operators
from app.engine.runtimes.torch.cuda_graph import Capture, capture_cuda_graph
from app.engine.runtimes.torch.cuda_ops import CudaOps, dequantized_on_gpu
from app.engine.runtimes.torch.int4_operators import Int4Operator
from app.engine.runtimes.torch.layer_ops import LayerOps, PlainOps

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Device:
    """The device on which a model runs.

    `operator` is None if 4-bit weights are dequantised at loading, `capture` if steps are not captured. `free_memory`
    returns the bytes that the GPU's memory can still give; None stands for a CPU, on which weights that are quantised
    are kept so only. `layer_ops` creates
    the operations between matrix products. With `uses_shortlist`, the output head is first read in 4 bits. If
    it `keeps_scores`, attention holds those of all queries and keys at the same time.
    """

    device: torch.device
    dtype: torch.dtype
    operator: Int4Operator | None
    name: str
    reason: str
    capture: Capture | None = None
    free_memory: Callable[[], int] | None = None
    layer_ops: Callable[[TextConfig], LayerOps] = PlainOps
    uses_shortlist: bool = False
    keeps_scores: bool = False

    @property
    def is_gpu(self) -> bool:
        """Whether it has memory of its own, or a driver that may fail."""
        return self.device.type != "cpu"


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of device: whether this machine has one, and what is used of it."""

    is_there: Callable[[], bool]
    describe: Callable[[], Device]


def choose_device(*, allow_gpu: bool = True) -> Device:
    """Choose the best device of this machine, with the reason to be shown."""
    return next(row.describe() for row in (TABLE if allow_gpu else TABLE[-1:]) if row.is_there())


def _cuda() -> Device:
    name = torch.cuda.get_device_name()
    major, minor = torch.cuda.get_device_capability()
    # ROCm uses the same names; its int4 operator exists only for some GPUs, so weights are dequantised there.
    if torch.version.hip is not None:
        reason = "an AMD GPU was found"
        return Device(torch.device("cuda"), torch.bfloat16, None, name, reason, free_memory=_free_cuda)
    if (major, minor) >= (8, 0):
        # cuDNN's attention is planned again for every prompt length, which takes longer than the attention itself.
        torch.backends.cuda.enable_cudnn_sdp(enabled=False)
        return Device(
            torch.device("cuda"),
            torch.bfloat16,
            _CUDA_INT4,
            name,
            "an NVIDIA GPU was found",
            capture_cuda_graph,
            _free_cuda,
            _cuda_ops,
            uses_shortlist=True,
        )
    reason = f"an NVIDIA GPU was found (compute capability {major}.{minor}, so weights are in 16 bits)"
    return Device(torch.device("cuda"), torch.float16, None, name, reason, capture_cuda_graph, _free_cuda)


def _xpu() -> Device:
    name = torch.xpu.get_device_name()
    reason = "an Intel GPU was found"
    return Device(
        torch.device("xpu"),
        torch.bfloat16,
        int4_operators.XPU,
        name,
        reason,
        free_memory=_free_xpu,
        keeps_scores=True,
    )


def _mps() -> Device:
    reason = "this Mac has a Metal GPU"
    dtype = torch.bfloat16 if torch.backends.mps.is_macos_or_newer(14, 0) else torch.float16
    return Device(
        torch.device("mps"), dtype, int4_operators.TILES, "Apple GPU", reason, free_memory=_free_mps, keeps_scores=True
    )


def _cpu() -> Device:
    # bf16 and not fp16: without AVX512-FP16 a CPU multiplies fp16 matrices hundreds of times slower.
    return Device(torch.device("cpu"), torch.bfloat16, int4_operators.CPU, "CPU", "")


def _cuda_ops(config: TextConfig) -> LayerOps:
    try:
        return CudaOps(config)
    except (RuntimeError, OSError) as error:  # PlainOps are slower, but correct.
        _log.warning("kernels for this GPU could not be compiled: %s", kind_of(error))
        return PlainOps(config)


def _free_cuda() -> int:
    kept = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return torch.cuda.mem_get_info()[0] + kept


def _free_xpu() -> int:
    kept = torch.xpu.memory_reserved() - torch.xpu.memory_allocated()
    return torch.xpu.mem_get_info()[0] + kept


def _free_mps() -> int:
    return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()


_CUDA_INT4 = replace(int4_operators.TILES, dequantize=dequantized_on_gpu, dequant_min_rows=16)
"""The 4-bit operator for CUDA; `dequant_min_rows` was measured on an H200, see the README."""

TABLE = (
    Row(torch.cuda.is_available, _cuda),
    Row(torch.xpu.is_available, _xpu),
    Row(torch.backends.mps.is_available, _mps),
    Row(lambda: True, _cpu),
)
