"""Servers that answer in place of a local model: their models, and their API keys."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import Problem, problem_of
from app.domain.models.remote_servers import RemoteModel
from app.domain.ports import IGNORE
from app.engine.process.messages import Event, Failed, ModelsListed, ServersFound
from app.services.engines.background import BackgroundThread
from app.services.engines.engine import EngineCall
from app.services.models.model_engine import ModelEngine


class ServerLink(QObject):
    """Emits `listed(tuple[str, ...])` with the models of the last requested server, or `failed` with a Problem.

    `found(tuple[FoundServer, ...])` are the servers on this machine.

    `key_of` and `save_key` use the system's keyring, which may take a while: they are called on `thread`.
    """

    listed = Signal(tuple)
    found = Signal(tuple)
    failed = Signal(Problem)

    def __init__(
        self,
        model: ModelEngine,
        thread: BackgroundThread,
        key_of: Callable[[str], str],
        save_key: Callable[[str, str], bool],
        is_offline: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._thread = thread
        self._key_of = key_of
        self._save_key = save_key
        self._is_offline = is_offline
        self._listing: EngineCall | None = None

    @Slot()
    def find_servers(self) -> None:
        """Look for servers on this machine; a failure of the process finds none."""
        self._end_listing()
        self._listing = self._model.find_servers(self._on_found)

    @Slot(str, str)
    def list_models(self, address: str, key: str) -> None:
        """Ask a server for its models."""
        self._end_listing()
        self._listing = self._model.list_models(address, key, self._on_event, offline=self._is_offline())

    @Slot(RemoteModel, str)
    def connect_to(self, model: RemoteModel, key: str) -> None:
        """Connect to a server, and save its key."""
        self._model.open_server(model, key, offline=self._is_offline())
        self._thread.submit(partial(self._save_key, model.address, key), IGNORE, self._on_keyring_failed)

    def reconnect(self, model: RemoteModel) -> None:
        """Connect to a former server again, with its saved key."""
        self._thread.submit(partial(self._key_of, model.address), partial(self._open, model), self._on_keyring_failed)

    def _end_listing(self) -> None:
        if self._listing:
            self._listing.abandon()

    def _on_found(self, event: Event) -> None:
        match event:
            case ServersFound(servers=servers):
                self.found.emit(servers)
            case Failed():
                self.found.emit(())

    def _open(self, model: RemoteModel, key: str) -> None:
        self._model.open_server(model, key, offline=self._is_offline())

    def _on_keyring_failed(self, error: Exception) -> None:
        self.failed.emit(problem_of(error))

    def _on_event(self, event: Event) -> None:
        match event:
            case ModelsListed(names=names):
                self.listed.emit(names)
            case Failed(problem=problem):
                self.failed.emit(problem)
