"""Compares the stored images with the chats: restores those that are used again, sets aside those that no chat uses."""

import logging
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import Problem, StorageError, problem_of
from app.domain.ids import Digest
from app.domain.ports import IGNORE, ConversationStore, Stores
from app.domain.redacting_log import kind_of
from app.services.engines.background import BackgroundThread
from app.services.engines.store_thread import StoreThread
from app.storage.images.attachments import FileAttachmentStore
from app.storage.images.unused_images import Digests, UnusedImages

_log = logging.getLogger(__name__)


class UnusedImagesOfChats(QObject):
    """`damage_found(Problem)` of the database, in which case no image is touched; `store_opened_late()`.

    `images_deleted(int)` carries the number of deleted files, `problem_met(Problem)` why they could not be deleted.
    """

    damage_found = Signal(Problem)
    store_opened_late = Signal()
    images_deleted = Signal(int)
    problem_met = Signal(Problem)

    def __init__(
        self,
        stores: StoreThread,
        files: FileAttachmentStore,
        unused: UnusedImages,
        references_elsewhere: Callable[[], Digests | None],
        files_thread: BackgroundThread,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._stores = stores
        self._files = files
        self._unused = unused
        self._references_elsewhere = references_elsewhere
        self._files_thread = files_thread
        self._has_opened_store = False
        stores.problem_solved.connect(self._on_store_problem_solved)

    def look_at_store(self) -> None:
        """Restore the images that are used again, report a damaged database, and set aside the unused images."""
        self._stores.run(self._opening_report, self._on_store_opened)

    def put_back(self, chats: ConversationStore) -> None:
        """Restore the images that are used again; runs on the store's thread."""
        try:
            self._unused.put_back(chats.attachment_digests)
        except StorageError as error:
            _warn(error)

    @Slot()
    def delete(self) -> None:
        """Delete the images that no chat uses."""
        self._stores.chats.run(lambda chats: chats.attachment_digests(), self._delete)

    def _delete(self, digests: set[Digest]) -> None:
        self._files_thread.submit(
            partial(self._unused.delete, digests, self._references_elsewhere),
            self.images_deleted.emit,
            lambda error: self.problem_met.emit(problem_of(error)),
        )

    @Slot(Problem)
    def _on_store_problem_solved(self, _: Problem) -> None:
        """Check the store again: if it could not be opened at the start, it may be open now, and may be damaged."""
        if not self._has_opened_store:
            self.look_at_store()
            self.store_opened_late.emit()

    def _opening_report(self, stores: Stores) -> tuple[Problem | None, set[Digest]]:
        self.put_back(stores.chats)
        return stores.problem, stores.chats.attachment_digests()

    def _on_store_opened(self, report: tuple[Problem | None, set[Digest]]) -> None:
        self._has_opened_store = True
        problem, digests = report
        self._files_thread.submit(self._files.discard_stale, IGNORE, _warn)
        if problem:
            self.damage_found.emit(problem)
        else:
            collect = partial(self._unused.collect, digests, self._references_elsewhere)
            self._files_thread.submit(collect, IGNORE, _warn)


def _warn(error: Exception) -> None:
    _log.warning("images could not be looked after: %s", kind_of(error))
