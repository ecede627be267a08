"""QR codes and bar codes on an image. What they say is anybody's text: it is shown, and never followed."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.regions import Box


@dataclass(frozen=True, slots=True)
class Code:
    """What a code says. `kind` is its name as printed in standards ("QR Code", "EAN-13"); `box` is in pixels."""

    kind: str
    text: str
    box: Box


def with_codes(text: str, codes: Sequence[Code]) -> str:
    """The text that was read on an image, and below it a line for each code; without codes the text as it is."""
    if not codes:
        return text
    listed = "\n".join(f"{code.kind}: {_visible(code.text)}" for code in codes)
    return f"{text.rstrip()}\n\n{listed}" if text.strip() else listed


def _visible(text: str) -> str:
    r"""Line breaks, controls and signs that turn the direction of writing as `\n`, `\x1b`, `\u202e`."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
