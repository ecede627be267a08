"""Whether the text that a page carries is what is seen on it, judged by the text alone.

Fonts may lack the table that says which character a glyph stands for, or have a wrong one; then a text comes out as
signs, or as letters that stand for others. Scans may carry what a poor reader once made of them, unseen.
"""

import re
import unicodedata

LEAST_LETTERS = 16
MOST_ODD = 0.05
"""A text with fewer characters, or with more that mean nothing, is left aside."""
LEAST_WORD_SIGNS = 0.35
"""Of letters, digits and marks among a text's characters; lists of numbers and source code have more than half."""
LEAST_LATIN = 200
"""Letters of Latin script, to judge them by."""
LEAST_COMMON = 0.57
"""Of those that every language in Latin script has most of. Texts in 100 languages have 0.76 (median of 7,000; one in a
thousand has less than 0.59), with letters that stand for others 0.42."""
LEAST_WORDS = 20
MOST_GARBLED = 0.15
"""Of at least so many words, those with signs or digits amid their letters, in a text that is not seen."""
_ODD = {"Cc", "Cn", "Co", "Cs"}
_LEADERS = re.compile(r"([.·…_\-–—=*])\1{2,}")
_COMMON = set("aeinorstdlu")
_GARBLED = re.compile(r"[A-Za-zÀ-ɏ][^\w\s'’.\-–/@&:()]+[a-zß-ɏ]|[a-zß-ÿ]\d+[a-zß-ÿ]|[a-zß-ÿ]{2}[A-ZÀ-Þ]+[a-zß-ÿ]")


def makes_sense(text: str, *, is_hidden: bool = False) -> bool:
    """Whether `text` can be taken for a page's; one that `is_hidden` behind a picture has to be cleaner."""
    characters = [sign for sign in _LEADERS.sub(r"\1", text) if not sign.isspace()]
    if len(characters) < LEAST_LETTERS:
        return False
    kinds = [unicodedata.category(sign) for sign in characters]
    odd = sum(kind in _ODD or sign == "\ufffd" for kind, sign in zip(kinds, characters, strict=True))
    if odd > MOST_ODD * len(kinds) or sum(kind[0] in "LNM" for kind in kinds) < LEAST_WORD_SIGNS * len(kinds):
        return False
    return not _is_enciphered(text) and not (is_hidden and _is_garbled(text))


def _is_enciphered(text: str) -> bool:
    """Whether letters stand for others. Accents are left aside, other scripts are not judged."""
    letters = [letter for letter in unicodedata.normalize("NFD", text.casefold()) if letter.isalpha()]
    latin = [letter for letter in letters if letter.isascii()]
    if len(latin) < max(LEAST_LATIN, 0.7 * len(letters)):
        return False
    return sum(letter in _COMMON for letter in latin) < LEAST_COMMON * len(latin)


def _is_garbled(text: str) -> bool:
    words = text.split()
    garbled = sum(_GARBLED.search(word) is not None for word in words)
    return len(words) >= LEAST_WORDS and garbled > MOST_GARBLED * len(words)
