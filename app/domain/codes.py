"""QR codes and bar codes on an image."""

from dataclasses import dataclass

from app.domain.regions import Box


@dataclass(frozen=True, slots=True)
class Code:
    """What a code says. `kind` is its name as printed in standards ("QR Code", "EAN-13"); `box` is in pixels."""

    kind: str
    text: str
    box: Box
