"""The company of a page: a line near its top that ends with a legal form, such as "Corner Shop Ltd"."""

import re
from collections.abc import Sequence

from app.domain.images.geometry import TextLine

FIRST_ROWS = 6
"""Number of rows at a page's top that can name its company; on an invoice its customer stands below."""

MAX_WORDS = 8
"""Maximum number of words before the legal form; a longer text is a sentence."""

MIN_SCORE = 0.7
"""Minimum score of a name's words; with less, a letter of it is likely another."""

_FORM = (
    r"(?:(?i:(?:sdn\.?|\(m\))\s?bhd\.?|gmbh(?:\s?&\s?co\.?\s?kg)?|(?:(?:pty|pte|pvt|co)\.?,?\s)?(?:ltd\.?|limited)|plc|l\.?l\.?c\.?"
    r"|inc\.?|corp\.?|corporation|sarl|s\.a\.s?\.?|s\.?r\.?l\.|s\.p\.a\.|sp\. z o\.o\.|s\.r\.o\.)"
    r"|S/B|AG|KG|OHG|e\.\s?K\.|B\.V\.|N\.V\.|A/S|ApS|Oy|AB|Ltda\.?)"
)
_COMPANY = re.compile(rf"^\W*(?P<name>\S.*?),?\s{_FORM}(?!\w)(?P<rest>.*)$")
_NUMBER = re.compile(r"^\s*[(\[]?[^()]*\d[^()]*[)\]]?$")
_SMALL_WORD = re.compile(
    r"^(?:of|and|the|for|und|von|der|die|das|et|de|du|des|la|le|les|del|y|e|di|da|van|dan|&|@|\W+)$"
)
_WORD = re.compile(r"^(?!(?i:co)\W?$)[^\W\d_]+[\w.&'’-]*$")


def company_in(rows: Sequence[Sequence[TextLine]]) -> tuple[str, TextLine] | None:
    """Return the company of a page and its line; None if no line of the first rows names one, or two differ.

    A registration number after the form is left out. A single word before the form may be the end of a name that
    begins in the row above ("Stationery Sdn Bhd"): it counts in the first row only.
    """
    found: dict[str, TextLine] = {}
    for number, row in enumerate(rows[:FIRST_ROWS]):
        if number and rows[number - 1][-1].text.rstrip().endswith((":", "：")):
            continue
        for line in row:
            name = _company(line.text, is_first=not number)
            if name and all(word.score >= MIN_SCORE for word in line.words[: len(name.split())]):
                found.setdefault(name, line)
    return next(iter(found.items())) if len(found) == 1 else None


def _company(text: str, *, is_first: bool) -> str | None:
    match = _COMPANY.match(text)
    if match is None or (match["rest"].strip() and not _NUMBER.match(match["rest"])) or ":" in match["name"]:
        return None
    words = match["name"].split()
    if len(words) > MAX_WORDS or any(word[0].islower() and not _SMALL_WORD.match(word) for word in words):
        return None
    named = [word for word in words if _WORD.match(word) and not _SMALL_WORD.match(word)]
    if len(named) < (1 if is_first else 2):
        return None
    return text[match.start("name") : match.start("rest")].strip()
