"""What the window says about models on their way: sizes, verdicts with their arithmetic, and how far a download is."""

from app.domain.card_support import CardState, CardSupport
from app.domain.downloads import DownloadProgress, DownloadStage
from app.domain.model_fit import Fit, MemoryNeed, Verdict
from app.ui import words
from app.ui.translation import mark, tr

GIGA = 1000**3
MEGA = 1000**2
_VERDICTS = {
    Verdict.FITS: mark("Fits this machine"),
    Verdict.TIGHT: mark("Tight: close other programs first"),
    Verdict.DOES_NOT_FIT: mark("Does not fit this machine"),
}
_STAGES = {
    DownloadStage.ASKING: mark("Asking the server …"),
    DownloadStage.CHECKING: mark("Checking what is there"),
    DownloadStage.LOADING: mark("Downloading"),
    DownloadStage.WAITING: mark("Waiting for the server"),
    DownloadStage.UNPACKING: mark("Unpacking"),
    DownloadStage.PAUSED: mark("Paused"),
}


def size(count: int) -> str:
    """Bytes as disks and lines are sold: powers of ten."""
    if count < GIGA:
        return f"{count / MEGA:.1f} MB" if count < 100 * MEGA else f"{count / MEGA:.0f} MB"
    return f"{count / GIGA:.1f} GB"


def verdict(fit: Fit) -> str:
    """Whether a model fits, in a few words."""
    return tr(_VERDICTS[fit.verdict])


def card_driver(card: CardState) -> str:
    """Whether the driver of this machine's NVIDIA card is new enough."""
    if card.is_driver_too_old:
        needed = card.support.driver
        return tr(
            "The NVIDIA driver is too old: it is {version}, and {needed} is needed", version=card.driver, needed=needed
        )
    return tr("An NVIDIA driver was found")


def card_release(support: CardSupport) -> str:
    """What the support for NVIDIA cards consists of."""
    return f"torch {support.torch}, CUDA {support.cuda}"


def arithmetic(fit: Fit, on_card: MemoryNeed, context: int) -> str:
    """The terms that the verdict was made of, one a line, their sum, and what there is."""
    need, machine = fit.need, fit.machine
    lines = [
        tr("Weights: {size}", size=size(need.weights)),
        tr("4-bit copy of the output head: {size}", size=size(need.head)),
        tr("Chats, at most {count} tokens: {size}", count=words.number(context), size=size(need.chats)),
        tr("What was seen of images: {size}", size=size(need.images)),
        tr("Looking at one image, about: {size}", size=size(need.looking)),
        tr("The process itself, about: {size}", size=size(need.runtime)),
        tr(
            "Together {size}; this machine has {memory}, of which {free} are free.",
            size=size(need.total), memory=size(machine.memory), free=size(machine.free_memory),
        ),
        tr("On a graphics card: {size} of its own memory.", size=size(on_card.total)),
        tr("Chats take their memory as they grow."),
    ]  # fmt: skip
    return "\n".join(lines)


def progress(state: DownloadProgress, bytes_per_second: float) -> str:
    """How far a download is, how fast it comes, and how long it will take."""
    parts = [tr(_STAGES[state.stage])]
    if state.wait_seconds:
        parts[0] = tr("Waiting for the server · next try in {count} s", count=f"{state.wait_seconds:.0f}")
    if state.total:
        parts.append(tr("{done} of {total}", done=size(state.done), total=size(state.total)))
    if bytes_per_second > 0 and state.stage is DownloadStage.LOADING:
        parts.append(tr("{size} a second", size=size(round(bytes_per_second))))
        parts.append(tr("{time} left", time=_time((state.total - state.done) / bytes_per_second)))
    return " · ".join(parts)


def _time(seconds: float) -> str:
    if seconds < 100:
        return tr("{count} s", count=f"{seconds:.0f}")
    if seconds < 100 * 60:
        return tr("{count} min", count=f"{seconds / 60:.0f}")
    return tr("{count} h", count=f"{seconds / 3600:.0f}")
