"""A translation painted over its picture: background and text colours are sampled, the font size is fitted."""

import unicodedata
from collections.abc import Sequence
from math import atan2, degrees

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPolygonF, QTransform

from app.domain.documents.paragraphs import Paragraph
from app.domain.images.geometry import TextLine

SAMPLES = 24
"""Number of points along each direction of a line at which its colours are sampled."""
FOREGROUND_SHARE = 0.04
"""Share of the samples, those that differ most from the background, that counts as text."""
MARGIN = 0.12
"""Margin of the background around a line, in heights of the line, to cover strokes that stick out."""
TYPE_HEIGHT = 0.78
"""Height of the type as a share of a line's box; the rest is the space between lines."""
MAX_HEIGHT = 1.1
"""Maximum height of a text, in heights of its paragraph's area."""
MIN_TYPE = 4
MIN_CONTRAST = 80
"""Minimum contrast between background and text, of 255; below it the text is black or white."""
_WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
_Rgb = tuple[int, int, int]


def translated_image(picture: QImage, page_width: int, paragraphs: Sequence[Paragraph], texts: Sequence[str]) -> QImage:
    """Return a copy of `picture`, which shows a page of `page_width` pixels, with `texts` in place of `paragraphs`.

    A paragraph with an empty text stays as it is.
    """
    scale = picture.width() / page_width
    painted = picture.convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(painted)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    areas = [_Area(picture, paragraph, scale) for paragraph, text in zip(paragraphs, texts, strict=True) if text]
    for area in areas:  # All backgrounds are drawn before all texts: boxes of lines overlap.
        area.clear(painter)
    for area, text in zip(areas, filter(None, texts), strict=True):
        area.write(painter, text)
    painter.end()
    return painted


def fitted_font(text: str, room: QRectF, line_height: float) -> QFont:
    """Return the largest font, at most as large as a line's, with which the wrapped `text` fits into `room`."""
    font = QFont()
    size = max(MIN_TYPE, round(TYPE_HEIGHT * line_height))
    while size > MIN_TYPE:
        font.setPixelSize(size)
        taken = QFontMetricsF(font).boundingRect(QRectF(0, 0, room.width(), 1e6), _WRAPPED, text)
        if taken.width() <= room.width() + 1 and taken.height() <= MAX_HEIGHT * room.height():
            return font
        size -= 1
    font.setPixelSize(MIN_TYPE)
    return font


class _Area:
    """The area of a paragraph on a picture, rotated like its first line, and its colours."""

    def __init__(self, picture: QImage, paragraph: Paragraph, scale: float) -> None:
        self._turn = QTransform().rotate(_angle(paragraph.lines[0]))
        back = self._turn.inverted()[0]
        self._lines = [back.map(_polygon(line, scale)).boundingRect() for line in paragraph.lines]
        self._line_height = sum(line.height() for line in self._lines) / len(self._lines)
        self._room = self._lines[0]
        for line in self._lines:
            self._room = self._room.united(line)
        self._ground, self._ink = _colours(picture, self._turn, self._lines)

    def clear(self, painter: QPainter) -> None:
        """Fill the area with its background."""
        margin = MARGIN * self._line_height
        painter.setTransform(self._turn)
        for line in self._lines:
            painter.fillRect(line.adjusted(-margin, -margin, margin, margin), self._ground)

    def write(self, painter: QPainter, text: str) -> None:
        """Draw the text in the area."""
        painter.setTransform(self._turn)
        painter.setPen(self._ink)
        painter.setFont(fitted_font(text, self._room, self._line_height))
        painter.setLayoutDirection(_direction(text))
        painter.drawText(self._room, _WRAPPED | Qt.TextFlag.TextDontClip, text)


def _polygon(line: TextLine, scale: float) -> QPolygonF:
    return QPolygonF([QPointF(corner.x * scale, corner.y * scale) for corner in line.quad])


def _angle(line: TextLine) -> float:
    """Return the clockwise rotation of a line in degrees; a small skew of an upright line is noise of the OCR."""
    first, second = line.quad[0], line.quad[1]
    angle = degrees(atan2(second.y - first.y, second.x - first.x))
    return 0.0 if abs(angle) < 1 else angle


def _colours(picture: QImage, turn: QTransform, lines: Sequence[QRectF]) -> tuple[QColor, QColor]:
    """Return the background colour around these lines, and the text colour, which differs most from it within them."""
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
    foreground = _median(by_distance[-max(1, int(FOREGROUND_SHARE * len(within))) :])
    if _distance(foreground, ground) < MIN_CONTRAST:
        foreground = (0, 0, 0) if sum(ground) > 3 * 127 else (255, 255, 255)
    return QColor(*ground), QColor(*foreground)


def _median(samples: Sequence[_Rgb]) -> _Rgb:
    middle = len(samples) // 2
    red, green, blue = (sorted(channel)[middle] for channel in zip(*samples, strict=True))
    return red, green, blue


def _distance(one: _Rgb, other: _Rgb) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _direction(text: str) -> Qt.LayoutDirection:
    """Return the direction of the first letter that has one."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    first = next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L")
    return Qt.LayoutDirection.LeftToRight if first == "L" else Qt.LayoutDirection.RightToLeft
