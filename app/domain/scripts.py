"""Scripts that the built-in reader does not know, and who does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """`languages` are tesseract's packs that read it, the most general one first: Debian's tesseract-ocr-NAME."""

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
"""Each as tesseract's authors name it, in the order of the classifier's outputs after those that can be read."""


def debian_package(language: str) -> str:
    """The package that holds tesseract's pack of a language."""
    return f"tesseract-ocr-{language.replace('_', '-')}"
