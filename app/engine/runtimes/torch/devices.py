"""Which device answers, in which number format, with which 4-bit operator: one table, the first row that fits wins.

The CPU's row and NVIDIA's for newer cards have been run and measured; the others are written from torch's operators
and their tests.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from app.domain.discreet_log import kind_of
from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.choose import NO_CARD
from app.engine.runtimes.torch import int4
from app.engine.runtimes.torch.cuda_graph import Capture, capture_cuda_graph
from app.engine.runtimes.torch.cuda_ops import CudaOps, dequantized_on_card
from app.engine.runtimes.torch.int4 import Int4Operator
from app.engine.runtimes.torch.layer_ops import LayerOps, PlainOps

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a model runs.

    `operator` is None where 4-bit weights are dequantised when they are loaded, `capture` where passes are not
    recorded. `free_memory` tells the bytes that weights may take for speed's sake; it is None where they are kept in 4
    bits only. `layer_ops` makes what lies between matrix products. With `screens`, the output head is read in 4 bits.
    """

    device: torch.device
    dtype: torch.dtype
    operator: Int4Operator | None
    name: str
    reason: str
    capture: Capture | None = None
    free_memory: Callable[[], int] | None = None
    layer_ops: Callable[[TextConfig], LayerOps] = PlainOps
    screens: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    is_there: Callable[[], bool]
    describe: Callable[[], Device]


def choose_device(*, takes_cards: bool = True) -> Device:
    """The best device of this machine, with the reason in words."""
    return next(row.describe() for row in (_TABLE if takes_cards else _TABLE[-1:]) if row.is_there())


def _cuda() -> Device:
    name = torch.cuda.get_device_name()
    major, minor = torch.cuda.get_device_capability()
    # ROCm answers to the same names; its int4 operator exists for some cards only, so weights are dequantised there.
    if torch.version.hip is not None:
        return Device(torch.device("cuda"), torch.bfloat16, None, name, "an AMD graphics card was found")
    if (major, minor) >= (8, 0):
        # cuDNN's attention is planned anew for every length of a prompt, which takes longer than the attention.
        torch.backends.cuda.enable_cudnn_sdp(enabled=False)
        return Device(
            torch.device("cuda"),
            torch.bfloat16,
            _CUDA_INT4,
            name,
            "an NVIDIA graphics card was found",
            capture_cuda_graph,
            _free_cuda,
            _cuda_ops,
            screens=True,
        )
    reason = f"an NVIDIA graphics card was found (compute capability {major}.{minor}, so weights are in 16 bits)"
    return Device(torch.device("cuda"), torch.float16, None, name, reason, capture_cuda_graph)


def _xpu() -> Device:
    name = torch.xpu.get_device_name()
    reason = "an Intel graphics card was found"
    return Device(torch.device("xpu"), torch.bfloat16, int4.XPU, name, reason, free_memory=_free_xpu)


def _mps() -> Device:
    reason = "this Mac has a Metal GPU"
    return Device(torch.device("mps"), torch.bfloat16, int4.TILES, "Apple GPU", reason, free_memory=_free_mps)


def _cpu() -> Device:
    # bf16 and not fp16: without AVX512-FP16 a CPU multiplies fp16 matrices hundreds of times slower.
    return Device(torch.device("cpu"), torch.bfloat16, int4.CPU, "CPU", NO_CARD)


def _cuda_ops(config: TextConfig) -> LayerOps:
    try:
        return CudaOps(config)
    except (RuntimeError, OSError) as error:  # Slower, and right.
        _log.warning("kernels for this card could not be compiled: %s", kind_of(error))
        return PlainOps(config)


def _free_cuda() -> int:
    return torch.cuda.mem_get_info()[0]


def _free_xpu() -> int:
    return torch.xpu.mem_get_info()[0]


def _free_mps() -> int:
    return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()


_CUDA_INT4 = replace(int4.TILES, dequantize=dequantized_on_card, dense_rows=16)
"""Measured on an H200; see the README."""

_TABLE = (
    _Row(torch.cuda.is_available, _cuda),
    _Row(torch.xpu.is_available, _xpu),
    _Row(torch.backends.mps.is_available, _mps),
    _Row(lambda: True, _cpu),
)
