"""Servers that answer in place of the model on this machine: their models, and the keys that they want."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import problem_of
from app.domain.remote_servers import RemoteModel
from app.engine.process.messages import Done, Event, Failed, ListModels, ModelsListed
from app.services.background import BackgroundThread
from app.services.model_engine import ModelEngine


class ServerLink(QObject):
    """`listed(tuple[str, ...])` has the models of the server that was asked last, `failed` a Problem instead.

    `key_of` and `keep_key` ask the system's keyring, which may take a while: they are called on `thread`.
    """

    listed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        model: ModelEngine,
        thread: BackgroundThread,
        key_of: Callable[[str], str],
        keep_key: Callable[[str, str], bool],
        is_offline: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._thread = thread
        self._key_of = key_of
        self._keep_key = keep_key
        self._is_offline = is_offline
        self._listing: int | None = None
        model.engine.event_received.connect(self._on_event_received)

    def list_models(self, address: str, key: str) -> None:
        """Ask a server for its models."""
        offline = self._is_offline()
        self._listing = self._model.engine.request(lambda number: ListModels(number, address, key, offline))

    def connect_to(self, model: RemoteModel, key: str) -> None:
        """Have a server answer from now on, and keep its key."""
        self._model.open_server(model, key, offline=self._is_offline())
        self._thread.submit(partial(self._keep_key, model.address, key), _ignore, self._on_keyring_failed)

    def reconnect(self, model: RemoteModel) -> None:
        """Have a server answer that did before, with the key that was kept."""
        self._thread.submit(partial(self._key_of, model.address), partial(self._open, model), self._on_keyring_failed)

    def _open(self, model: RemoteModel, key: str) -> None:
        self._model.open_server(model, key, offline=self._is_offline())

    def _on_keyring_failed(self, error: Exception) -> None:
        self.failed.emit(problem_of(error))

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        if event.request_id != self._listing:
            return
        match event:
            case ModelsListed(names=names):
                self.listed.emit(names)
            case Failed(problem=problem):
                self.failed.emit(problem)
        if isinstance(event, Done | Failed):
            self._listing = None


def _ignore(_kept: bool) -> None:  # noqa: FBT001 - what the thread hands over
    """Without a keyring the key is known until Lorgnette is closed."""
