"""The search results, in place of the list of chats."""

import html
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidgetItem, QVBoxLayout, QWidget

from app.domain.chat.chat import Conversation
from app.domain.chat.search import SearchHit
from app.domain.ids import ConversationId
from app.domain.text.visible_lines import visible_lines
from app.ui.shell.side_list import SideList
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import ElidedLabel, label
from app.ui.widgets.theme import zoomed
from app.ui.widgets.thumbnails import ThumbnailPath, rounded, thumbnail

HIT = Qt.ItemDataRole.UserRole
ROW_HEIGHT = 62
PICTURE = 44
"""Side of a thumbnail, in pixels."""


class SearchResults(SideList):
    """`hit_chosen` carries a SearchHit."""

    hit_chosen = Signal(SearchHit)

    def __init__(self, thumbnail_path: ThumbnailPath, parent: QWidget | None = None) -> None:
        super().__init__(tr("Search results"), parent)
        self._thumbnail_path = thumbnail_path
        self.itemClicked.connect(self._on_item_activated)
        self.itemActivated.connect(self._on_item_activated)

    def set_hits(self, hits: Sequence[SearchHit], conversations: Mapping[ConversationId, Conversation]) -> None:
        """Show the results, or that there are none."""
        self.clear()
        for hit in hits:
            if hit.conversation_id is None:
                self._add(hit, _document_title(hit))
            elif hit.conversation_id in conversations:
                self._add(hit, ui_text.chat_title(conversations[hit.conversation_id]))
        if not self.count():
            item = QListWidgetItem(tr("No matching chats or images."), self)
            item.setFlags(Qt.ItemFlag.NoItemFlags)

    def step(self, by: int) -> None:
        """Select the next result, or the previous one if `by` is -1; the first one if none is selected."""
        self.setCurrentRow(min(max(self.currentRow() + by, 0), self.count() - 1))

    def open_current(self) -> None:
        """Open the selected result, or the first one."""
        if self.count():
            self._on_item_activated(self.item(max(self.currentRow(), 0)))

    def _add(self, hit: SearchHit, title: str) -> None:
        item = QListWidgetItem(self)
        item.setData(HIT, hit)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, visible_lines(f"{title}: {hit.excerpt}"))
        item.setSizeHint(QSize(0, zoomed(self, ROW_HEIGHT)))
        self.setItemWidget(item, _Row(hit, title, self._picture(hit)))

    def _picture(self, hit: SearchHit) -> QPixmap | None:
        """Return the thumbnail of the image on which the words were read, if that is known."""
        if hit.image is None:
            return None
        return rounded(
            thumbnail(self._thumbnail_path(hit.image)), QSize(*[zoomed(self, PICTURE)] * 2), self.devicePixelRatioF()
        )

    @Slot(QListWidgetItem)
    def _on_item_activated(self, item: QListWidgetItem) -> None:
        if hit := item.data(HIT):
            self.hit_chosen.emit(hit)


class _Row(QWidget):
    def __init__(self, hit: SearchHit, title: str, picture: QPixmap | None) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.setSpacing(8)
        if picture is not None:
            image = label(parent=self)
            image.setPixmap(picture)
            row.addWidget(image)
        column = QVBoxLayout()
        column.setSpacing(1)
        row.addLayout(column, 1)
        column.addWidget(ElidedLabel(title))
        if hit.message_id is not None or hit.image or hit.document:
            excerpt = QLabel(_marked(hit), self)
            excerpt.setTextFormat(Qt.TextFormat.RichText)  # Everything but our own tags is escaped.
            excerpt.setWordWrap(True)
            excerpt.setProperty("role", "muted")
            column.addWidget(excerpt, 1)


def _document_title(hit: SearchHit) -> str:
    name = hit.document.name if hit.document else ""
    return name or tr("Document")


def _marked(hit: SearchHit) -> str:
    parts, end = [], 0
    for start, stop in hit.matches:
        parts += [_escaped(hit.excerpt[end:start]), "<b>", _escaped(hit.excerpt[start:stop]), "</b>"]
        end = stop
    return "".join([*parts, _escaped(hit.excerpt[end:])])


def _escaped(text: str) -> str:
    return html.escape(visible_lines(text))
