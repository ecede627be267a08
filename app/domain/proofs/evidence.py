"""Evidence of a field's value: where the words that it was taken from stand on a page.

A model's text is trusted only if the built-in OCR found the same words, by the rules of all proofs.
"""

from dataclasses import dataclass

from app.domain.documents.fields import FieldAnswer
from app.domain.images.geometry import Box
from app.domain.proofs.page_text import PageText
from app.domain.proofs.proofs import place_of

MAX_EVIDENCE_CHARS = 2000
"""Maximum length in characters of a text that is looked for."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The place of a text: `page` counts from 0; `box`, in the page's pixels, contains all of its words."""

    page: int
    box: Box


def evidence_of(answer: FieldAnswer, pages: PageText) -> Evidence | None:
    """Return the place of the words that a field was taken from; None for an empty field, too."""
    return find_evidence(answer.text or answer.value, pages) if answer.value else None


def find_evidence(text: str, pages: PageText) -> Evidence | None:
    """Return the place of `text`: an exact match, otherwise the most similar one; None if there is none."""
    place = place_of(text.strip()[:MAX_EVIDENCE_CHARS], pages)
    return Evidence(place.page, Box.around(place.boxes)) if place else None
