"""The parts of a document's pages that are left out, kept for the file wherever it is opened."""

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.domain.ports import ConversationStore
from app.domain.regions import Box
from app.services.store_thread import StoreThread


class IgnoredParts(QObject):
    """`found(parts)` carries the parts of the document that was opened last, as shares of a page's sides."""

    found = Signal(object)

    def __init__(self, store: StoreThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._digest = ""
        self._is_chosen = False

    def load(self, digest: str) -> None:
        """Look up what is kept for the file with this sha256; until then nothing is left out."""
        self._digest, self._is_chosen = digest, False
        self.found.emit(())
        self._store.run(lambda store: store.ignored_parts(digest), partial(self._on_loaded, digest))

    def keep(self, parts: tuple[Box, ...]) -> None:
        """Keep what the user has chosen for the file that is looked at."""
        if self._digest:
            self._is_chosen = True
            self._store.run(partial(_save, self._digest, parts))

    def _on_loaded(self, digest: str, parts: tuple[Box, ...]) -> None:
        if digest == self._digest and not self._is_chosen:
            self.found.emit(parts)


def _save(digest: str, parts: tuple[Box, ...], store: ConversationStore) -> None:
    store.save_ignored_parts(digest, parts)
