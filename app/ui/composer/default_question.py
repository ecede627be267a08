"""The question that is sent if images are sent without a text."""

from collections.abc import Sequence

from app.domain.images.attachments import Attachment
from app.ui.widgets.i18n import tr

DEMO_QUESTION = "Read the text."
"""The demo model understands it in English only."""


def default_question(images: Sequence[Attachment], own: str, *, is_demo: bool) -> str:
    """Return the user's `own` question, or the one for these images in the user's language if `own` is blank."""
    if own.strip():
        return own.strip()
    if is_demo:
        return DEMO_QUESTION
    if any(image.is_video for image in images):
        return tr("What happens in this video?")
    return tr("What is in these images?") if len(images) > 1 else tr("What is in this image?")
