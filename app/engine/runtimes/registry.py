"""The runtimes: a table in order of preference, of which the first that can answer on this machine does.

torch takes seconds to import, so it is probed only if it could find a GPU.
"""

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.domain.gigabytes import gigabytes_needed, gigabytes_there
from app.domain.models.gpu_support import NVIDIA_DRIVERS
from app.domain.ports import CancelCheck, ProgressCallback
from app.domain.redacting_log import kind_of
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.runtimes.memory import machine_memory
from app.engine.runtimes.port import DecoderRuntime

OpenRuntime = Callable[[Checkpoint, LoadOptions, ProgressCallback, CancelCheck], DecoderRuntime]
NO_GPU = "no supported GPU was found"
GPU_DISABLED = "GPUs are switched off in the settings"


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to open a model; the device's name and the reason for choosing it are shown in the window.

    `fallback` chooses again if it fails, as on a GPU that is too small, or whose driver is too old.
    """

    device: str
    reason: str
    open: OpenRuntime
    fallback: "Choose | None" = None


Choose = Callable[[LoadOptions], Choice]


@dataclass(frozen=True, slots=True)
class Runtime:
    """A row of RUNTIMES: `probe` returns how to open a model with it, or None if it cannot answer on this machine."""

    name: str
    probe: Callable[[LoadOptions], Choice | None]


def choose_runtime(options: LoadOptions) -> Choice:
    """Return the best choice for this machine among what `options` allow."""
    _add_gpu_packages(options)
    choice = next(choice for runtime in RUNTIMES if (choice := runtime.probe(options)))
    return choice if options.graphics_card else replace(choice, reason=GPU_DISABLED)


def safer_options(options: LoadOptions, choice: Choice) -> LoadOptions | None:
    """Return options for the precision after that of `choice`: the CPU's own after a GPU's, then 32 bits, then None.

    16-bit floats of some GPUs end at 65,504, bfloat16 and 32 bits at 3e38.
    """
    if choice.fallback is not None:
        return replace(options, graphics_card=False)
    from app.engine.runtimes.openvino.devices import cpu_has_16_bits  # noqa: PLC0415 - only what is used is imported

    return replace(options, in_32_bits=True) if not options.in_32_bits and cpu_has_16_bits() else None


def runtimes_report(options: LoadOptions) -> str:
    """Return the runtimes in order of preference: each "no", the device of the one that answers, or "not probed"."""
    _add_gpu_packages(options)
    outcomes = []
    is_found = False
    for runtime in RUNTIMES:
        outcome, is_found = ("not probed", True) if is_found else _outcome(runtime, options)
        outcomes.append(f"{runtime.name}: {outcome}")
    return "; ".join(outcomes)


def _outcome(runtime: Runtime, options: LoadOptions) -> tuple[str, bool]:
    try:
        choice = runtime.probe(options)
    except Exception as error:  # noqa: BLE001 - a driver may fail in any way, which is what a report is for
        return f"failed ({kind_of(error)})", False
    return (choice.device, True) if choice else ("no", False)


def _add_gpu_packages(options: LoadOptions) -> None:
    if options.gpu_packages_folder and options.gpu_packages_folder not in sys.path:
        sys.path.append(options.gpu_packages_folder)  # After all others: the application's own packages come first.


def _torch_on_gpu(options: LoadOptions) -> Choice | None:
    if not options.graphics_card or not could_have_gpu():
        return None
    choice = torch_choice(options)
    return choice if choice.fallback else None


def _openvino_on_gpu(options: LoadOptions) -> Choice | None:
    if not options.graphics_card or not find_spec("openvino"):
        return None
    choice = openvino_choice(options)
    return choice if choice.fallback else None


def _cpu_name(options: LoadOptions) -> str:
    return "CPU (fp32)" if options.in_32_bits else "CPU"


def _cpu(options: LoadOptions) -> Choice | None:
    return Choice(_cpu_name(options), NO_GPU, open_on_cpu) if find_spec("openvino") else None


def _torch_on_cpu(options: LoadOptions) -> Choice | None:
    return torch_choice(replace(options, graphics_card=False))


RUNTIMES = (
    Runtime("torch on a GPU", _torch_on_gpu),
    Runtime("OpenVINO on an Intel GPU", _openvino_on_gpu),
    Runtime("OpenVINO or ONNX Runtime on the CPU", _cpu),
    Runtime("torch on the CPU", _torch_on_cpu),
)


def could_have_gpu() -> bool:
    """Return whether this build of torch may find a usable GPU, without importing it."""
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
    """Choose the torch runtime on the best device that torch finds."""
    from app.engine.runtimes.torch.devices import choose_device  # noqa: PLC0415 - torch is slow to import
    from app.engine.runtimes.torch.runtime import TorchRuntime  # noqa: PLC0415

    device = choose_device(allow_gpu=options.graphics_card)
    fallback = choose_runtime if device.is_gpu else None
    return Choice(device.name, device.reason or NO_GPU, partial(TorchRuntime, device), fallback)


def openvino_choice(options: LoadOptions) -> Choice:
    """Choose the OpenVINO runtime on an Intel GPU, or on the CPU."""
    from app.engine.runtimes.openvino.devices import CPU, choose_device  # noqa: PLC0415 - only what is used is imported
    from app.engine.runtimes.openvino.runtime import OpenVinoRuntime  # noqa: PLC0415

    device = choose_device() if options.graphics_card else CPU
    fallback = choose_runtime if device.is_gpu else None
    return Choice(device.name, device.reason or NO_GPU, partial(OpenVinoRuntime, device), fallback)


def onnxruntime_choice(_: LoadOptions) -> Choice:
    """Choose ONNX Runtime's language model on the CPU."""
    from app.engine.runtimes.onnxruntime.runtime import OnnxRuntime  # noqa: PLC0415 - only what is used is imported

    return Choice("CPU", NO_GPU, OnnxRuntime)


def open_on_cpu(
    checkpoint: Checkpoint, options: LoadOptions, progress: ProgressCallback, check: CancelCheck
) -> DecoderRuntime:
    """Open the runtime that is faster on this CPU.

    OpenVINO is faster if the CPU computes in 16 bits, which it then does for everything, and for 16-bit weights.
    Otherwise ONNX Runtime multiplies 4-bit weights in 8 bits, which OpenVINO does not. Raises CheckpointError if
    the weights are larger than this machine's memory: it would be busy with its disk, or end the process.
    """
    from app.engine.runtimes.openvino.devices import CPU, cpu_has_16_bits  # noqa: PLC0415
    from app.engine.runtimes.openvino.runtime import OpenVinoRuntime  # noqa: PLC0415

    _check_memory(checkpoint)
    if checkpoint.quantization is None or cpu_has_16_bits():
        return OpenVinoRuntime(CPU, checkpoint, options, progress, check)
    return onnxruntime_choice(options).open(checkpoint, options, progress, check)


def _check_memory(checkpoint: Checkpoint) -> None:
    needed = sum(entry.end - entry.begin for entry in checkpoint.tensors.entries.values())
    if needed > (there := machine_memory()):
        sizes = {"needed": gigabytes_needed(needed), "there": gigabytes_there(there)}
        raise CheckpointError(checkpoint_texts.TOO_LARGE, **sizes)
