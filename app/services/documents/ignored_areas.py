"""The ignored areas of a document's pages, saved by the file's digest, independent of its path."""

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.domain.ids import Digest
from app.domain.images.geometry import Box
from app.domain.ports import OcrResultStore
from app.services.engines.store_thread import StoreAccess


class IgnoredAreas(QObject):
    """Loads and saves areas. `found(areas)` carries those of the last document, as fractions of a page's sides."""

    found = Signal(tuple)

    def __init__(self, pages: StoreAccess[OcrResultStore], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pages = pages
        self._digest = Digest("")
        self._lookup = 0

    def load(self, digest: Digest) -> None:
        """Look up the areas of the file with this sha256; until then nothing is ignored."""
        self._digest = digest
        self._lookup += 1
        self.found.emit(())
        self._pages.run(lambda pages: pages.ignored_areas(digest), partial(self._on_loaded, self._lookup))

    def save(self, areas: tuple[Box, ...]) -> None:
        """Save the user's areas for the open file."""
        if self._digest:
            self._lookup += 1  # A pending lookup is out of date.
            self._pages.save(("ignored areas", self._digest), partial(_save, self._digest, areas))

    def _on_loaded(self, lookup: int, areas: tuple[Box, ...]) -> None:
        if lookup == self._lookup:
            self.found.emit(areas)


def _save(digest: Digest, areas: tuple[Box, ...], pages: OcrResultStore) -> None:
    pages.save_ignored_areas(digest, areas)
