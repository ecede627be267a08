"""What may be kept on disk of the chats' images and KV caches, and what must go.

The model process writes it, for the chats that were permitted here; here it is deleted: with its chat, with all chats
that a backup replaces, with a model, and if it belongs to no chat, as after a crash.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from app.disk_cache_files import DiskCacheFolder
from app.domain.chat.chat import Conversation
from app.domain.ids import ConversationId
from app.domain.ports import IGNORE
from app.engine.process.messages import UseDiskCache
from app.services.chat.answers import Answers
from app.services.chat.chat_library import ChatLibrary
from app.services.engines.background import BackgroundThread, log_failure
from app.services.models.model_engine import ModelEngine

GIGABYTE = 1000**3


class ChatDiskCache(QObject):
    """Keeps at most so many gigabytes in `folder`; 0 deletes everything.

    Nothing is kept before `begin` and until it is known whether there is an encryption key.
    After each of the signals `outdating`, such as that a model was deleted, everything is deleted.
    """

    _key_loaded = Signal(bytes)

    def __init__(
        self,
        folder: DiskCacheFolder,
        model: ModelEngine,
        library: ChatLibrary,
        answers: Answers,
        outdating: Iterable[SignalInstance],
        thread: BackgroundThread,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._model = model
        self._library = library
        self._thread = thread
        self._gigabytes = 0
        self._key: bytes | None = None
        self._load_key: Callable[[], bytes] | None = None
        answers.permit_disk_cache = self.permit
        library.deleted.connect(self._on_deleted)
        library.loaded.connect(self._on_library_loaded)
        for signal in outdating:
            signal.connect(self.clear)
        self._key_loaded.connect(self._on_key_loaded)

    @property
    def is_encrypted(self) -> bool:
        """Whether what is kept is encrypted, as far as is known yet."""
        return bool(self._key)

    def begin(self, load_key: Callable[[], bytes]) -> None:
        """Load the key, which is empty if there is no keyring, as soon as it is needed; `load_key` may block."""
        self._load_key = load_key
        self._load_if_needed()

    def set_gigabytes(self, gigabytes: int) -> None:
        """Keep at most so many gigabytes from now on."""
        if gigabytes == self._gigabytes:
            return
        self._gigabytes = gigabytes
        if not gigabytes:
            self.clear()
        else:
            self._do(lambda: self._folder.trim(gigabytes * GIGABYTE))
        if self._key is not None:
            self._send(self._key)
        self._load_if_needed()

    def permit(self, chat: ConversationId) -> str:
        """Return the id for which the next answer of a chat may be kept, or nothing if it must not be."""
        may_be_kept = chat in self._library and not self._library.is_temporary(chat)
        if not (may_be_kept and self._gigabytes and self._key is not None) or self._model.server:
            return ""
        self._do(lambda: self._folder.permit(chat))
        return chat

    @Slot()
    def clear(self) -> None:
        """Delete everything that is kept; the chats stay."""
        self._do(self._folder.clear)

    def measure(self, use: Callable[[int], None]) -> None:
        """Call `use` with the bytes that are kept."""
        self._thread.submit(self._folder.used_bytes, use, log_failure)

    def _load_if_needed(self) -> None:
        if self._gigabytes and self._load_key:
            # A thread of its own that no shutdown waits for: a keyring may ask the user first.
            threading.Thread(target=self._load, args=(self._load_key,), name="keyring", daemon=True).start()
            self._load_key = None

    def _load(self, load_key: Callable[[], bytes]) -> None:
        try:
            key = load_key()
        except Exception:  # noqa: BLE001 - a keyring's library may fail in any way: there is no key then
            key = b""
        with suppress(RuntimeError):  # The application has ended meanwhile.
            self._key_loaded.emit(key)

    @Slot(bytes)
    def _on_key_loaded(self, key: bytes) -> None:
        self._key = key
        self._send(key)

    def _send(self, key: bytes) -> None:
        self._model.use_disk_cache(UseDiskCache(str(self._folder.folder), self._gigabytes * GIGABYTE, key))

    @Slot(tuple)
    def _on_deleted(self, chats: tuple[Conversation, ...]) -> None:
        self._do(lambda: self._folder.delete([chat.id for chat in chats]))

    @Slot()
    def _on_library_loaded(self) -> None:
        """Delete what no chat has: it was deleted just before a crash, or is of chats that a backup has replaced."""
        chats = frozenset(chat.id for chat in self._library.conversations)
        self._do(lambda: self._folder.keep_only(chats))

    def _do(self, work: Callable[[], None]) -> None:
        self._thread.submit(work, IGNORE, log_failure)
