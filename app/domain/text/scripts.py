"""Scripts that PP-OCR's recogniser never learned, and Tesseract's language packs that read them."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """A script; `pack` is the language pack in resources/tessdata, `letters` begin the Unicode names of its letters.

    `weight` scales the confidence of its network, where that is high for what is in no script. If it `leaves_gaps`,
    PP-OCR reads nothing, or Chinese characters, where its letters are: what it reads as Latin is Latin.
    `others` are the packs of languages with letters of their own, which that of the script lacks.
    """

    name: str
    pack: str
    letters: str
    is_right_to_left: bool = False
    weight: float = 1.0
    leaves_gaps: bool = False
    others: tuple[str, ...] = ()

    def share_of(self, text: str) -> float:
        """Return the fraction of the signs of a text that are letters of this script."""
        signs = [sign for sign in text if not sign.isspace()]
        return sum(map(self.has, signs)) / max(1, len(signs))

    def has(self, sign: str) -> bool:
        """Return whether a sign is a letter, or a mark upon letters, of this script."""
        return unicodedata.category(sign)[0] in "LM" and unicodedata.name(sign, "").startswith(self.letters)


GREEK = Script("Greek", "ell", "GREEK")
CYRILLIC = Script("Cyrillic", "rus", "CYRILLIC", others=("ukr", "bel", "srp"))
OTHER_SCRIPTS = (
    CYRILLIC,
    GREEK,
    Script("Korean", "kor", "HANGUL", leaves_gaps=True),
    Script("Arabic", "ara", "ARABIC", is_right_to_left=True, others=("fas",)),
    Script("Hebrew", "heb", "HEBREW", is_right_to_left=True),
    Script("Thai", "tha", "THAI", weight=0.75),
    Script("Devanagari", "hin", "DEVANAGARI"),
    Script("Bengali", "ben", "BENGALI"),
    Script("Tamil", "tam", "TAMIL"),
    Script("Telugu", "tel", "TELUGU"),
    Script("Kannada", "kan", "KANNADA"),
    Script("Malayalam", "mal", "MALAYALAM"),
    Script("Gujarati", "guj", "GUJARATI"),
    Script("Gurmukhi", "pan", "GURMUKHI"),
    Script("Georgian", "kat", "GEORGIAN"),
    Script("Armenian", "hye", "ARMENIAN"),
)
LOOK_ALIKES = {GREEK: set("ABEZHIKMNOPTYXo"), CYRILLIC: set("ABEKMHOPCTYXaeopcyx")}
"""Letters under which PP-OCR reads words in scripts whose letters look like Latin ones."""

VIETNAMESE = Script("Vietnamese", "vie", "LATIN")
VIETNAMESE_HINTS = frozenset("ơưƠƯđĐ")
"""Letters of Vietnamese that PP-OCR knows; it leaves out most of those with two marks. đ is Croatian and Sami, too."""
VIETNAMESE_LETTERS = frozenset("ơưƠƯ") | {chr(code) for code in range(0x1EA0, 0x1EFA)}
"""Letters of no other language's alphabet (the range is that of Latin Extended Additional for Vietnamese)."""
