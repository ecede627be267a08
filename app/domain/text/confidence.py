"""A model's confidence in the text that it wrote."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

HIGH_CONFIDENCE = 0.9
"""Probability from which a token is not marked as uncertain."""
Alternatives = tuple[tuple[str, float], ...]
_MAX_SKIPPED = 200
"""Maximum number of rendered characters between two words that follow each other in the source."""
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A part of a streamed answer, with its probability and the likely alternatives with theirs."""

    text: str
    probability: float = 1.0
    alternatives: Alternatives = ()


@dataclass(frozen=True, slots=True)
class LowConfidenceSpan:
    """A text delta with a probability below HIGH_CONFIDENCE, at [start, end) of an answer."""

    start: int
    end: int
    probability: float
    alternatives: Alternatives = ()


@dataclass(frozen=True, slots=True)
class LowConfidenceWord:
    """A word at [start, end) of an answer; `others` are alternative words with their probabilities."""

    start: int
    end: int
    probability: float
    others: Alternatives = ()


def low_confidence_words(text: str, spans: Sequence[LowConfidenceSpan]) -> tuple[LowConfidenceWord, ...]:
    """Return the words of `text` that `spans` overlap. A word's probability is the product of its spans'."""
    found = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        within = [
            span for span in spans if span.start < end and span.end > start and text[span.start : span.end].strip()
        ]
        if not within:
            continue
        probability = 1.0
        for span in within:
            probability *= span.probability
        others = [
            (f"{text[start : max(span.start, start)]}{delta.strip()}{text[span.end : end]}", share)
            for span in within
            for delta, share in span.alternatives
        ]
        found.append(LowConfidenceWord(start, end, probability, tuple(sorted(others, key=lambda other: -other[1])[:3])))
    return tuple(found)


def same_words(written: str, rendered: str) -> dict[int, tuple[int, int]]:
    """Map the start of each word of `written` to its [start, end) in the rendered text.

    Parts that rendering removes (Markdown syntax, link targets) are skipped; words that are not found nearby are left
    out.
    """
    spans: dict[int, tuple[int, int]] = {}
    offset = 0
    for match in _WORD.finditer(written):
        core = match[0].strip("*_`#|>~[]()")
        found = rendered.find(core, offset, offset + _MAX_SKIPPED + len(core)) if core else -1
        if found >= 0:
            spans[match.start()] = (found, found + len(core))
            offset = found + len(core)
    return spans
