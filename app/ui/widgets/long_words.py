"""The wrapping of texts with words too long for breaking between words."""

import re

from PySide6.QtGui import QTextOption

MAX_WORD = 2_000
"""Length of a word in characters from which lines break anywhere: Qt scans a whole word for each of its lines."""
_LONG_WORD = re.compile(rf"\S{{{MAX_WORD}}}")


def wrap_mode(text: str) -> QTextOption.WrapMode:
    """Return the wrap mode for `text`: between words, unless one has MAX_WORD characters or more."""
    modes = QTextOption.WrapMode
    return modes.WrapAnywhere if _LONG_WORD.search(text) else modes.WrapAtWordBoundaryOrAnywhere
