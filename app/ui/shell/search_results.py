"""The search results, in place of the list of chats."""

import html
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QListWidgetItem, QVBoxLayout, QWidget

from app.domain.chat.chat import Conversation
from app.domain.chat.search import SearchHit
from app.domain.ids import ConversationId
from app.domain.text.visible_lines import visible_lines
from app.ui.shell.side_list import SideList
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import ElidedLabel
from app.ui.widgets.theme import zoomed

HIT = Qt.ItemDataRole.UserRole
ROW_HEIGHT = 62


class SearchResults(SideList):
    """`hit_chosen` carries a SearchHit."""

    hit_chosen = Signal(SearchHit)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Search results"), parent)
        self.itemClicked.connect(self._on_item_activated)
        self.itemActivated.connect(self._on_item_activated)

    def set_hits(self, hits: Sequence[SearchHit], conversations: Mapping[ConversationId, Conversation]) -> None:
        """Show the results, or that there are none."""
        self.clear()
        for hit in hits:
            if hit.conversation_id in conversations:
                self._add(hit, ui_text.chat_title(conversations[hit.conversation_id]))
        if not self.count():
            item = QListWidgetItem(tr("No matching chats."), self)
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
            excerpt.setTextFormat(Qt.TextFormat.RichText)  # Everything but our own tags is escaped.
            excerpt.setWordWrap(True)
            excerpt.setProperty("role", "muted")
            column.addWidget(excerpt, 1)


def _marked(hit: SearchHit) -> str:
    parts, end = [], 0
    for start, stop in hit.matches:
        parts += [_escaped(hit.excerpt[end:start]), "<b>", _escaped(hit.excerpt[start:stop]), "</b>"]
        end = stop
    return "".join([*parts, _escaped(hit.excerpt[end:])])


def _escaped(text: str) -> str:
    return html.escape(visible_lines(text))
