"""What the window says: the wording of states, figures and sizes, in one place."""

from datetime import date, timedelta

from app.domain.attachments import Attachment
from app.domain.batch import BatchState, ItemState, Output, Progress
from app.domain.chat import DEFAULT_TITLE, Author, Conversation, Message, MessageState
from app.domain.doubt import DoubtfulWord
from app.domain.engine_status import EngineState, EngineStatus, Stage
from app.domain.errors import Problem, ProblemKind
from app.domain.generation import DEMO_NAME, AnswerStats, GenerationOptions
from app.domain.places_files import PlacesForm
from app.domain.presets import BUILT_IN, Preset
from app.domain.reader_choice import ReaderChoice
from app.domain.settings import Language, ThemeChoice
from app.domain.visual_cost import frames_seen, size_seen, tokens_of
from app.ui.translation import mark, tr, tr_count

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"

_ACTIVITIES = {
    Stage.STARTING: mark("Starting the engine"),
    Stage.CHECKING: mark("Checking the model"),
    Stage.LOADING: mark("Loading the model"),
    Stage.WARMING_UP: mark("Warming up"),
    Stage.LOOKING: mark("Looking at the image"),
    Stage.THINKING: mark("Thinking"),
    Stage.READING: mark("Reading"),
}

_ENDS = {
    MessageState.STOPPED: mark("Stopped"),
    MessageState.CUT_OFF: mark("Cut off at the length limit"),
    MessageState.REPEATING: mark("Stopped because it repeated itself"),
    MessageState.INTERRUPTED: mark("Interrupted when Lorgnette was closed"),
}


def activity(stage: Stage, progress: float) -> str:
    """Such as "Looking at the image · 40 %"."""
    words = tr(_ACTIVITIES[stage])
    return f"{words} · {percent(progress)}" if progress > 0 else f"{words} …"


def engine_status(status: EngineStatus) -> str:
    """The engine's state for the status line."""
    match status.state:
        case EngineState.NO_MODEL:
            return tr("No model · Read text works")
        case EngineState.LOADING:
            return activity(status.stage, status.progress)
        case EngineState.READY if status.info:
            words = mark("Demo model · Ready on {device}") if status.info.is_demo else mark("Ready on {device}")
            return tr(words, device=status.info.device)
        case EngineState.RESTING:
            return tr("Not in memory · opens when asked")
        case EngineState.DIED:
            return tr("The engine stopped")
        case _:
            return tr("The model could not be opened")


def engine_details(status: EngineStatus) -> str:
    """The rest of the engine's state, for a tooltip."""
    if status.info:
        info = status.info
        context = tr("{count} tokens of context", count=number(info.context_length))
        device = tr("Runs on {device}: {reason}.", device=info.device, reason=info.device_reason)
        if info.server:
            return tr("{name} answers at {host}.", name=info.name, host=info.server)
        return f"{model_name(info.name)}\n{info.scheme} · {context}\n{device}"
    return status.problem.sentence if status.problem else tr("Choose a model folder to ask questions about images.")


def answer_footer(message: Message) -> str:
    """Who answered, how it ended, and its figures."""
    parts = [tr("Built-in reader") if message.author is Author.READER else model_name(message.model_name)]
    if message.state in _ENDS:
        parts.append(tr(_ENDS[message.state]))
    if message.stats:
        parts += _figures(message.stats)
    if message.page is not None:
        count = len(message.text.splitlines())
        parts.append(tr_count("{count} line", "{count} lines", count))
    return " · ".join(part for part in parts if part)


def image_details(attachment: Attachment) -> str:
    """Size and pixels of an image, and what it is a part of."""
    details = f"{pixels(attachment)} · {file_size(attachment.byte_size)}"
    if part := attachment.part_of:
        place = tr(
            "from {name}, {left} px from its left, {top} px from its top",
            name=part.name,
            left=number(part.left),
            top=number(part.top),
        )
        return f"{details} · {place}"
    return details


def places_form(form: PlacesForm) -> str:
    """What a form of places is called where it is chosen."""
    return {
        PlacesForm.JSON: tr("JSON, in pixels…"),
        PlacesForm.COCO: tr("COCO annotations…"),
        PlacesForm.PICTURE: tr("Picture with the places drawn on it…"),
    }[form]


def shown_size(attachment: Attachment, width: int, height: int) -> str:
    """Size and pixels of an image, and at how many it is shown where those are fewer."""
    details = image_details(attachment)
    is_whole = width * height >= attachment.width * attachment.height
    shown = tr("shown at {size}", size=extent(width, height))
    return details if is_whole else f"{details} · {shown}"


def seen_by_model(attachment: Attachment, options: GenerationOptions, pace: float) -> tuple[str, str]:
    """What an image is for the model: its tokens and seconds in short, and at which size it is seen in a sentence.

    `pace` is the seconds of a visual token; 0 where they are not known.
    """
    count = tokens_of(attachment, options)
    figures = {"size": extent(*size_seen(attachment, options)), "tokens": number(count)}
    sentence = tr("The model sees it at {size} pixels, as {tokens} tokens.", **figures)
    if attachment.is_video:
        figures["frames"] = number(frames_seen(attachment, options))
        sentence = tr("The model sees {frames} frames at {size} pixels, as {tokens} tokens.", **figures)
    if not pace:
        return tokens(count), sentence
    time = seconds(count * pace)
    return f"{tokens(count)} · {time}", f"{sentence} {tr('That takes about {seconds}.', seconds=time)}"


def doubt(word: DoubtfulWord) -> str:
    """How sure the model was of a word, and what it nearly wrote."""
    others = tr(", ").join(tr("“{word}” {share}", word=other, share=percent(share)) for other, share in word.others)
    said = tr("The model was {share} sure of this.", share=percent(word.probability))
    return "\n".join((said, tr("It nearly wrote {words}.", words=others))) if others else said


def context(used: int, waiting: int, capacity: int) -> tuple[str, str]:
    """How full the model's context is, in short and in a sentence; `waiting` are the tokens of images of the draft."""
    share = min(1.0, (used + waiting) / capacity)
    figures = {"used": number(used), "capacity": number(capacity)}
    if waiting:
        words = mark(
            "This chat has {used} of the {capacity} tokens that the model can hold, and the images below add {waiting}."
        )
        sentence = tr(words, **figures, waiting=number(waiting))
    else:
        sentence = tr("This chat has {used} of the {capacity} tokens that the model can hold.", **figures)
    if round(100 * share) >= 100:
        sentence += " " + tr("That is too much: start a new chat, or use fewer or smaller images.")
    return percent(share), sentence


def seconds(duration: float) -> str:
    """A duration that need not be exact."""
    if duration < 1:
        return tr("{count} s", count=1)
    return (
        tr("{count} s", count=f"{duration:.0f}") if duration < 100 else tr("{count} min", count=f"{duration / 60:.0f}")
    )


def places(count: int) -> str:
    """The label of the link that shows what an answer names."""
    return tr_count("Show on the image", "Show {count} places on the image", count)


def pixels(attachment: Attachment) -> str:
    """Such as "1 080 × 1 920", how many pages there are where there are several, and how long a film is."""
    size = extent(attachment.width, attachment.height)
    if attachment.is_video:
        return f"{size} · {clock(attachment.seconds)}"
    if attachment.frames == 1:
        return size
    return f"{size} · {tr_count('first of {count} page', 'first of {count} pages', attachment.frames)}"


def clock(duration: float) -> str:
    """Seconds as players show them, such as "1:05"."""
    whole = round(duration)
    return f"{whole // 60}:{whole % 60:02}"


def extent(width: int, height: int) -> str:
    """Such as "1 080 × 1 920"."""
    return tr("{width} × {height}", width=number(width), height=number(height))


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


def percent(share: float) -> str:
    """A share of one."""
    return f"{round(share * 100)}{THIN_SPACE}%"


def tokens(count: int) -> str:
    """Such as "1 024 tokens"."""
    return tr_count("{count} token", "{count} tokens", count, count=number(count))


def model_name(name: str) -> str:
    """A model's name, which is translated where it is the one that ships along."""
    return tr(DEMO_NAME) if name == DEMO_NAME else name


def chat_title(conversation: Conversation) -> str:
    """A chat's title, which is translated where nobody has given it one."""
    return tr("New chat") if conversation.title == DEFAULT_TITLE else conversation.title


def built_in_presets() -> tuple[Preset, ...]:
    """The presets that ship along, under names in the user's language."""
    return tuple(Preset(tr(preset.name), preset.prompt) for preset in BUILT_IN)


def language(choice: Language) -> str:
    """A language by its own name, so that everybody finds the one they can read."""
    return {
        Language.SYSTEM: tr("As the desktop"),
        Language.ENGLISH: "English",
        Language.GERMAN: "Deutsch",
        Language.CHINESE: "简体中文",
        Language.JAPANESE: "日本語",
        Language.SPANISH: "Español",
        Language.ARABIC: "العربية",
    }[choice]


def theme(choice: ThemeChoice) -> str:
    """The name of an appearance."""
    return {
        ThemeChoice.SYSTEM: tr("As the desktop"),
        ThemeChoice.LIGHT: tr("Light"),
        ThemeChoice.DARK: tr("Dark"),
    }[choice]


def day_group(day: date, today: date) -> str:
    """The heading under which a chat of that day stands."""
    if day >= today:
        return tr("Today")
    if day == today - timedelta(days=1):
        return tr("Yesterday")
    return tr("Last 7 days") if day > today - timedelta(days=7) else tr("Earlier")


def image_count(count: int) -> str:
    """Such as "3 images"."""
    return tr_count("{count} image", "{count} images", count) if count else tr("No images")


def batch_output(output: Output) -> str:
    """What a form of output is called where it is chosen."""
    return {
        Output.TEXT: tr("Text"),
        Output.MARKDOWN: "Markdown",
        Output.JSON: "JSON",
        Output.PDF: tr("Searchable PDF"),
        Output.SPREADSHEET: tr("Spreadsheet"),
    }[output]


def reader_choice(choice: ReaderChoice) -> str:
    """Who reads."""
    return {
        ReaderChoice.AUTO: tr("Built-in reader, the model where it is unsure"),
        ReaderChoice.BUILT_IN: tr("Built-in reader"),
        ReaderChoice.MODEL: tr("Model"),
    }[choice]


def item_state(state: ItemState) -> str:
    """How far an image of a batch is."""
    return {
        ItemState.WAITING: tr("Waiting"),
        ItemState.WRITING: tr("Waiting"),
        ItemState.DONE: tr("Done"),
        ItemState.FAILED: tr("Not done"),
    }[state]


def batch_progress(progress: Progress, state: BatchState) -> str:
    """Such as "340 of 1 000 · 3 not done · about 12 min left"."""
    over = progress.total - progress.left
    parts = [tr("{over} of {total}", over=number(over), total=number(progress.total))]
    if progress.failed:
        parts.append(tr("{count} not done", count=number(progress.failed)))
    if progress.earlier:
        parts.append(tr("{count} done before", count=number(progress.earlier)))
    if state is BatchState.PAUSED:
        parts.append(tr("paused"))
    elif state is BatchState.RUNNING and progress.seconds_left is not None:
        parts.append(tr("about {time} left", time=seconds(progress.seconds_left)))
    return " · ".join(parts)


_REMEDIES = {
    ProblemKind.DOCUMENT: mark("Open as a document"),
    ProblemKind.ENGINE: mark("Restart engine"),
    ProblemKind.MODEL_MISSING: mark("Choose model…"),
    ProblemKind.CHECKPOINT: mark("Choose model…"),
    ProblemKind.DELETED: mark("Undo"),
    ProblemKind.BATCH: mark("Show the batch"),
    ProblemKind.RELEASE: mark("Open its page"),
}


def remedy(problem: Problem) -> str:
    """The label of the button that helps with this problem, empty where none does."""
    name = _REMEDIES.get(problem.kind)
    return tr(name) if name else ""


def _figures(stats: AnswerStats) -> list[str]:
    figures = [tokens(stats.new_tokens)]
    if stats.tokens_per_second:
        speed = stats.tokens_per_second
        figures.append(tr("{count} tok/s", count=f"{speed:.3g}" if speed < 100 else number(round(speed))))
    figures.append(tr("first token {count} s", count=f"{stats.first_token_seconds:.1f}"))
    return figures
