"""Keeps record of the imports that have not ended, and begins them again after the window was closed or killed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.ids import ConversationId
from app.domain.images.open_imports import OpenImport
from app.domain.ports import IGNORE
from app.services.engines.background import BackgroundThread
from app.services.images.image_importer import ImageImporter

ENDED_MILLISECONDS = 1500
"""Milliseconds after which an import that has ended is struck off: by then, the draft with its image is saved."""


class OpenImportsStore(Protocol):
    """The storage of the records."""

    def load(self) -> Sequence[OpenImport]:
        """Return the records, in order."""
        ...

    def save(self, imports: Sequence[OpenImport]) -> None:
        """Replace the records; raises StorageError."""
        ...


class InterruptedImports(QObject):
    """Saves the importer's open imports whenever they change, once those of the last session are loaded."""

    def __init__(
        self,
        importer: ImageImporter,
        store: OpenImportsStore,
        thread: BackgroundThread,
        warn: Callable[[Exception], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._importer = importer
        self._store = store
        self._thread = thread
        self._warn = warn
        self._interrupted: tuple[OpenImport, ...] | None = None
        """Those of the last session that have not begun again; None until they are loaded."""
        self._find_chat: Callable[[ConversationId], ConversationId] | None = None
        self._saved: frozenset[OpenImport] = frozenset()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.save)
        importer.open_changed.connect(self._on_open_changed)

    def load(self) -> None:
        """Read the records of the last session."""
        self._thread.submit(self._store.load, self._on_loaded, self._warn)

    def resume(self, find_chat: Callable[[ConversationId], ConversationId]) -> None:
        """Begin them again once they are loaded; `find_chat` returns the chat that gets the images of another."""
        self._find_chat = find_chat
        if self._interrupted is None:
            return
        interrupted, self._interrupted = self._interrupted, ()
        for item in interrupted:
            self._importer.import_again(item, find_chat(item.chat_id))

    @Slot()
    def save(self) -> None:
        """Save the records now; at a shutdown before the earlier ones are loaded, behind those."""
        self._timer.stop()
        is_loaded, opened = self._interrupted is not None, self._importer.open_imports
        records = tuple(dict.fromkeys((*(self._interrupted or ()), *opened)))
        if frozenset(records) != self._saved:
            self._saved = frozenset(records)
            self._thread.submit(partial(self._replace, records, keeps=not is_loaded), IGNORE, self._warn)

    def _replace(self, records: Sequence[OpenImport], *, keeps: bool) -> None:
        """Save `records` on the files' thread, behind those of the last session if it `keeps` them."""
        earlier = self._store.load() if keeps else ()
        self._store.save(tuple(dict.fromkeys((*earlier, *records))))

    def _on_loaded(self, records: Sequence[OpenImport]) -> None:
        self._interrupted = tuple(records)
        self._saved = frozenset(records)
        if self._find_chat:
            self.resume(self._find_chat)
        self._on_open_changed()

    @Slot()
    def _on_open_changed(self) -> None:
        if self._interrupted is None:
            return
        is_new = not self._saved.issuperset(self._importer.open_imports)
        if is_new or not self._timer.isActive():
            self._timer.start(0 if is_new else ENDED_MILLISECONDS)
