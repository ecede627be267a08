"""A translation painted over the picture it was made of: ground and ink are taken from there, the type is fitted."""

import unicodedata
from collections.abc import Sequence
from math import atan2, degrees

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPolygonF, QTransform

from app.domain.passages import Passage
from app.domain.regions import TextLine

SAMPLES = 24
"""Places along each direction of a line at which its colours are looked up."""
INK_SHARE = 0.04
"""Of the samples, those that differ most from the ground are taken for ink."""
MARGIN = 0.12
"""By so many heights of a line the ground reaches beyond it, where strokes stick out."""
TYPE_HEIGHT = 0.78
"""Of a line's box; the rest is the room between lines."""
MOST_HEIGHT = 1.1
"""Of a text, in heights of the room that its passage had."""
LEAST_TYPE = 4
LEAST_CONTRAST = 80
"""Between ground and ink, of 255; where they are closer the ink is black or white."""
_WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
_Rgb = tuple[int, int, int]


def translated_picture(picture: QImage, page_width: int, passages: Sequence[Passage], texts: Sequence[str]) -> QImage:
    """A copy of `picture`, which shows a page of `page_width` pixels, with `texts` in place of the passages they have.

    A passage with an empty text stays as it is.
    """
    scale = picture.width() / page_width
    painted = picture.convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(painted)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    areas = [_Area(picture, passage, scale) for passage, text in zip(passages, texts, strict=True) if text]
    for area in areas:  # All grounds come before all texts: boxes of lines overlap.
        area.clear(painter)
    for area, text in zip(areas, filter(None, texts), strict=True):
        area.write(painter, text)
    painter.end()
    return painted


def fitted_font(text: str, room: QRectF, line_height: float) -> QFont:
    """The largest type, at most as large as a line's, with which `text` stays in `room`, wrapped where it must be."""
    font = QFont()
    size = max(LEAST_TYPE, round(TYPE_HEIGHT * line_height))
    while size > LEAST_TYPE:
        font.setPixelSize(size)
        taken = QFontMetricsF(font).boundingRect(QRectF(0, 0, room.width(), 1e6), _WRAPPED, text)
        if taken.width() <= room.width() + 1 and taken.height() <= MOST_HEIGHT * room.height():
            return font
        size -= 1
    font.setPixelSize(LEAST_TYPE)
    return font


class _Area:
    """Where a passage stands on a picture, turned as its first line is, and its colours there."""

    def __init__(self, picture: QImage, passage: Passage, scale: float) -> None:
        self._turn = QTransform().rotate(_angle(passage.lines[0]))
        back = self._turn.inverted()[0]
        self._lines = [back.map(_polygon(line, scale)).boundingRect() for line in passage.lines]
        self._line_height = sum(line.height() for line in self._lines) / len(self._lines)
        self._room = self._lines[0]
        for line in self._lines:
            self._room = self._room.united(line)
        self._ground, self._ink = _colours(picture, self._turn, self._lines)

    def clear(self, painter: QPainter) -> None:
        """Paint over what stands there."""
        margin = MARGIN * self._line_height
        painter.setTransform(self._turn)
        for line in self._lines:
            painter.fillRect(line.adjusted(-margin, -margin, margin, margin), self._ground)

    def write(self, painter: QPainter, text: str) -> None:
        """Write in its place."""
        painter.setTransform(self._turn)
        painter.setPen(self._ink)
        painter.setFont(fitted_font(text, self._room, self._line_height))
        painter.setLayoutDirection(_direction(text))
        painter.drawText(self._room, _WRAPPED | Qt.TextFlag.TextDontClip, text)


def _polygon(line: TextLine, scale: float) -> QPolygonF:
    return QPolygonF([QPointF(corner.x * scale, corner.y * scale) for corner in line.quad])


def _angle(line: TextLine) -> float:
    """By which a line is turned clockwise, in degrees; small tilts of upright lines are noise of the recogniser."""
    first, second = line.quad[0], line.quad[1]
    angle = degrees(atan2(second.y - first.y, second.x - first.x))
    return 0.0 if abs(angle) < 1 else angle


def _colours(picture: QImage, turn: QTransform, lines: Sequence[QRectF]) -> tuple[QColor, QColor]:
    """What most places around these lines look like, and what within them differs most from that."""
    around: list[_Rgb] = []
    within: list[_Rgb] = []
    for line in lines:
        for row in range(SAMPLES + 1):
            for column in range(SAMPLES + 1):
                x = line.left() + line.width() * column / SAMPLES
                y = line.top() + line.height() * row / SAMPLES
                place = turn.map(QPointF(x, y)).toPoint()
                if picture.valid(place):
                    colour = picture.pixelColor(place)
                    is_edge = row in {0, SAMPLES} or column in {0, SAMPLES}
                    (around if is_edge else within).append((colour.red(), colour.green(), colour.blue()))
    if not around or not within:
        return QColor(Qt.GlobalColor.white), QColor(Qt.GlobalColor.black)
    ground = _median(around)
    by_distance = sorted(within, key=lambda sample: _distance(sample, ground))
    ink = _median(by_distance[-max(1, int(INK_SHARE * len(within))) :])
    if _distance(ink, ground) < LEAST_CONTRAST:
        ink = (0, 0, 0) if sum(ground) > 3 * 127 else (255, 255, 255)
    return QColor(*ground), QColor(*ink)


def _median(samples: Sequence[_Rgb]) -> _Rgb:
    middle = len(samples) // 2
    red, green, blue = (sorted(channel)[middle] for channel in zip(*samples, strict=True))
    return red, green, blue


def _distance(one: _Rgb, other: _Rgb) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _direction(text: str) -> Qt.LayoutDirection:
    """That of the first letter that has one."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    first = next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L")
    return Qt.LayoutDirection.LeftToRight if first == "L" else Qt.LayoutDirection.RightToLeft
