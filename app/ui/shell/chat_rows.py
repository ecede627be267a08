"""Rows of the chat list, drawn by a delegate: a widget for each would take a hundred times the memory of its chat."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt, Slot
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app.domain.ids import ConversationId
from app.domain.images.attachments import Attachment
from app.ui.shell.chat_list import ChatList
from app.ui.shell.chat_list_model import DETAILS, FOLDER, ID, IS_INSIDE, FolderRow
from app.ui.widgets import ui_text
from app.ui.widgets.icons import Icon, draw_icon
from app.ui.widgets.lazy_thumbnails import LazyThumbnails
from app.ui.widgets.theme import zoomed

PICTURE, BESIDE_PICTURE = 34, 8
"""Side of the square of a chat's first image, and the space beside it, in pixels at a zoom of 100 %."""
SIDE, SPACING, ABOVE_HEADING = 10, 4, 8
"""Spacing around the text, in pixels."""
SMALL = 11
"""Font size of a heading, and of the text below a title, in pixels."""
CHEVRON, INSIDE = 12, 14
"""Side of a folder's icon, and how far its chats are indented, in pixels at a zoom of 100 %."""


class ChatRowPainter(QStyledItemDelegate):
    """Draws the rows of a view, with the thumbnail of each chat's `first_image` where lines end."""

    def __init__(
        self,
        view: ChatList,
        thumbnails: LazyThumbnails,
        first_image: Callable[[ConversationId], Attachment | None],
    ) -> None:
        super().__init__(view)
        self._view = view
        self._thumbnails = thumbnails
        self._first_image = first_image
        thumbnails.loaded.connect(self._on_loaded)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the background of the style sheet, and the text over it."""
        view = self._view
        ground = QStyleOptionViewItem(option)
        self.initStyleOption(ground, index)
        if view.is_drop_target(index):
            ground.state |= QStyle.StateFlag.State_MouseOver
        title = draw_background(painter, ground, view)
        muted = QApplication.palette().color(QPalette.ColorRole.PlaceholderText)
        small = QFont(view.font())
        small.setPixelSize(zoomed(view, SMALL))
        area = option.rect.adjusted(SIDE, 0, -SIDE, 0)
        painter.save()
        painter.setPen(muted)
        if index.data(ID) is not None:
            self._draw_chat(painter, area, index, title, small)
        elif isinstance(row := index.data(FOLDER), FolderRow):
            self._draw_folder(painter, area, row, title, small)
        else:
            draw_text(painter, view, small, area.adjusted(0, ABOVE_HEADING, 0, 0), title)
        painter.restore()

    def _draw_chat(
        self, painter: QPainter, area: QRect, index: QModelIndex | QPersistentModelIndex, title: str, small: QFont
    ) -> None:
        view, muted = self._view, painter.pen()
        if index.data(IS_INSIDE):
            area = self._mirrored(area, area.adjusted(zoomed(view, INSIDE), 0, 0, 0))
        if image := self._first_image(index.data(ID)):
            area = self._draw_picture(painter, area, image)
        above, below = QFontMetrics(view.font()).height(), QFontMetrics(small).height()
        top = area.top() + (area.height() - above - SPACING - below) // 2
        painter.setPen(view.palette().color(QPalette.ColorRole.Text))
        draw_text(painter, view, view.font(), QRect(area.left(), top, area.width(), above), title)
        painter.setPen(muted)
        place = QRect(area.left(), top + above + SPACING, area.width(), below)
        draw_text(painter, view, small, place, str(index.data(DETAILS)))

    def _draw_folder(self, painter: QPainter, area: QRect, row: FolderRow, name: str, small: QFont) -> None:
        """Draw which way a folder is folded, its name, and the number of its chats where lines end."""
        view, side = self._view, zoomed(self._view, CHEVRON)
        count = ui_text.number(row.count)
        width = QFontMetrics(small).horizontalAdvance(count)
        chevron = QRect(area.left(), area.top() + (area.height() - side) // 2, side, side)
        end = QRect(area.right() + 1 - width, area.top(), width, area.height())
        middle = area.adjusted(side + SPACING, 0, -width - SPACING, 0)
        draw_text(painter, view, small, self._mirrored(area, end), count)
        colour = painter.pen().color()
        icon = Icon.NEXT if row.folder.is_collapsed else Icon.EXPANDED
        direction = view.layoutDirection()
        draw_icon(painter, icon, colour, QRectF(self._mirrored(area, chevron)), direction)
        painter.setPen(view.palette().color(QPalette.ColorRole.Text))
        draw_text(painter, view, view.font(), self._mirrored(area, middle), name)

    def _mirrored(self, area: QRect, part: QRect) -> QRect:
        """Return `part` of `area`, mirrored where lines begin on the right."""
        return QStyle.visualRect(self._view.layoutDirection(), area, part)

    @Slot(int)
    def _on_loaded(self, side: int) -> None:
        if side == zoomed(self._view, PICTURE):
            self._view.viewport().update()

    def _draw_picture(self, painter: QPainter, area: QRect, image: Attachment) -> QRect:
        """Draw all of an image at the end of the row; return the rest of the area."""
        view, side = self._view, zoomed(self._view, PICTURE)
        place = QRect(area.right() + 1 - side, area.top() + (area.height() - side) // 2, side, side)
        if picture := self._thumbnails.picture(image, side, view.devicePixelRatioF()):
            painter.drawPixmap(self._mirrored(area, place).topLeft(), picture)
        return self._mirrored(area, area.adjusted(0, 0, -side - zoomed(view, BESIDE_PICTURE), 0))


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
