"""How sure a model was of what it wrote."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

SURE = 0.9
"""What is likelier than this is not worth a note."""
Alternatives = tuple[tuple[str, float], ...]
_AHEAD = 200
"""Characters that may lie between two words, once rendered, that follow each other in the source."""
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer as it streams: its probability, and what else was likely in its place, with probabilities."""

    text: str
    probability: float = 1.0
    alternatives: Alternatives = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A piece that the model was less than SURE of, at [start, end) of an answer."""

    start: int
    end: int
    probability: float
    alternatives: Alternatives = ()


@dataclass(frozen=True, slots=True)
class DoubtfulWord:
    """A word at [start, end) of an answer; `others` are words that the model nearly wrote, with probabilities."""

    start: int
    end: int
    probability: float
    others: Alternatives = ()


def doubtful_words(text: str, doubts: Sequence[Doubt]) -> tuple[DoubtfulWord, ...]:
    """The words of `text` that doubts lie in. A word is as likely as all of its pieces together."""
    found = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        within = [
            doubt
            for doubt in doubts
            if doubt.start < end and doubt.end > start and text[doubt.start : doubt.end].strip()
        ]
        if not within:
            continue
        probability = 1.0
        for doubt in within:
            probability *= doubt.probability
        others = [
            (f"{text[start : max(doubt.start, start)]}{piece.strip()}{text[doubt.end : end]}", share)
            for doubt in within
            for piece, share in doubt.alternatives
        ]
        found.append(DoubtfulWord(start, end, probability, tuple(sorted(others, key=lambda other: -other[1])[:3])))
    return tuple(found)


def same_words(written: str, rendered: str) -> dict[int, tuple[int, int]]:
    """Where the words of a text are once it has been rendered: by a word's start, its [start, end) there.

    What rendering takes away (signs of Markdown, targets of links) is passed over; words that are found nowhere near
    are left out.
    """
    places: dict[int, tuple[int, int]] = {}
    place = 0
    for match in _WORD.finditer(written):
        core = match[0].strip("*_`#|>~[]()")
        found = rendered.find(core, place, place + _AHEAD + len(core)) if core else -1
        if found >= 0:
            places[match.start()] = (found, found + len(core))
            place = found + len(core)
    return places
