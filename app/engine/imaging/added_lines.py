"""Chooses the lines of a page that a searchable PDF has to add, since its text layer does not have them."""

from collections import defaultdict
from collections.abc import Sequence

from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, Point, TextLine
from app.engine.imaging.pdf_text import PdfLine


def lines_to_add(page: OcrPage, layer: Sequence[PdfLine], scale: float = 1.0) -> list[TextLine]:
    """Return the lines that the layer does not have where they are; a text without positions is spread on the page.

    The page is `scale` times as large as the layer's picture.
    """
    if not page.lines:
        return [] if layer else _spread(page)
    boxes: dict[str, list[Box]] = defaultdict(list)
    for line in layer:
        boxes[line.text].append(Box.around_points(Point(corner.x * scale, corner.y * scale) for corner in line.quad))
    return [line for line in page.lines if not any(_lies_in(line.box, box) for box in boxes[line.text])]


def replaces_hidden(page: OcrPage, layer: Sequence[PdfLine], scale: float = 1.0) -> bool:
    """Return whether the page has another text where the layer has hidden text, since that was found to be poor."""
    added = lines_to_add(page, layer, scale)
    hidden = [
        Box.around_points(Point(corner.x * scale, corner.y * scale) for corner in line.quad)
        for line in layer
        if line.is_hidden
    ]
    return any(_lies_in(box, line.box) or _lies_in(line.box, box) for line in added for box in hidden)


def _lies_in(box: Box, other: Box) -> bool:
    """Return whether the middle of a box lies in another."""
    middle = box.centre
    return other.left <= middle.x <= other.right and other.top <= middle.y <= other.bottom


def _spread(page: OcrPage) -> list[TextLine]:
    """Place the lines of a text without positions one below the other."""
    texts = [text for text in page.text.splitlines() if text.strip()]
    height = page.height / max(len(texts), 1)
    lines = []
    for number, text in enumerate(texts):
        top, bottom = number * height, (number + 1) * height
        corners = (Point(0, top), Point(page.width, top), Point(page.width, bottom), Point(0, bottom))
        lines.append(TextLine.between(text, corners, 1.0))
    return lines
