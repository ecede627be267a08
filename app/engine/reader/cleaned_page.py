"""The pictures of a page on which its text is read: without stamps across it, and without strokes in its blanks."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from app.domain.ports import NO_PROGRESS, CancelCheck
from app.engine.reader.covered_letters import ForeignInk, lines_apart
from app.engine.reader.find_lines import find_lines
from app.engine.reader.recognise import Quad
from app.engine.reader.rotation import LineReader
from app.engine.reader.stamps import Stamped, lines_below, separated
from app.engine.reader.struck_lines import without_strokes


@dataclass(frozen=True, slots=True)
class CleanedPage:
    """An RGB picture, the corners of its lines, and what makes letters on it doubtful, all of its size.

    `blanked` is the picture without strokes in the blanks of its lines, where monospaced text is looked for.
    """

    image: Image.Image
    blanked: Image.Image
    quads: list[Quad]
    stamped: Stamped | None
    foreign: list[ForeignInk]


def cleaned_page(image: Image.Image, found: Sequence[Quad], reader: LineReader, check: CancelCheck) -> CleanedPage:
    """Return an RGB picture, on which these lines were found, as its text is to be read."""
    quads = list(found)
    stamped = separated(image, quads)
    if stamped:
        image = stamped.text
        quads = lines_below(stamped, quads, find_lines(image, reader, check, NO_PROGRESS))
    foreign = stamped.hiding if stamped else []
    struck = without_strokes(image, quads)
    if struck is None:
        return CleanedPage(image, image, quads, stamped, foreign)
    blanked, ink = struck
    quads += lines_apart(find_lines(blanked, reader, check, NO_PROGRESS), quads)
    return CleanedPage(image, blanked, quads, stamped, [*foreign, ink])
