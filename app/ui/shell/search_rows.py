"""Rows of search results, drawn by a delegate, with thumbnails that are loaded when they are drawn."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette, QPixmap, QPixmapCache, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QAbstractItemView, QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.domain.chat.search import SearchHit
from app.domain.images.attachments import Attachment
from app.domain.text.visible_lines import visible_lines
from app.ui.shell.chat_rows import draw_background, draw_text
from app.ui.widgets.theme import zoomed
from app.ui.widgets.thumbnails import ThumbnailPath, rounded, thumbnail

HIT = Qt.ItemDataRole.UserRole
"""Role of the SearchHit; a message in place of results has none."""
ROW_HEIGHT = 62
PICTURE = 44
"""Side of a thumbnail, in pixels."""
SIDE, SPACING, ABOVE = 10, 8, 5
"""Spacing around the parts of a row, in pixels."""
MAX_LINES = 2
"""Maximum lines of an excerpt."""


def marked_excerpt(hit: SearchHit) -> tuple[str, list[tuple[int, int]]]:
    """Return the excerpt with invisible characters made visible, and the [start, end) of the words in it."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    length = end = 0
    for start, stop in hit.matches:
        before, word = visible_lines(hit.excerpt[end:start]), visible_lines(hit.excerpt[start:stop])
        first, length = length + len(before), length + len(before) + len(word)
        spans.append((first, length))
        parts += [before, word]
        end = stop
    return "".join([*parts, visible_lines(hit.excerpt[end:])]), spans


class SearchRowPainter(QStyledItemDelegate):
    """Draws the rows of a view: the thumbnail of an image, a title, and an excerpt with the words in bold."""

    def __init__(self, view: QAbstractItemView, thumbnail_path: ThumbnailPath) -> None:
        super().__init__(view)
        self._view = view
        self._thumbnail_path = thumbnail_path

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the background of the style sheet, and the parts of the row over it."""
        hit = index.data(HIT)
        if not isinstance(hit, SearchHit):
            super().paint(painter, option, index)
            return
        view = self._view
        ground = QStyleOptionViewItem(option)
        self.initStyleOption(ground, index)
        title = draw_background(painter, ground, view)
        area = option.rect.adjusted(SIDE, ABOVE, -SIDE, -ABOVE)
        if hit.image:
            area = self._draw_picture(painter, area, hit.image)
        height = QFontMetrics(view.font()).height()
        painter.save()
        painter.setPen(view.palette().color(QPalette.ColorRole.Text))
        is_title = hit.message_id is None and not hit.image and not hit.document
        above = area if is_title else QRect(area.left(), area.top(), area.width(), height)
        draw_text(painter, view, view.font(), above, title)
        if not is_title:
            painter.setPen(QApplication.palette().color(QPalette.ColorRole.PlaceholderText))
            _draw_excerpt(painter, view.font(), area.adjusted(0, height + 1, 0, 0), hit)
        painter.restore()

    def _draw_picture(self, painter: QPainter, area: QRect, image: Attachment) -> QRect:
        """Draw a thumbnail where lines begin; return the rest of the area."""
        side = zoomed(self._view, PICTURE)
        place = QRect(area.left(), area.top() + (area.height() - side) // 2, side, side)
        direction = self._view.layoutDirection()
        painter.drawPixmap(QStyle.visualRect(direction, area, place).topLeft(), self._picture(image, side))
        return QStyle.visualRect(direction, area, area.adjusted(side + SPACING, 0, 0, 0))

    def _picture(self, image: Attachment, side: int) -> QPixmap:
        ratio = self._view.devicePixelRatioF()
        key = f"search {image.digest} {side} {ratio}"
        picture = QPixmap()
        if not QPixmapCache.find(key, picture):
            picture = rounded(thumbnail(self._thumbnail_path(image)), QSize(side, side), ratio)
            QPixmapCache.insert(key, picture)
        return picture


def _draw_excerpt(painter: QPainter, font: QFont, area: QRect, hit: SearchHit) -> None:
    """Draw as many lines of the excerpt as fit, with the words in bold."""
    text, spans = marked_excerpt(hit)
    bold = QTextCharFormat()
    bold.setFontWeight(QFont.Weight.Bold)
    formats = []
    for start, end in spans:
        span = QTextLayout.FormatRange()
        span.start, span.length, span.format = start, end - start, bold
        formats.append(span)
    layout = QTextLayout(text, font)
    layout.setFormats(formats)
    layout.beginLayout()
    top = 0.0
    for _ in range(MAX_LINES):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(area.width())
        line.setPosition(QPointF(0, top))
        top += line.height()
    layout.endLayout()
    layout.draw(painter, QPointF(area.topLeft()))
