"""The questions that are suggested about images, by what the images show."""

from collections.abc import Sequence

from app.domain.documents.page_kinds import PageKind, kind_of
from app.domain.documents.pages import OcrPage
from app.domain.images.attachments import Attachment
from app.ui.composer.default_question import DEMO_QUESTION
from app.ui.widgets.i18n import mark, tr

MAX_QUESTIONS = 3
UNKNOWN = (mark("What is in this image?"), mark("Describe this image in detail."), mark("What does the text say?"))
SEVERAL = (mark("What is in these images?"), mark("What is different?"), mark("What is the same?"))
VIDEO = (mark("What happens in this video?"), mark("Describe it scene by scene."), mark("What does the text say?"))
BY_KIND = {
    PageKind.RECEIPT: (
        mark("What is the total?"),
        mark("Who issued it, and when?"),
        mark("List items and prices."),
    ),
    PageKind.TABLE: (
        mark("What does this table show?"),
        mark("Write it as Markdown."),
        mark("Which values stand out?"),
    ),
    PageKind.CHART: (mark("What does this chart show?"), mark("Turn it into a table."), mark("What is the trend?")),
    PageKind.TEXT: (
        mark("Summarize this text."),
        mark("Which dates are in it?"),
        mark("Translate it into English."),
    ),
    PageKind.PHOTO: (
        mark("What is in this image?"),
        mark("Describe this image in detail."),
        mark("Write a caption for it."),
    ),
}
DEMO = (DEMO_QUESTION, "How many lines are there?")
DEMO_PLACE = "Where is {word}?"
"""The demo model understands these in English only."""
DEMO_LINES = 3
"""Maximum number of lines that the demo model reads: it was trained with one to three."""
MIN_WORD = 4
"""Minimum letters of a word whose place is asked for."""


def suggested_questions(images: Sequence[Attachment], page: OcrPage | None, *, is_demo: bool) -> tuple[str, ...]:
    """Return questions about at least one image; `page` is the page of a single one, once it has been read.

    For the demo model there are none before that, and none about what it cannot read.
    """
    if is_demo:
        return _demo_questions(page) if page and 0 < len(page.lines) <= DEMO_LINES else ()
    if len(images) > 1:
        return tuple(map(tr, SEVERAL))
    if images[0].is_video:
        return tuple(map(tr, VIDEO))
    return tuple(map(tr, BY_KIND[kind_of(page)] if page else UNKNOWN))


def all_questions() -> tuple[str, ...]:
    """Return every question that may be suggested, as the window needs room for any of them."""
    sets = (UNKNOWN, SEVERAL, VIDEO, *BY_KIND.values())
    return (*(tr(question) for questions in sets for question in questions), *DEMO)


def _demo_questions(page: OcrPage) -> tuple[str, ...]:
    """Return what the demo model can answer about a page of a few lines."""
    words = (word for line in page.lines for word in line.text.split())
    word = next((word for word in words if word.isalpha() and len(word) >= MIN_WORD), "")
    return (*DEMO, DEMO_PLACE.format(word=word)) if word else DEMO
