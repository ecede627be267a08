"""The characters of symbol fonts that have no Unicode table, and of boxes to tick.

Wingdings' codes are those of https://www.unicode.org/L2/L2011/11052r-wingding.pdf, for signs of forms and lists.
"""

_WINGDINGS = str.maketrans(
    {
        0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x71: "☐", 0x72: "☐", 0x76: "❖", 0x9F: "•", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢",
        0xE0: "→", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    }
)  # fmt: skip
_WINGDINGS_2 = str.maketrans({0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "☐"})
_BOXES = str.maketrans("❏❐❑❒", "☐☐☐☐")
"""Shadowed squares of Zapf Dingbats, which stand for boxes to tick."""

_PRIVATE = 0xF000
"""Symbol fonts of TrueType have their codes in the private use area from here (OpenType, cmap, encoding 3.0)."""


def sign_of(font: str, letter: str) -> str:
    """Return the Unicode character of a letter in a font of this name; most are as they come."""
    name = font.rpartition("+")[2].replace(" ", "").replace("-", "").casefold()
    if name.startswith("wingdings") and len(letter) == 1:
        code = ord(letter)
        plain = chr(code - _PRIVATE) if _PRIVATE < code <= _PRIVATE + 0xFF else letter
        number = name.removeprefix("wingdings")[:1]
        return plain.translate(_WINGDINGS_2 if number == "2" else _WINGDINGS) if number != "3" else letter
    return letter.translate(_BOXES)
