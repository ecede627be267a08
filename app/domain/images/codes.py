"""QR codes and bar codes on an image. Their content is untrusted text: it is shown, and never followed by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.images.geometry import Box
from app.domain.text.visible_text import visible


@dataclass(frozen=True, slots=True)
class Code:
    """A decoded code. `kind` is its name as printed in standards ("QR Code", "EAN-13"); `box` is in pixels."""

    kind: str
    text: str
    box: Box


def with_codes(text: str, codes: Sequence[Code]) -> str:
    """Append a line for each code to the text of an image; without codes return the text as it is."""
    if not codes:
        return text
    listed = "\n".join(f"{code.kind}: {visible(code.text)}" for code in codes)
    return f"{text.rstrip()}\n\n{listed}" if text.strip() else listed
