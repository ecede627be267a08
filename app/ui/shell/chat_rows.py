"""Rows of the chat list, drawn by a delegate: a widget for each would take a hundred times the memory of its chat."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.domain.chat.chat import Conversation
from app.domain.ids import ConversationId
from app.domain.images.attachments import Attachment
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import one_line, tooltip
from app.ui.widgets.lazy_thumbnails import LazyThumbnails
from app.ui.widgets.theme import zoomed

ID = Qt.ItemDataRole.UserRole
"""Role of the chat's id; a heading has none."""
_DETAILS = Qt.ItemDataRole.AccessibleDescriptionRole
ROW_HEIGHT = 46
HEADING_HEIGHT = 30
PICTURE, BESIDE_PICTURE = 34, 8
"""Side of the square of a chat's first image, and the space beside it, in pixels at a zoom of 100 %."""
SIDE, SPACING, ABOVE_HEADING = 10, 4, 8
"""Spacing around the text, in pixels."""
SMALL = 11
"""Font size of a heading, and of the text below a title, in pixels."""


def chat_row(conversation: Conversation, sidebar: QWidget) -> QListWidgetItem:
    """Return a row with a chat's title, and its details below."""
    title = one_line(ui_text.chat_title(conversation))
    item = QListWidgetItem(title)
    item.setData(ID, conversation.id)
    item.setData(
        _DETAILS, tr("Draft") if conversation.leaf_id is None else ui_text.image_count(conversation.image_count)
    )
    item.setToolTip(tooltip(title))
    item.setSizeHint(QSize(0, zoomed(sidebar, ROW_HEIGHT)))
    return item


def heading_row(text: str, sidebar: QWidget) -> QListWidgetItem:
    """Return a heading row above a group of chats."""
    item = QListWidgetItem(text)
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    item.setSizeHint(QSize(0, zoomed(sidebar, HEADING_HEIGHT)))
    return item


class ChatRowPainter(QStyledItemDelegate):
    """Draws the rows of a view, with the thumbnail of each chat's `first_image` where lines end."""

    def __init__(
        self,
        view: QAbstractItemView,
        thumbnails: LazyThumbnails,
        first_image: Callable[[ConversationId], Attachment | None],
    ) -> None:
        super().__init__(view)
        self._view = view
        self._thumbnails = thumbnails
        self._first_image = first_image
        thumbnails.loaded.connect(view.viewport().update)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the background of the style sheet, and the text over it."""
        view = self._view
        ground = QStyleOptionViewItem(option)
        self.initStyleOption(ground, index)
        title = draw_background(painter, ground, view)
        muted = QApplication.palette().color(QPalette.ColorRole.PlaceholderText)
        small = QFont(view.font())
        small.setPixelSize(zoomed(view, SMALL))
        area = option.rect.adjusted(SIDE, 0, -SIDE, 0)
        painter.save()
        if index.data(ID) is None:
            painter.setPen(muted)
            draw_text(painter, view, small, area.adjusted(0, ABOVE_HEADING, 0, 0), title)
        else:
            if image := self._first_image(index.data(ID)):
                area = self._draw_picture(painter, area, image)
            above, below = QFontMetrics(view.font()).height(), QFontMetrics(small).height()
            top = area.top() + (area.height() - above - SPACING - below) // 2
            painter.setPen(view.palette().color(QPalette.ColorRole.Text))
            draw_text(painter, view, view.font(), QRect(area.left(), top, area.width(), above), title)
            painter.setPen(muted)
            place = QRect(area.left(), top + above + SPACING, area.width(), below)
            draw_text(painter, view, small, place, str(index.data(_DETAILS)))
        painter.restore()

    def _draw_picture(self, painter: QPainter, area: QRect, image: Attachment) -> QRect:
        """Draw all of an image at the end of the row; return the rest of the area."""
        view, side = self._view, zoomed(self._view, PICTURE)
        place = QRect(area.right() + 1 - side, area.top() + (area.height() - side) // 2, side, side)
        if picture := self._thumbnails.picture(image, side, view.devicePixelRatioF()):
            painter.drawPixmap(QStyle.visualRect(view.layoutDirection(), area, place).topLeft(), picture)
        rest = area.adjusted(0, 0, -side - zoomed(view, BESIDE_PICTURE), 0)
        return QStyle.visualRect(view.layoutDirection(), area, rest)


def draw_background(painter: QPainter, row: QStyleOptionViewItem, view: QAbstractItemView) -> str:
    """Draw the style sheet's background of a row; return the row's text, which is not drawn."""
    text, row.text = row.text, ""
    view.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, row, painter, view)
    return text


def draw_text(painter: QPainter, view: QAbstractItemView, font: QFont, area: QRect, text: str) -> None:
    """Draw as much of the text as fits, aligned to the side where lines begin."""
    painter.setFont(font)
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    begin = QStyle.visualAlignment(view.layoutDirection(), Qt.AlignmentFlag.AlignLeft)
    alignment = begin | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(area, int(alignment | Qt.TextFlag.TextSingleLine), shown)
