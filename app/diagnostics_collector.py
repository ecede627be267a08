"""Collects the details for a bug report: what is installed and set, and what the running window knows of its model."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from app.domain.settings.settings import Settings
from app.paths import Paths
from app.services.engines.background import BackgroundThread, log_failure
from app.services.models.model_engine import ModelEngine
from app.services.settings.preferences import Preferences


class DiagnosticsCollector:
    """Collects them on the files thread, since that takes a moment."""

    def __init__(
        self, model: ModelEngine, preferences: Preferences, paths: Paths, files_thread: BackgroundThread
    ) -> None:
        self._model = model
        self._preferences = preferences
        self._paths = paths
        self._files_thread = files_thread

    def collect(self, use: Callable[[str], None]) -> None:
        """Call `use` with them, once they are there."""
        job = partial(_diagnostics, self._paths, self._preferences.settings, self._running())
        self._files_thread.submit(job, use, log_failure)

    def _running(self) -> dict[str, str]:
        status = self._model.status
        running = {"Window": f"Qt {qVersion()}, {QGuiApplication.platformName()}", "Model": status.state.value}
        if info := status.info:
            source = "a server" if info.server else f"{info.device} ({info.device_reason})"
            running["Answers from"] = f"{source}; {info.scheme}, context {info.context_length}"
        return running


def _diagnostics(paths: Paths, settings: Settings, running: dict[str, str]) -> str:
    from app.engine.process.confinement_report import confinement_report  # noqa: PLC0415 - few ask for it
    from app.storage.settings.diagnostics import diagnostics  # noqa: PLC0415 - loads psutil

    return diagnostics(paths, settings, running | confinement_report())
