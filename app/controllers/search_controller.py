"""Connects the search of the sidebar with the chats, the viewer and the documents that it finds."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.chat.search import SearchHit, search_words
from app.domain.documents.marked_words import boxes_of
from app.domain.documents.pages import OcrPage
from app.domain.error_texts import document_texts
from app.domain.ids import MessageId
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore, ConversationStore
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.services.engines.store_thread import StoreAccess
from app.ui.shell.main_window import MainWindow


class SearchController(QObject):
    """Opens what was found: `document_wanted(Path, name, page number, words)` requests the document window."""

    document_wanted = Signal(Path, str, int, tuple)

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        library: ChatLibrary,
        chats: StoreAccess[ConversationStore],
        files: AttachmentStore,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._session = session
        self._library = library
        self._chats = chats
        self._files = files
        self._awaited: tuple[SearchHit, Sequence[str]] | None = None
        """A hit on an image whose chat is being opened, and the words."""
        sidebar, session = self._window.sidebar, self._session
        sidebar.searched.connect(library.search)
        sidebar.hit_chosen.connect(self._on_hit_chosen)
        library.found.connect(sidebar.set_hits)
        session.message_pointed_at.connect(self._on_message_pointed_at)

    @Slot(SearchHit)
    def _on_hit_chosen(self, hit: SearchHit) -> None:
        self.open(hit, search_words(self._window.sidebar.search.text()))

    @Slot(SearchHit, tuple)
    def open(self, hit: SearchHit, words: tuple[str, ...]) -> None:
        """Open what was found, with the words marked."""
        self._awaited = None
        chat = hit.conversation_id
        if hit.document:
            self._open_document(hit, words)
        elif chat and chat in self._library:
            self._awaited = (hit, words) if hit.image else None
            self._session.open(chat, hit.message_id)
            if hit.message_id is None:  # It is in the draft, which is shown at once.
                self._show_awaited()

    def _open_document(self, hit: SearchHit, words: tuple[str, ...]) -> None:
        if (document := hit.document) is None:
            return
        if hit.image:
            self.document_wanted.emit(self._files.path(hit.image), document.name, document.number, words)
        elif document.path:
            self.document_wanted.emit(Path(document.path), document.name, document.number, words)
        else:
            self._window.notices.show_problem(document_texts.PLACE_UNKNOWN.problem())

    @Slot(str)
    def _on_message_pointed_at(self, message_id: MessageId) -> None:
        if self._awaited and self._awaited[0].message_id == message_id:
            self._show_awaited()

    def _show_awaited(self) -> None:
        """Show the image that was found, with the words on it marked."""
        awaited, self._awaited = self._awaited, None
        if awaited is None:
            return
        hit, words = awaited
        images = self._session.images()
        for image in images:
            if hit.image and image.digest == hit.image.digest:
                viewer = self._window.viewer
                viewer.show_images(images, image)
                viewer.show_detections("", ())
                self._window.show_viewer()
                self._chats.run(lambda chats: chats.page_of(hit), partial(self._on_page_found, image, words))
                return

    def _on_page_found(self, image: Attachment, words: Sequence[str], page: OcrPage | None) -> None:
        if page and self._window.viewer.attachment == image:
            self._window.viewer.mark_boxes(page, boxes_of(words, page))
