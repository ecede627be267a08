"""Sentences on what images and chats cost the model: pixels, tokens, seconds, context."""

from app.domain.documents.automatic_resolution import Resolution, ResolutionReason
from app.domain.images.attachments import Attachment
from app.domain.images.visual_cost import visual_cost
from app.domain.settings.generation_options import GenerationOptions
from app.ui.widgets.i18n import mark, sentences, tr
from app.ui.widgets.ui_text import extent, number, percent, seconds, tokens


def seen_by_model(
    attachment: Attachment,
    options: GenerationOptions,
    visual_token_seconds: float,
    resolution: Resolution | None = None,
) -> tuple[str, str]:
    """Return an image's tokens and seconds in short, and sentences on the size at which the model sees it.

    `visual_token_seconds` is the seconds that a visual token takes; 0 if unknown. `resolution` is the automatic one.
    """
    cost = visual_cost(attachment, (resolution or options).pixel_budget, options.clip_frames)
    figures = {"size": extent(cost.width, cost.height), "tokens": number(cost.tokens)}
    sentence = tr("The model sees this image at {size} pixels ({tokens} tokens).", **figures)
    if attachment.is_video:
        figures["frames"] = number(cost.frames)
        sentence = tr("The model sees {frames} frames at {size} pixels ({tokens} tokens).", **figures)
    if resolution:
        sentence = sentences(sentence, _reason(resolution))
    if not visual_token_seconds:
        return tokens(cost.tokens), sentence
    time = seconds(cost.tokens * visual_token_seconds)
    return f"{tokens(cost.tokens)} · {time}", sentences(sentence, tr("This takes about {seconds}.", seconds=time))


def _reason(resolution: Resolution) -> str:
    height = number(round(resolution.print_height))
    return {
        ResolutionReason.PRINT: tr("The smallest print is then {height} pixels high.", height=height),
        ResolutionReason.SMALL_PRINT: tr("The smallest print is only {height} pixels high.", height=height),
        ResolutionReason.PHOTO: tr("No text was found on it."),
    }[resolution.reason]


def context_usage(used: int, waiting: int, capacity: int) -> tuple[str, str]:
    """Return the context's usage in short and in a sentence; `waiting` are the tokens of the draft's images."""
    share = min(1.0, (used + waiting) / capacity)
    figures = {"used": number(used), "capacity": number(capacity)}
    if waiting:
        words = mark("This chat uses {used} of {capacity} context tokens; the images below add {waiting}.")
        sentence = tr(words, **figures, waiting=number(waiting))
    else:
        sentence = tr("This chat uses {used} of {capacity} context tokens.", **figures)
    if share >= 1:
        sentence = sentences(sentence, tr("This is too much. Start a new chat, or use fewer or smaller images."))
    return percent(share), sentence
