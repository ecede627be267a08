"""Puts right the letters of Czech, Slovak and Latvian that the recogniser hardly knows, on pages in these languages.

It writes ť, ď and ľ as a letter with an apostrophe or without one, ģ as ġ, and leaves out capitals with a mark at the
beginning of a word. Of the other letters of these languages it is sure, so that a page tells its language.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.possible_marks import MARKED
from app.engine.reader.recognise import OcrLine

MIN_KINDS, MIN_SHARE = 3, 0.07
"""Minimum number of different letters of a language on a page, and minimum share of letters with marks among all.

Texts in these languages have 0.1 to 0.15, and other ones with a few of their names up to 0.06.
"""

LOST_SCORE = 0.3
"""Score of a capital that was left out."""

_WITH_APOSTROPHE = re.compile(r"[tdlLťďľĽ]['’‘´]+(?!s\b)")
_QUOTED = re.compile(r"(?<!\w)['’‘‚]\w")
"""Letters whose mark looks like an apostrophe, not the English genitive; and the begin of a quotation in such signs."""


@dataclass(frozen=True, slots=True)
class _Language:
    """A language: its letters, some of which are `decisive`, others with marks, and those that it does not have.

    `marked` are those of its letters that the recogniser hardly knows, `certain` what the letters of others must be.
    """

    own: frozenset[str]
    decisive: frozenset[str]
    others: frozenset[str]
    foreign: frozenset[str]
    marked: frozenset[str]
    certain: Mapping[str, str]
    has_apostrophes: bool


_FOREIGN = "àâçèêëîïùûœæãõñßøåöüąęłśćźżđőűığşțșėįų"
_LANGUAGES = (
    _Language(
        own=frozenset("ěřůňľĺŕťďčšžý"),
        decisive=frozenset("ěřůňľĺŕťďý"),
        others=frozenset("áéíóúô"),
        foreign=frozenset(_FOREIGN + "āēīū"),
        marked=frozenset("ťďľŤĎĽ"),
        certain={},
        has_apostrophes=True,
    ),
    _Language(
        own=frozenset("āēīūģķļņ"),
        decisive=frozenset("āēīūģķļņ"),
        others=frozenset("čšž"),
        foreign=frozenset(_FOREIGN + "äōħċěřůý"),
        marked=frozenset("ķģĶĢĻŅ"),
        certain={"ġ": "ģ", "Ġ": "Ģ"},
        has_apostrophes=False,
    ),
)


def with_marked_letters(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """Return the lines of a page; if it is in such a language, with the letters that are written in it.

    Lines with letters that the language does not have are in another one.
    """
    for language in _LANGUAGES:
        is_own = [not language.foreign & set(line.text.lower()) for line in lines]
        if _is_in(language, "".join(line.text for line, own in zip(lines, is_own, strict=True) if own).lower()):
            return [_put_right(line, language) if own else line for line, own in zip(lines, is_own, strict=True)]
    return list(lines)


def _is_in(language: _Language, text: str) -> bool:
    kinds = language.own & set(text)
    own = sum(letter in language.own or letter in language.others for letter in text)
    letters = sum(map(str.isalpha, text))
    return len(kinds) >= MIN_KINDS and bool(kinds & language.decisive) and own >= MIN_SHARE * letters


def _put_right(line: OcrLine, language: _Language) -> OcrLine:
    """Return a line with the letters of its language."""
    if not line.letters or text_of(line.letters) != line.text:
        return line
    letters: list[Letter] = []
    for letter in line.letters:
        lost, sign = letter.marked[:-1], letter.marked[-1:]
        if lost in language.marked:
            start = letters[-1].end if letters else 0.0
            letters.append(Letter(lost, start, letter.start, LOST_SCORE))
        text = language.certain.get(letter.text, sign if sign in language.marked else letter.text)
        letters.append(replace(letter, text=text))
    if language.has_apostrophes:
        letters = _without_apostrophes(letters)
    return replace(line, text=text_of(letters), letters=tuple(letters))


def _without_apostrophes(letters: Sequence[Letter]) -> list[Letter]:
    """Return letters in which those with an apostrophe are one with a mark."""
    found, text = list(letters), text_of(letters)
    is_quoted = _QUOTED.search(text) is not None
    for match in reversed(list(_WITH_APOSTROPHE.finditer(text))):
        following = text[match.end() : match.end() + 2]
        # Names keep their apostrophe: "d'Artagnan", "L'Oréal".
        is_name = following[:1].isupper() and not (match[0][0] + following).isupper()
        if is_name or (is_quoted and not following[:1].isalpha()):
            continue
        first, last = found[match.start()], found[match.end() - 1]
        marked = MARKED.get(first.text, first.text)
        found[match.start() : match.end()] = [replace(first, text=marked, end=last.end)]
    return found
