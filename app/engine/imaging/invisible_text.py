"""Writes lines as invisible text of a PDF page, each word where it stands (ISO 32000-1, 9.3.6: rendering mode 3)."""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from app.domain.images.geometry import TextLine
from app.domain.text.word_spans import word_spans
from app.engine.imaging.glyphless_font import ADVANCE, UNITS
from app.engine.imaging.pdf_frame import PdfFrame

FONT = "/LorgnetteText"
"""Name of the font in a page's resources."""

_Span = tuple[str, float, float]


def text_content(lines: Sequence[TextLine], frame: PdfFrame) -> bytes:
    """Return lines as a content stream, word by word."""
    return b"q BT 3 Tr\n" + b"".join(_words(line, frame) for line in lines) + b"ET Q\n"


def _words(line: TextLine, frame: PdfFrame) -> bytes:
    top, _, below, start = (frame.to_points(corner) for corner in line.quad)
    height = hypot(top[0] - start[0], top[1] - start[1])
    across = (below[0] - start[0], below[1] - start[1])
    length = hypot(*across)
    if height < 0.1 or length < 0.1:
        return b""
    along, up = (across[0] / length, across[1] / length), ((top[0] - start[0]) / height, (top[1] - start[1]) / height)
    content = b""
    spans = _spans(line)
    for number, (text, first, last) in enumerate(spans, start=1):
        codes = text.encode("utf-16-be", "replace")
        natural = len(codes) / 2 * ADVANCE / UNITS * height
        if number < len(spans):  # So that copied text has blanks; alone, one would be a line to some readers.
            codes += " ".encode("utf-16-be")
        stretch = (last - first) * length / natural
        x, y = start[0] + across[0] * first, start[1] + across[1] * first
        matrix = (along[0] * stretch, along[1] * stretch, up[0], up[1], x, y)
        numbers = " ".join(f"{number:.4f}" for number in matrix)
        content += f"{numbers} Tm {FONT} {height:.3f} Tf <{codes.hex()}> Tj\n".encode("ascii")
    return content


def _spans(line: TextLine) -> list[_Span]:
    """Return each word with its beginning and end as fractions of the line: as it was read, else estimated."""
    if not line.words:
        return [(word.text, word.start, word.end) for word in word_spans(line.text)]
    start, end = line.quad[0], line.quad[1]
    across, down = end.x - start.x, end.y - start.y
    square = max(across * across + down * down, 1e-6)
    spans = []
    for word in line.words:
        shares = [((p.x - start.x) * across + (p.y - start.y) * down) / square for p in word.box.corners]
        # A skewed word's box is wider than the word, by what it is higher.
        first, last = max(0.0, min(shares)), min(1.0, max(shares))
        spans.append((word.text, first, last))
    is_in_order = all(first[1] < second[1] for first, second in pairwise(spans))
    is_wide = all(last - first > 1e-4 for _, first, last in spans)
    return spans if is_in_order and is_wide else [(word.text, word.start, word.end) for word in word_spans(line.text)]
