"""Lines of text in the coordinates of a page whose tilt has been taken out, and rows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, hypot, sin
from statistics import median

from app.domain.regions import Box, TextLine
from app.domain.word_places import word_places

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""
STRAIGHT = 0.002
"""Radians of tilt that do not matter."""


@dataclass(frozen=True, slots=True)
class Tilt:
    """A page's angle in radians, clockwise."""

    angle: float

    def straightened(self, x: float, y: float) -> tuple[float, float]:
        """A place after the page has been turned straight."""
        turn = -self.angle
        return x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """The hull on the page of a straight rectangle."""
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        places = [
            (x * cos(self.angle) - y * sin(self.angle), x * sin(self.angle) + y * cos(self.angle)) for x, y in corners
        ]
        across, down = zip(*places, strict=True)
        return Box(min(across), min(down), max(across), max(down))


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of text, or a part of one, with its straight hull."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """In pixels."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half way down."""
        return (self.top + self.bottom) / 2


def tilt_of(lines: Sequence[TextLine]) -> Tilt:
    """The median over lines that are long enough to have one."""
    angles = []
    for line in lines:
        first, second, _, fourth = line.quad
        length, height = hypot(second.x - first.x, second.y - first.y), hypot(fourth.x - first.x, fourth.y - first.y)
        if length > 3 * height:
            angles.append(atan2(second.y - first.y, second.x - first.x))
    angle = median(angles) if angles else 0.0
    return Tilt(angle if abs(angle) > STRAIGHT else 0.0)


def straight_pieces(lines: Sequence[TextLine], tilt: Tilt) -> list[Piece]:
    """All lines that have text."""
    pieces = []
    for line in lines:
        if text := line.text.strip():
            across, down = zip(*(tilt.straightened(corner.x, corner.y) for corner in line.quad), strict=True)
            pieces.append(Piece(text, min(across), min(down), max(across), max(down)))
    return pieces


def rows_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that stand beside one another, from top to bottom, each row from left to right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.middle):
        row = rows[-1] if rows else []
        top, bottom = (median(getattr(other, edge) for other in row) for edge in ("top", "bottom")) if row else (0, 0)
        overlap = min(bottom, piece.bottom) - max(top, piece.top)
        if row and overlap >= 0.5 * min(bottom - top, piece.height):
            row.append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def cut_at(piece: Piece, edges: Sequence[float]) -> list[Piece]:
    """A piece that reaches over some of these x, cut there between words; each word falls where its middle is."""
    inside = [edge for edge in edges if piece.left + 0.3 * piece.height < edge < piece.right - 0.3 * piece.height]
    if not inside:
        return [piece]
    width = piece.right - piece.left
    parts: dict[int, list[tuple[str, float, float]]] = {}
    for word in word_places(piece.text):
        left, right = piece.left + word.start * width, piece.left + word.end * width
        number = sum(edge < (left + right) / 2 for edge in inside)
        parts.setdefault(number, []).append((word.text, left, right))
    return [
        Piece(" ".join(text for text, _, _ in words), words[0][1], piece.top, words[-1][2], piece.bottom)
        for words in parts.values()
    ]


def joined(pieces: Sequence[Piece]) -> str:
    """The text of a cell: row by row, with spaces."""
    return " ".join(piece.text for row in rows_of(pieces) for piece in row)
