"""The "Offline" switch at the foot of the sidebar: switched on by itself once the first full model is ready."""

from PySide6.QtCore import QObject, Slot

from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.settings.settings import Settings
from app.services.models.model_downloads import ModelDownloads
from app.services.models.model_engine import ModelEngine
from app.services.settings.preferences import Preferences
from app.ui.shell.main_window import MainWindow


class OfflineController(QObject):
    """Wires the switch below the chats to the preferences.

    It is switched on automatically the first time that a full local model is ready, unless the user has used it before;
    after that it stays as the user sets it.
    """

    def __init__(
        self,
        window: MainWindow,
        model: ModelEngine,
        downloads: ModelDownloads,
        preferences: Preferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._line = window.sidebar.status_line
        self._downloads = downloads
        self._preferences = preferences
        self._was_offline = preferences.settings.offline
        self._line.set_offline(self._was_offline)
        self._line.set_asks_versions(preferences.settings.tells_of_versions)
        self._line.offline_toggled.connect(self._on_toggled)
        preferences.changed.connect(self._on_settings_changed)
        model.status_changed.connect(self._on_status_changed)

    @Slot(bool)
    def _on_toggled(self, offline: bool) -> None:  # noqa: FBT001 - as the signal has it
        self._preferences.change(offline=offline)

    @Slot(Settings)
    def _on_settings_changed(self, settings: Settings) -> None:
        self._line.set_asks_versions(settings.tells_of_versions)
        if settings.offline == self._was_offline:
            return
        self._was_offline = settings.offline
        self._line.set_offline(settings.offline)
        if not settings.offline_settled:
            self._preferences.change(offline_settled=True)

    @Slot(EngineStatus)
    def _on_status_changed(self, status: EngineStatus) -> None:
        settings, info = self._preferences.settings, status.info
        if settings.offline_settled or status.state is not EngineState.READY or self._downloads.active:
            return
        if info is not None and not info.policy.is_placeholder and not info.server:
            self._preferences.change(offline=True, offline_settled=True)
