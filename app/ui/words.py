"""What the window says: the wording of states, figures and sizes, in one place."""

from datetime import date, timedelta

from app.domain.attachments import Attachment
from app.domain.chat import Author, Message, MessageState
from app.domain.doubt import DoubtfulWord
from app.domain.engine_status import EngineState, EngineStatus, Stage
from app.domain.errors import Problem, ProblemKind
from app.domain.generation import AnswerStats
from app.domain.places_files import PlacesForm
from app.domain.settings import ThemeChoice
from app.domain.visual_tokens import seen_size, visual_tokens

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"

_ACTIVITIES = {
    Stage.STARTING: "Starting the engine",
    Stage.CHECKING: "Checking the model",
    Stage.LOADING: "Loading the model",
    Stage.WARMING_UP: "Warming up",
    Stage.LOOKING: "Looking at the image",
    Stage.THINKING: "Thinking",
    Stage.READING: "Reading",
}

_ENDS = {
    MessageState.STOPPED: "Stopped",
    MessageState.CUT_OFF: "Cut off at the length limit",
    MessageState.REPEATING: "Stopped because it repeated itself",
    MessageState.INTERRUPTED: "Interrupted when Lorgnette was closed",
}


def activity(stage: Stage, progress: float) -> str:
    """Such as "Looking at the image · 40 %"."""
    words = _ACTIVITIES[stage]
    return f"{words} · {round(progress * 100)}{THIN_SPACE}%" if progress > 0 else f"{words} …"


def engine_status(status: EngineStatus) -> str:
    """The engine's state for the status line."""
    match status.state:
        case EngineState.NO_MODEL:
            return "No model · Read text works"
        case EngineState.LOADING:
            return activity(status.stage, status.progress)
        case EngineState.READY if status.info:
            demo = "Demo model · " if status.info.is_demo else ""
            return f"{demo}Ready on {status.info.device}"
        case EngineState.DIED:
            return "The engine stopped"
        case _:
            return "The model could not be opened"


def engine_details(status: EngineStatus) -> str:
    """The rest of the engine's state, for a tooltip."""
    if status.info:
        info = status.info
        context = f"{number(info.context_length)} tokens of context"
        return f"{info.name}\n{info.scheme} · {context}\nRuns on {info.device}: {info.device_reason}."
    return status.problem.sentence if status.problem else "Choose a model folder to ask questions about images."


def answer_footer(message: Message) -> str:
    """Who answered, how it ended, and its figures."""
    parts = ["Built-in reader" if message.author is Author.READER else message.model_name]
    if message.state in _ENDS:
        parts.append(_ENDS[message.state])
    if message.stats:
        parts += _figures(message.stats)
    if message.page is not None:
        count = len(message.text.splitlines())
        parts.append(f"{count} line" if count == 1 else f"{count} lines")
    return " · ".join(part for part in parts if part)


def image_details(attachment: Attachment) -> str:
    """Size and pixels of an image, and what it is a part of."""
    details = f"{pixels(attachment)} · {file_size(attachment.byte_size)}"
    if part := attachment.part_of:
        return f"{details} · from {part.name}, {number(part.left)} px from its left, {number(part.top)} px from its top"
    return details


def places_form(form: PlacesForm) -> str:
    """What a form of places is called where it is chosen."""
    return {
        PlacesForm.JSON: "JSON, in pixels…",
        PlacesForm.COCO: "COCO annotations…",
        PlacesForm.PICTURE: "Picture with the places drawn on it…",
    }[form]


def shown_size(attachment: Attachment, width: int, height: int) -> str:
    """Size and pixels of an image, and at how many it is shown where those are fewer."""
    details = image_details(attachment)
    is_whole = width * height >= attachment.width * attachment.height
    return details if is_whole else f"{details} · shown at {number(width)} × {number(height)}"


def seen_by_model(attachment: Attachment, pixel_budget: int, pace: float) -> tuple[str, str]:
    """What an image is for the model: its tokens and seconds in short, and at which size it is seen in a sentence.

    `pace` is the seconds of a visual token; 0 where they are not known.
    """
    size = (attachment.width, attachment.height)
    wide, high = seen_size(*size, pixel_budget)
    count = visual_tokens(*size, pixel_budget)
    tokens = number(count)
    sentence = f"The model sees it at {number(wide)} × {number(high)} pixels, as {tokens} tokens"
    if not pace:
        return f"{tokens} tokens", f"{sentence}."
    return f"{tokens} tokens · {seconds(count * pace)}", f"{sentence}; that takes about {seconds(count * pace)}."


def doubt(word: DoubtfulWord) -> str:
    """How sure the model was of a word, and what it nearly wrote."""
    others = ", ".join(f"“{other}” {round(100 * share)}{THIN_SPACE}%" for other, share in word.others)
    said = f"The model was {round(100 * word.probability)}{THIN_SPACE}% sure of this."
    return f"{said}\nIt nearly wrote {others}." if others else said


def context(used: int, waiting: int, capacity: int) -> tuple[str, str]:
    """How full the model's context is, in short and in a sentence; `waiting` are the tokens of images of the draft."""
    share = round(100 * min(1.0, (used + waiting) / capacity))
    images = f", and the images below add {number(waiting)}" if waiting else ""
    sentence = f"This chat has {number(used)} of the {number(capacity)} tokens that the model can hold{images}."
    if share >= 100:
        sentence += " That is too much: start a new chat, or use fewer or smaller images."
    return f"{share}{THIN_SPACE}%", sentence


def seconds(duration: float) -> str:
    """A duration that need not be exact."""
    if duration < 1:
        return "1 s"
    return f"{duration:.0f} s" if duration < 100 else f"{duration / 60:.0f} min"


def places(count: int) -> str:
    """The label of the link that shows what an answer names."""
    return "Show on the image" if count == 1 else f"Show {count} places on the image"


def pixels(attachment: Attachment) -> str:
    """Such as "1 080 × 1 920", and how many pages there are where there are several."""
    size = f"{number(attachment.width)} × {number(attachment.height)}"
    return size if attachment.frames == 1 else f"{size} · first of {attachment.frames} pages"


def file_size(count: int) -> str:
    """Bytes in a unit that keeps the figure short."""
    if count < 1024:
        return f"{count} B"
    if count < 1024 * 1024:
        return f"{count / 1024:.0f} kB"
    return f"{count / 1024 / 1024:.1f} MB"


def number(count: int) -> str:
    """Digits in groups of three."""
    return f"{count:,}".replace(",", THIN_SPACE)


def theme(choice: ThemeChoice) -> str:
    """The name of an appearance."""
    return {ThemeChoice.SYSTEM: "As the desktop", ThemeChoice.LIGHT: "Light", ThemeChoice.DARK: "Dark"}[choice]


def day_group(day: date, today: date) -> str:
    """The heading under which a chat of that day stands."""
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return "Last 7 days" if day > today - timedelta(days=7) else "Earlier"


def image_count(count: int) -> str:
    """Such as "3 images"."""
    return "No images" if count == 0 else "1 image" if count == 1 else f"{count} images"


def remedy(problem: Problem) -> str:
    """The label of the button that helps with this problem, empty where none does."""
    match problem.kind:
        case ProblemKind.ENGINE:
            return "Restart engine"
        case ProblemKind.MODEL_MISSING | ProblemKind.CHECKPOINT:
            return "Choose model…"
        case ProblemKind.DELETED:
            return "Undo"
        case _:
            return ""


def _figures(stats: AnswerStats) -> list[str]:
    figures = [f"{number(stats.new_tokens)} tokens"]
    if stats.tokens_per_second:
        speed = stats.tokens_per_second
        figures.append(f"{speed:.3g} tok/s" if speed < 100 else f"{number(round(speed))} tok/s")
    figures.append(f"first token {stats.first_token_seconds:.1f} s")
    return figures
