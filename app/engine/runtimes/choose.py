"""Which runtime answers on this machine: torch on a graphics card, OpenVINO on an Intel one, and on a CPU the faster.

torch takes seconds to import, so it is asked only where it could have found a card.
"""

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from app.domain.card_support import NVIDIA_DRIVERS
from app.domain.generation import LoadOptions
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.runtimes.port import DecoderRuntime

OpenRuntime = Callable[[Checkpoint, LoadOptions, ProgressCallback, CancelCheck], DecoderRuntime]
NO_CARD = "no supported graphics card was found"
CARD_UNWANTED = "graphics cards are switched off in the settings"


@dataclass(frozen=True, slots=True)
class Choice:
    """How to open a model; the device's name and the reason for it are shown in the window.

    `otherwise` is what answers where that cannot be done: a card may be too small, or its driver too old.
    """

    device: str
    reason: str
    open: OpenRuntime
    otherwise: "Choose | None" = None


Choose = Callable[[LoadOptions], Choice]


def choose_runtime(options: LoadOptions) -> Choice:
    """The best for this machine, among what `options` allow."""
    if options.card_folder and options.card_folder not in sys.path:
        sys.path.append(options.card_folder)  # Behind all others: what the application brings along goes first.
    if options.graphics_card and could_have_card():
        choice = torch_choice(options)
        if choice.reason != NO_CARD:
            return choice
    if not find_spec("openvino"):
        choice = torch_choice(options)
    elif (choice := openvino_choice(options)).otherwise is None:
        choice = Choice(choice.device, choice.reason, open_on_cpu)
    return choice if options.graphics_card else replace(choice, reason=CARD_UNWANTED)


def could_have_card() -> bool:
    """Whether this build of torch may find a graphics card that it can use, found out without importing it."""
    try:
        build = version("torch").partition("+")[2]
    except PackageNotFoundError:
        return False
    if build.startswith(("rocm", "xpu")):
        return True
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return not build.startswith("cpu") and any(Path(driver).exists() for driver in NVIDIA_DRIVERS)


def torch_choice(options: LoadOptions) -> Choice:
    """The torch runtime on the best device that torch finds."""
    from app.engine.runtimes.torch.devices import choose_device  # noqa: PLC0415 - torch is slow to import
    from app.engine.runtimes.torch.runtime import TorchRuntime  # noqa: PLC0415

    device = choose_device(takes_cards=options.graphics_card)
    return Choice(
        device.name,
        device.reason,
        partial(TorchRuntime, device),
        choose_runtime if device.reason != NO_CARD else None,
    )


def openvino_choice(options: LoadOptions) -> Choice:
    """The OpenVINO runtime on an Intel graphics card, or on the CPU."""
    from app.engine.runtimes.openvino.devices import CPU, choose_device  # noqa: PLC0415 - only what is used is imported
    from app.engine.runtimes.openvino.runtime import OpenVinoRuntime  # noqa: PLC0415

    device = choose_device() if options.graphics_card else CPU
    return Choice(
        device.name, device.reason, partial(OpenVinoRuntime, device), choose_runtime if device.is_card else None
    )


def onnxruntime_choice(_: LoadOptions) -> Choice:
    """ONNX Runtime's language model on the CPU."""
    from app.engine.runtimes.onnxruntime.runtime import OnnxRuntime  # noqa: PLC0415 - only what is used is imported

    return Choice("CPU", NO_CARD, OnnxRuntime)


def open_on_cpu(
    checkpoint: Checkpoint, options: LoadOptions, progress: ProgressCallback, check: CancelCheck
) -> DecoderRuntime:
    """With the runtime that is faster on this CPU.

    OpenVINO's is where the CPU computes in 16 bits, which it then does for all, and for weights in 16 bits. Elsewhere
    ONNX Runtime multiplies with 4-bit weights in 8 bits, which OpenVINO does not.
    """
    from app.engine.runtimes.openvino.devices import CPU, cpu_has_16_bits  # noqa: PLC0415
    from app.engine.runtimes.openvino.runtime import OpenVinoRuntime  # noqa: PLC0415

    if checkpoint.quantization is None or cpu_has_16_bits():
        return OpenVinoRuntime(CPU, checkpoint, options, progress, check)
    return onnxruntime_choice(options).open(checkpoint, options, progress, check)
