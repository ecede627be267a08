"""The wording for downloads of models: sizes, verdicts with their arithmetic, and progress."""

from app.domain.models.downloads import DownloadProgress, DownloadStage
from app.domain.models.gpu_support import GpuSupport, GpuSupportState
from app.domain.models.model_catalog import ModelShape
from app.domain.models.model_fit import Fit, MemoryNeed, Verdict, converted_bytes, weight_bytes
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import decimal, mark, tr

GIGA = 1000**3
MEGA = 1000**2
_VERDICTS = {
    Verdict.FITS: mark("Fits this computer"),
    Verdict.TIGHT: mark("Tight fit: close other programs first"),
    Verdict.DOES_NOT_FIT: mark("Too large for this computer"),
}
_STAGES = {
    DownloadStage.ASKING: mark("Contacting the server…"),
    DownloadStage.CHECKING: mark("Checking existing files"),
    DownloadStage.LOADING: mark("Downloading"),
    DownloadStage.WAITING: mark("Waiting for the server"),
    DownloadStage.UNPACKING: mark("Unpacking"),
    DownloadStage.PAUSED: mark("Paused"),
}


def size(count: int) -> str:
    """Format bytes in decimal units, as disks and connections are sold."""
    if count < GIGA:
        return f"{decimal(count / MEGA, 1 if count < 100 * MEGA else 0)} MB"
    return f"{decimal(count / GIGA, 1)} GB"


def verdict(fit: Fit) -> str:
    """Return in a few words whether a model fits."""
    return tr(_VERDICTS[fit.verdict])


def gpu_driver(gpu: GpuSupportState) -> str:
    """Return a text on whether the NVIDIA GPU's driver is new enough."""
    if gpu.is_driver_too_old:
        needed = gpu.support.driver
        return tr(
            "The NVIDIA driver is too old: {version} is installed, {needed} is required",
            version=gpu.driver,
            needed=needed,
        )
    return tr("An NVIDIA driver was found")


def gpu_support_release(support: GpuSupport) -> str:
    """Return the components of the support for NVIDIA GPUs."""
    return f"torch {support.torch}, CUDA {support.cuda}"


def arithmetic(fit: Fit, on_gpu: MemoryNeed, context: int, shape: ModelShape) -> str:
    """Return the terms of the verdict, one per line, their sum, and the memory and disk space available."""
    need, machine = fit.need, fit.machine
    lines = [
        tr("Weights: {size}", size=size(need.weights)),
        tr("4-bit copy of the output head: {size}", size=size(need.head)),
        tr("Context, up to {count} tokens: {size}", count=ui_text.number(context), size=size(need.chats)),
        tr("Image cache: {size}", size=size(need.images)),
        tr("Processing one image, about: {size}", size=size(need.looking)),
        tr("Process overhead, about: {size}", size=size(need.runtime)),
        tr(
            "Total: {size}. This computer has {memory}, of which {free} is free.",
            size=size(need.total), memory=size(machine.memory), free=size(machine.free_memory),
        ),
        tr("On a GPU: {size} of its own memory.", size=size(on_gpu.total)),
        tr("Context memory is allocated as chats grow."),
        tr(
            "Disk: {size}, and {copy} for a converted copy when it is first opened. {free} is free.",
            size=size(weight_bytes(shape)), copy=size(converted_bytes(shape)), free=size(machine.free_disk),
        ),
    ]  # fmt: skip
    return "\n".join(lines)


def progress(state: DownloadProgress, bytes_per_second: float) -> str:
    """Return a download's progress, speed, and remaining time."""
    parts = [tr(_STAGES[state.stage])]
    if state.wait_seconds:
        parts[0] = tr("Waiting for the server · retrying in {count} s", count=f"{state.wait_seconds:.0f}")
    if state.total:
        parts.append(tr("{done} of {total}", done=size(state.done), total=size(state.total)))
    if bytes_per_second > 0 and state.stage is DownloadStage.LOADING:
        parts.append(tr("{size}/s", size=size(round(bytes_per_second))))
        parts.append(tr("{time} left", time=_time((state.total - state.done) / bytes_per_second)))
    return " · ".join(parts)


def _time(seconds: float) -> str:
    if seconds < 100:
        return tr("{count} s", count=f"{seconds:.0f}")
    if seconds < 100 * 60:
        return tr("{count} min", count=f"{seconds / 60:.0f}")
    return tr("{count} h", count=f"{seconds / 3600:.0f}")
