"""Joins two readings of a line letter by letter: PP-OCR's numbers and Latin letters, the other network's script.

Both networks place their letters along the line. PP-OCR leaves gaps where the other script is, and the other network
reads Latin letters as whatever digits or signs look like them: "A0부터" as "스0부터", "mm" as "0001".
"""

import string
from collections.abc import Sequence
from statistics import fmean

from app.domain.images.geometry import quad_sides
from app.domain.text.scripts import Script
from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.recognise import OcrLine, read_from

MIN_KNOWN_SCORE, MIN_MEAN_SCORE = 0.45, 0.75
"""Minimum score of each letter that PP-OCR knows, and minimum mean of those that stand together."""

MIN_SIGN_SCORE = 0.8
SIGNS = frozenset(string.punctuation) | set("×÷±°…€£·")
"""Minimum score of a sign, since many a stroke of other scripts looks like one; and the signs that PP-OCR knows."""

MAX_PITCH = 0.9
"""Maximum distance of letters that stand together, as a fraction of the line's height."""

REACH = 0.5
"""Distance from such a letter within which it replaces those of no script, as a fraction of the line's height.

Latin letters are about so wide; the places of both networks differ by a quarter of it.
"""

MIN_OWN_SCORE = 0.6
"""Minimum confidence of a letter in the other script that shows that PP-OCR has not read the line."""


def with_known_letters(line: OcrLine, known: OcrLine, script: Script) -> OcrLine:
    """Return a line read in a script that is written to the right, with what PP-OCR has read of Latin and numbers."""
    reach = REACH * _height(line)
    unowned = [letter for letter in known.letters if _is_latin(letter) and not _is_owned(letter, line.letters, script)]
    groups = [group for group in _groups(unowned, MAX_PITCH * _height(line)) if _is_sure(group)]
    latin = [letter for group in groups for letter in group]
    if not latin or not line.letters:
        return line
    kept = [letter for letter in line.letters if _stays(letter, groups, script, reach)]
    letters = _with_spaces(sorted([*kept, *latin], key=lambda letter: letter.centre), line, known)
    printed = [letter.score for letter in letters if letter.text != " "]
    return OcrLine(text_of(letters), line.quad, sum(printed) / len(printed), tuple(letters))


def uncovered(line: OcrLine, known: OcrLine, script: Script) -> int:
    """Return the number of letters in the script that PP-OCR has read nothing of."""
    reach = REACH * _height(line)
    places = [letter.centre for letter in known.letters if letter.text != " " and letter.score >= MIN_MEAN_SCORE]
    own = [letter for letter in line.letters if script.has(letter.text) and letter.score >= MIN_OWN_SCORE]
    return sum(all(abs(letter.centre - place) > reach for place in places) for letter in own)


def _groups(letters: Sequence[Letter], pitch: float) -> list[list[Letter]]:
    """Return letters in groups of those that are not further apart."""
    groups: list[list[Letter]] = []
    for letter in letters:
        if groups and letter.centre - groups[-1][-1].centre <= pitch:
            groups[-1].append(letter)
        else:
            groups.append([letter])
    return groups


def _is_sure(group: Sequence[Letter]) -> bool:
    return fmean(letter.score for letter in group) >= MIN_MEAN_SCORE


def _is_latin(letter: Letter) -> bool:
    if letter.text.isalnum():
        return letter.text.isascii() and letter.score >= MIN_KNOWN_SCORE
    return letter.text in SIGNS and letter.score >= MIN_SIGN_SCORE


def _is_owned(letter: Letter, others: Sequence[Letter], script: Script) -> bool:
    """Return whether a letter is a part of one in the script, of which the other network is more certain."""
    return any(
        other.start <= letter.centre <= other.end and other.score >= letter.score and script.has(other.text)
        for other in others
    )


def _stays(letter: Letter, groups: Sequence[Sequence[Letter]], script: Script, reach: float) -> bool:
    """Return whether a letter of the other network is none of those that PP-OCR has read, in these groups."""
    latin = [other for group in groups for other in group]
    if letter.text == " ":
        return False
    if script.has(letter.text):
        return not any(letter.start <= other.centre <= letter.end for other in latin)
    near = [other for other in latin if abs(other.centre - letter.centre) <= reach]
    is_within = any(group[0].centre < letter.centre < group[-1].centre for group in groups)
    return not is_within and (not near or not (letter.text.isalnum() or any(not of.text.isalnum() for of in near)))


def _with_spaces(letters: Sequence[Letter], line: OcrLine, known: OcrLine) -> list[Letter]:
    """Return letters with the spaces that both readings have: between PP-OCR's own letters and digits only its own."""
    of_known = {id(letter) for letter in known.letters}
    known_spaces, spaces = ([of.centre for of in reading.letters if of.text == " "] for reading in (known, line))
    joined: list[Letter] = []
    for letter in letters:
        if joined:
            before = joined[-1]
            is_known = id(before) in of_known and id(letter) in of_known
            places = known_spaces if is_known and before.text.isalnum() else spaces
            if any(before.centre < place < letter.centre for place in places):
                joined.append(Letter(" ", before.end, max(before.end, letter.start), 1.0))
        joined.append(letter)
    return joined


def _height(line: OcrLine) -> float:
    """Return a line's height as a fraction of its length."""
    length, height = quad_sides(read_from(line.quad))
    return height / max(1.0, length)
