"""What was found in the chats, in place of their list."""

import html
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QListWidgetItem, QVBoxLayout, QWidget

from app.domain.chat import Conversation
from app.domain.search import SearchHit
from app.ui import words
from app.ui.labels import ElidedLabel
from app.ui.side_list import SideList
from app.ui.theme import zoomed
from app.ui.translation import tr

HIT = Qt.ItemDataRole.UserRole
ROW_HEIGHT = 62


class SearchResults(SideList):
    """`hit_chosen` carries a SearchHit."""

    hit_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Search results"), parent)
        self.itemClicked.connect(self._on_item_activated)
        self.itemActivated.connect(self._on_item_activated)

    def set_hits(self, hits: Sequence[SearchHit], conversations: Mapping[str, Conversation]) -> None:
        """Show these, or that there are none."""
        self.clear()
        for hit in hits:
            if hit.conversation_id in conversations:
                self._add(hit, words.chat_title(conversations[hit.conversation_id]))
        if not self.count():
            item = QListWidgetItem(tr("No chat has these words."), self)
            item.setFlags(Qt.ItemFlag.NoItemFlags)

    def _add(self, hit: SearchHit, title: str) -> None:
        item = QListWidgetItem(self)
        item.setData(HIT, hit)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title}: {hit.excerpt}")
        item.setSizeHint(QSize(0, zoomed(self, ROW_HEIGHT)))
        self.setItemWidget(item, _Row(hit, title))

    @Slot(QListWidgetItem)
    def _on_item_activated(self, item: QListWidgetItem) -> None:
        if hit := item.data(HIT):
            self.hit_chosen.emit(hit)


class _Row(QWidget):
    def __init__(self, hit: SearchHit, title: str) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 5, 10, 5)
        column.setSpacing(1)
        column.addWidget(ElidedLabel(title))
        if hit.message_id is not None:
            excerpt = QLabel(_marked(hit), self)
            excerpt.setTextFormat(Qt.TextFormat.RichText)  # All of it is escaped but our own tags.
            excerpt.setWordWrap(True)
            excerpt.setProperty("role", "muted")
            column.addWidget(excerpt, 1)


def _marked(hit: SearchHit) -> str:
    parts, end = [], 0
    for start, stop in hit.matches:
        parts += [html.escape(hit.excerpt[end:start]), "<b>", html.escape(hit.excerpt[start:stop]), "</b>"]
        end = stop
    return "".join([*parts, html.escape(hit.excerpt[end:])])
