"""Scripts that the built-in OCR cannot read, and the Tesseract languages that can."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """A script; `languages` are its Tesseract language packs (Debian's tesseract-ocr-NAME), most general first."""

    name: str
    languages: tuple[str, ...]


GREEK = Script("Greek", ("ell",))
UNREADABLE = (
    Script("Cyrillic", ("rus", "ukr", "srp", "bul")),
    GREEK,
    Script("Korean", ("kor",)),
    Script("Arabic", ("ara", "fas", "urd")),
    Script("Hebrew", ("heb",)),
    Script("Thai", ("tha",)),
    Script("Devanagari", ("hin", "mar", "nep")),
    Script("Bengali", ("ben",)),
    Script("Tamil", ("tam",)),
    Script("Telugu", ("tel",)),
    Script("Kannada", ("kan",)),
    Script("Malayalam", ("mal",)),
    Script("Gujarati", ("guj",)),
    Script("Gurmukhi", ("pan",)),
    Script("Georgian", ("kat",)),
    Script("Armenian", ("hye",)),
)
"""Scripts under Tesseract's names, in the order of the classifier's outputs after the readable scripts."""


def debian_package(language: str) -> str:
    """Return the name of the Debian package with Tesseract's language pack."""
    return f"tesseract-ocr-{language.replace('_', '-')}"
