"""Which lines go on in the next, and how their texts are joined."""

import re
from collections.abc import Sequence

from app.domain.images.geometry import Box

MAX_GAP = 0.9
"""Maximum gap between two lines of a paragraph, in line heights."""

MAX_GROWTH = 1.35
"""Maximum ratio of the heights of two lines of a paragraph."""

INDENT, MAX_OUTDENT, MAX_HANG = 1.2, 3.6, 4.0
"""Minimum indent, in line heights, of a line that begins a paragraph; maximum outdent of the second line after it.

The second line of a list item may be indented up to MAX_HANG.
"""

MAX_OFF_CENTRE = 0.5
"""Maximum distance between the centres of centred lines, in line heights."""

FULL = 0.8
"""Fraction of a paragraph's width; a shorter line ends it."""

SHORT = 16
"""Number of letters below which two lines are rows of their own, unless the text shows that they go on."""

_OPEN = ("-", "\u00ad", "\u2010", ",", ";")
_LABEL = re.compile(r"\w[\w .]{0,24}:\s")
_HYPHEN = re.compile(r"(\w)[-\u00ad\u2010]$")
_NO_SPACES = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")


def continues(lines: Sequence[Box], below: Box, *, hangs: bool = False) -> bool:
    """Return whether the line at `below` goes on a paragraph of at least one line; `hangs` is for items of lists."""
    above = lines[-1]
    height = min(above.height, below.height)
    if height <= 0 or max(above.height, below.height) > MAX_GROWTH * height:
        return False
    if not -0.5 * height <= below.top - above.bottom <= MAX_GAP * height:
        return False
    if hangs and len(lines) > 1:
        lines = lines[1:]
    left = min(line.left for line in lines)
    right = max(*(line.right for line in lines), below.right)
    shift = below.left - left
    is_moved_in = shift > (MAX_HANG if hangs and len(lines) == 1 else INDENT) * height
    if above.right - left >= FULL * (right - left) and not is_moved_in and shift > -MAX_OUTDENT * height:
        return True
    return abs(below.centre.x - above.centre.x) <= MAX_OFF_CENTRE * height


def may_continue(above: str, below: str) -> bool:
    """Return whether a text may go on in the one below: short ones are mostly rows, such as those of a ticket."""
    if _LABEL.match(below) and _LABEL.match(above):
        return False
    if min(len(above), len(below)) >= SHORT or above.isupper() is below.isupper() is True or above[-1:] in _OPEN:
        return True
    return not below[:1].isupper() and not any(letter.isdecimal() for letter in (above[-1:], below[:1]))


def joined(texts: Sequence[str], *, strips_hyphens: bool = True) -> str:
    """Join the texts of lines with spaces, except in scripts without them, and words that a hyphen parts."""
    whole = texts[0] if texts else ""
    for text in texts[1:]:
        if strips_hyphens and is_hyphenated(whole, text):
            whole = whole[:-1] + text
        elif _NO_SPACES.match(whole[-1:]) or _NO_SPACES.match(text[:1]):
            whole += text
        else:
            whole += f" {text}"
    return whole


def is_hyphenated(above: str, below: str) -> bool:
    """Return whether a word continues below: before a capital or a digit, the hyphen is part of the text."""
    return bool(_HYPHEN.search(above)) and below[:1].islower()
