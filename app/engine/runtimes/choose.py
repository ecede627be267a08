"""Which runtime answers on this machine: torch on a graphics card, OpenVINO on an Intel one or on a CPU.

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

from app.domain.generation import LoadOptions
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.runtimes.port import DecoderRuntime

OpenRuntime = Callable[[Checkpoint, LoadOptions, ProgressCallback, CancelCheck], DecoderRuntime]
NO_CARD = "no supported graphics card was found"
CARD_UNWANTED = "graphics cards are switched off in the settings"
NVIDIA_DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "C:/Windows/System32/nvcuda.dll")
"""On Linux, in Linux on Windows, and on Windows."""


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
    if options.graphics_card and could_have_card():
        choice = torch_choice(options)
        if choice.reason != NO_CARD:
            return choice
    choice = openvino_choice(options) if find_spec("openvino") else torch_choice(options)
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
