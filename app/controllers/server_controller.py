"""Connects to a model server that is used instead of a model on this machine."""

from PySide6.QtCore import QObject, Slot

from app.domain.models.remote_servers import RemoteModel
from app.domain.settings.settings import Settings
from app.services.models.model_engine import ModelEngine
from app.services.models.server_link import ServerLink
from app.services.settings.preferences import Preferences
from app.ui.models.server_dialog import ServerDialog
from app.ui.shell.main_window import MainWindow


class ServerController(QObject):
    """Wires the server dialogue, and stores the server in use."""

    def __init__(
        self, window: MainWindow, model: ModelEngine, link: ServerLink, preferences: Preferences, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._model = model
        self._link = link
        self._preferences = preferences
        window.model_picker.server_clicked.connect(self._on_server_clicked)
        model.connected.connect(self._on_connected)
        model.opened.connect(self._on_opened)
        preferences.changed.connect(self._on_settings_changed)

    def begin(self) -> bool:
        """Connect to the server that was used last; return False if there is none."""
        settings = self._preferences.settings
        if not settings.server_address:
            return False
        self._link.reconnect(RemoteModel(settings.server_address, settings.server_model))
        return True

    @Slot()
    def _on_server_clicked(self) -> None:
        dialog = ServerDialog(self._preferences.settings.server_address, self._window)
        dialog.models_wanted.connect(self._link.list_models)
        dialog.chosen.connect(self._link.connect_to)
        self._link.listed.connect(dialog.show_models)
        self._link.failed.connect(dialog.show_problem)
        self._link.found.connect(dialog.found.show_servers)
        self._link.find_servers()
        dialog.open()

    @Slot(RemoteModel)
    def _on_connected(self, model: RemoteModel) -> None:
        self._remember(model.address, model.name)

    @Slot(str)
    def _on_opened(self, _folder: str) -> None:
        self._remember("", "")

    @Slot(Settings)
    def _on_settings_changed(self, settings: Settings) -> None:
        self._model.set_offline(settings.offline)

    def _remember(self, address: str, name: str) -> None:
        self._preferences.change(server_address=address, server_model=name)
