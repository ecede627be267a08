"""The wording of states, figures and sizes in the user interface."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.domain.backups import Amount
from app.domain.batch.batch import BatchProgress, BatchState, ItemState, LeftOut, Output
from app.domain.chat.chat import DEFAULT_TITLE, Author, Conversation, Message, MessageState
from app.domain.chat.presets import BUILT_IN, Preset
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.error_texts import server_texts
from app.domain.errors import Problem, ProblemKind
from app.domain.images.attachments import Attachment
from app.domain.images.detection_formats import DetectionFormat
from app.domain.models.answer_stats import AnswerStats
from app.domain.models.engine_status import EngineState, EngineStatus, Stage
from app.domain.models.model_info import DEMO_NAME
from app.domain.settings.settings import ThemeChoice, UiLanguage
from app.domain.text.confidence import LowConfidenceWord
from app.domain.text.visible_text import visible
from app.ui.widgets.i18n import decimal, grouped, joined, locale, mark, tr, tr_count
from app.ui.widgets.problem_text import problem_sentence

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"

_ACTIVITIES = {
    Stage.STARTING: mark("Starting the engine"),
    Stage.CHECKING: mark("Checking the model"),
    Stage.LOADING: mark("Loading the model"),
    Stage.WARMING_UP: mark("Warming up"),
    Stage.ENCODING_IMAGE: mark("Processing the image"),
    Stage.PREFILLING: mark("Processing the prompt"),
    Stage.READING: mark("Reading text"),
}

_ENDS = {
    MessageState.STOPPED: mark("Stopped"),
    MessageState.CUT_OFF: mark("Stopped at the length limit"),
    MessageState.REPEATING: mark("Stopped because the answer repeated itself"),
    MessageState.INTERRUPTED: mark("Interrupted when Lorgnette was closed"),
}


def activity(stage: Stage, progress: float) -> str:
    """Return the wording of a stage, with its progress as a percentage."""
    words = tr(_ACTIVITIES[stage])
    return f"{words} · {percent(progress)}" if progress > 0 else tr("{activity}…", activity=words)


def engine_status(status: EngineStatus) -> str:
    """Return the engine's state for the status line."""
    return tr("The engine is not responding") if status.is_silent else _engine_state(status)


def _engine_state(status: EngineStatus) -> str:
    match status.state:
        case EngineState.NO_MODEL:
            return tr("No model · Read text available")
        case EngineState.LOADING:
            return activity(status.stage, status.progress)
        case EngineState.READY if status.info:
            is_demo = status.info.policy.is_placeholder
            words = mark("Demo model · Ready on {device}") if is_demo else mark("Ready on {device}")
            return tr(words, device=status.info.device)
        case EngineState.UNLOADED:
            return tr("Unloaded · reloads with the next question")
        case EngineState.DIED:
            return tr("The engine stopped")
        case _:
            return tr("The model could not be loaded")


def engine_details(status: EngineStatus) -> str:
    """Return the details of the engine's state, for a tooltip."""
    if status.info:
        info = status.info
        context = tr("{count} tokens of context", count=number(info.context_length))
        device = tr("Runs on {device}: {reason}.", device=info.device, reason=info.device_reason)
        if info.server:
            return tr("{name} answers at {host}.", name=info.name, host=info.server)
        return joined("\n", (model_name(info.name), f"{info.scheme} · {context}", device))
    return (
        problem_sentence(status.problem)
        if status.problem
        else tr("To ask questions about images, choose a model folder.")
    )


def answer_footer(message: Message) -> str:
    """Return an answer's author, how it ended, and its lines if they were read."""
    parts = [tr("Built-in OCR") if message.author is Author.READER else model_name(message.model_name)]
    if message.state in _ENDS:
        parts.append(tr(_ENDS[message.state]))
    if message.page is not None:
        count = len(message.text.splitlines())
        parts.append(tr_count("{count} line", "{count} lines", count))
    return " · ".join(part for part in parts if part)


def answer_figures(message: Message) -> str:
    """Return an answer's tokens and speed; empty if they are unknown."""
    return " · ".join(_figures(message.stats)) if message.stats else ""


def image_details(attachment: Attachment) -> str:
    """Return the size and pixels of an image, and the image that it was cropped from."""
    details = f"{pixels(attachment)} · {file_size(attachment.byte_size)}"
    if part := attachment.part_of:
        place = tr(
            "cropped from {name} at ({left}, {top}) px",
            name=part.name,
            left=number(part.left),
            top=number(part.top),
        )
        return joined(" · ", (details, place))
    return details


def detection_format(form: DetectionFormat) -> str:
    """Return the name of a format of exported detections."""
    return {
        DetectionFormat.JSON: tr("JSON, in pixels…"),
        DetectionFormat.COCO: tr("COCO annotations…"),
        DetectionFormat.PICTURE: tr("Image with boxes…"),
    }[form]


def shown_size(attachment: Attachment, width: int, height: int) -> str:
    """Return the size and pixels of an image, and the displayed pixels if those are fewer."""
    details = image_details(attachment)
    is_whole = width * height >= attachment.width * attachment.height
    shown = tr("displayed at {size}", size=extent(width, height))
    return details if is_whole else joined(" · ", (details, shown))


def doubt(word: LowConfidenceWord) -> str:
    """Return the model's confidence in a word, and the alternatives."""
    alternatives = (tr("“{word}” {share}", word=other, share=percent(share)) for other, share in word.others)
    others = joined(tr(", "), alternatives)
    said = tr("Model confidence: {share}", share=percent(word.probability))
    return joined("\n", (said, tr("Alternatives: {words}", words=others))) if others else said


def seconds(duration: float) -> str:
    """Format a duration roughly."""
    if duration < 1:
        return tr("{count} s", count=1)
    return (
        tr("{count} s", count=f"{duration:.0f}") if duration < 100 else tr("{count} min", count=f"{duration / 60:.0f}")
    )


def places(count: int) -> str:
    """Return the label of the link that shows an answer's detections."""
    return tr_count("Show on the image", "Show {count} boxes on the image", count)


def pixels(attachment: Attachment) -> str:
    """Return pixels such as "1 080 × 1 920", the number of pages if several, and the duration of a video."""
    size = extent(attachment.width, attachment.height)
    if attachment.is_video:
        return f"{size} · {clock(attachment.seconds)}"
    if attachment.frames == 1:
        return size
    return f"{size} · {tr_count('first of {count} page', 'first of {count} pages', attachment.frames)}"


def clock(duration: float) -> str:
    """Format seconds as in media players, such as "1:05"."""
    whole = round(duration)
    return f"{whole // 60}:{whole % 60:02}"


def extent(width: int, height: int) -> str:
    """Format pixels, such as "1 080 × 1 920"."""
    return tr("{width} × {height}", width=number(width), height=number(height))


def file_size(count: int) -> str:
    """Format bytes in a unit that keeps the figure short."""
    if count < 1024:
        return f"{count} B"
    if count < 1024 * 1024:
        return f"{count / 1024:.0f} kB"
    return f"{decimal(count / 1024 / 1024, 1)} MB"


def number(count: int) -> str:
    """Format a number with digits in groups of three, as the current language does."""
    return grouped(count)


def percent(share: float) -> str:
    """Format a share of one as a percentage; anything less than the whole is less than 100 %."""
    return f"{round(share * 100) if share >= 1 else min(round(share * 100), 99)}{THIN_SPACE}%"


def tokens(count: int) -> str:
    """Format a number of tokens, such as "1 024 tokens"."""
    return tr_count("{count} token", "{count} tokens", count, count=number(count))


def model_name(name: str) -> str:
    """Return a model's name, translated for the bundled one."""
    return tr(DEMO_NAME) if name == DEMO_NAME else name


def chat_title(conversation: Conversation) -> str:
    """Return a chat's title, or a translated default if it has none."""
    return tr("New chat") if conversation.title == DEFAULT_TITLE else visible(conversation.title)


def built_in_presets() -> tuple[Preset, ...]:
    """Return the bundled presets, with names in the user's language."""
    return tuple(Preset(tr(preset.name), preset.prompt) for preset in BUILT_IN)


def language(choice: UiLanguage) -> str:
    """Return the name of a language in that language, so that its speakers find it."""
    return {
        UiLanguage.SYSTEM: tr("Same as system"),
        UiLanguage.ENGLISH: "English",
        UiLanguage.GERMAN: "Deutsch",
        UiLanguage.CHINESE: "简体中文",
        UiLanguage.JAPANESE: "日本語",
        UiLanguage.SPANISH: "Español",
        UiLanguage.ARABIC: "العربية",
    }[choice]


def theme(choice: ThemeChoice) -> str:
    """Return the name of an appearance."""
    return {
        ThemeChoice.SYSTEM: tr("Same as system"),
        ThemeChoice.LIGHT: tr("Light"),
        ThemeChoice.DARK: tr("Dark"),
    }[choice]


def day_group(day: date, today: date) -> str:
    """Return the heading for the chats of a day."""
    if day >= today:
        return tr("Today")
    if day == today - timedelta(days=1):
        return tr("Yesterday")
    return tr("Last 7 days") if day > today - timedelta(days=7) else tr("Earlier")


def moment(made: datetime, now: datetime) -> str:
    """Format a moment in the time zone of `now`, such as "Friday 14:02", with the date if it is long ago."""
    then = made.astimezone(now.tzinfo)
    if now.date() - then.date() < timedelta(days=7):
        return f"{locale().standaloneDayName(then.isoweekday())} {then:%H:%M}"
    return f"{then:%Y-%m-%d %H:%M}"


def backup_amount(amount: Amount) -> str:
    """Format a backup's content, such as "212 chats, 1 930 images"."""
    chats = chat_count(amount.chats)
    images = tr_count("{count} image", "{count} images", amount.images, count=number(amount.images))
    return tr(", ").join((chats, images))


def chat_count(count: int) -> str:
    """Format a number of chats, such as "3 chats"."""
    return tr_count("{count} chat", "{count} chats", count, count=number(count))


def image_count(count: int) -> str:
    """Format a number of images, such as "3 images"."""
    return tr_count("{count} image", "{count} images", count, count=number(count)) if count else tr("No images")


def batch_output(output: Output) -> str:
    """Return the name of an output format."""
    return {
        Output.TEXT: tr("Text"),
        Output.MARKDOWN: "Markdown",
        Output.HTML: tr("Web page"),
        Output.WORD: tr("Word document"),
        Output.JSON: "JSON",
        Output.HOCR: tr("hOCR"),
        Output.ALTO: tr("ALTO XML"),
        Output.PDF: tr("Searchable PDF"),
        Output.SPREADSHEET: tr("Spreadsheet"),
        Output.ONE_TEXT: tr("One text file for all"),
    }[output]


def reader_choice(choice: ReaderChoice) -> str:
    """Return the name of a choice of reader: the built-in OCR or the model."""
    return {
        ReaderChoice.AUTO: tr("Built-in OCR, then the model if uncertain"),
        ReaderChoice.BUILT_IN: tr("Built-in OCR"),
        ReaderChoice.MODEL: tr("Model"),
    }[choice]


def item_state(state: ItemState, given: Sequence[str] = ()) -> str:
    """Return the state of a batch's image; `given` are the names of its files that differ from the requested ones."""
    if state is ItemState.DONE and given:
        return tr("Done: {names}", names=joined(tr(", "), (tr("“{name}”", name=name) for name in given)))
    return {
        ItemState.WAITING: tr("Waiting"),
        ItemState.WRITING: tr("Processing…"),
        ItemState.DONE: tr("Done"),
        ItemState.FAILED: tr("Failed"),
    }[state]


def batch_progress(progress: BatchProgress, state: BatchState) -> str:
    """Format a batch's progress: images done of all, failed ones, and the remaining time."""
    over = progress.total - progress.left
    parts = [tr("{over} of {total}", over=number(over), total=number(progress.total))]
    if progress.failed:
        parts.append(tr("{count} failed", count=number(progress.failed)))
    if progress.earlier:
        parts.append(tr("{count} already done", count=number(progress.earlier)))
    if state is BatchState.PAUSED:
        parts.append(tr("paused"))
    elif state is BatchState.WATCHING:
        parts.append(tr("watching for new files"))
    elif state is BatchState.RUNNING and progress.seconds_left is not None:
        parts.append(tr("about {time} left", time=seconds(progress.seconds_left)))
    return " · ".join(parts)


def left_out(left_out: LeftOut) -> str:
    """Format the number of files left out by kind; empty if there are none."""
    counts = {
        mark("other files: {count}"): left_out.others,
        mark("links that lead nowhere: {count}"): left_out.links,
        mark("pipes or devices: {count}"): left_out.specials,
        mark("folders that cannot be read: {count}"): left_out.folders,
    }
    kinds = joined(" · ", (tr(what, count=number(count)) for what, count in counts.items() if count))
    return tr("Left out: {what}", what=kinds) if kinds else ""


_REMEDIES = {
    ProblemKind.ENGINE: mark("Restart engine"),
    ProblemKind.MODEL_MISSING: mark("Choose model…"),
    ProblemKind.CHECKPOINT: mark("Choose model…"),
}


def remedy(problem: Problem) -> str:
    """Return the label of the button that remedies a problem of the local model; empty for all others."""
    name = None if server_texts.is_of_server(problem) else _REMEDIES.get(problem.kind)
    return tr(name) if name else ""


def _figures(stats: AnswerStats) -> list[str]:
    figures = [tokens(stats.new_tokens)]
    if stats.tokens_per_second:
        speed = stats.tokens_per_second
        figures.append(tr("{count} tok/s", count=f"{speed:.3g}" if speed < 100 else number(round(speed))))
    figures.append(tr("first token {count} s", count=decimal(stats.first_token_seconds, 1)))
    return figures


def shown_share(shown: int, length: int) -> str:
    """Return how much of a long message is shown."""
    return tr("{share} % of this message is shown.", share=100 * shown // max(1, length))
