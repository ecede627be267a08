"""Downloads models in the background: one at a time, on a thread of its own."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import Cancelled, Problem, problem_of
from app.domain.models.downloads import DownloadProgress, DownloadStage, Speedometer
from app.network.cancel_token import CancelToken
from app.services.engines.background import BackgroundThread

REPORT_SECONDS = 0.2
"""Interval between two progress reports; more would not be seen."""


class Downloads(Protocol):
    """A downloader; see app.hub.download."""

    def run(self, model_id: str, cancel_token: CancelToken, report: Callable[[DownloadProgress], None]) -> Path:
        """Download a model and return its folder; raises UserError, Cancelled."""
        ...


class ModelDownloads(QObject):
    """Emits `progressed(model_id, DownloadProgress)`, `finished(model_id, folder)`, `stopped(model_id)`, `problem_met`.

    `make` is called with the model's name for each download, so that it follows the settings.
    """

    progressed = Signal(str, DownloadProgress)
    finished = Signal(str, str)
    stopped = Signal(str)
    problem_met = Signal(Problem)
    _reported = Signal(str, DownloadProgress)

    def __init__(self, make: Callable[[str], Downloads], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._thread = BackgroundThread("downloads", self)
        self._cancel_token = CancelToken()
        self._active = ""
        self._speed = Speedometer()
        self._reported.connect(self._on_reported)

    @property
    def active(self) -> str:
        """The id of the model that is being downloaded, or an empty string."""
        return self._active

    @property
    def bytes_per_second(self) -> float:
        """The download speed; 0 if it is not known."""
        return self._speed.bytes_per_second

    def start(self, model_id: str) -> None:
        """Start or resume the download of a model; ignored while one is being downloaded."""
        if self._active:
            return
        self._active = model_id
        self._cancel_token = cancel_token = CancelToken()
        self._speed = Speedometer()
        self.progressed.emit(model_id, DownloadProgress(stage=DownloadStage.ASKING))
        self._thread.submit(
            partial(self._run, model_id, cancel_token),
            partial(self._on_finished, model_id),
            partial(self._on_failed, model_id),
        )

    @Slot()
    def pause(self) -> None:
        """Stop the download and keep the partial files; `stopped` follows."""
        self._cancel_token.set()

    def close(self) -> None:
        """Stop the download and end the thread."""
        self._cancel_token.set()
        self._thread.close()

    def _run(self, model_id: str, cancel_token: CancelToken) -> Path:
        """Download a model; runs on the thread."""
        last = 0.0
        stage: DownloadStage | None = None

        def report(progress: DownloadProgress) -> None:
            nonlocal last, stage
            now = time.monotonic()
            if progress.stage is not stage or now - last >= REPORT_SECONDS:
                last, stage = now, progress.stage
                self._reported.emit(model_id, progress)

        return self._make(model_id).run(model_id, cancel_token, report)

    @Slot(str, DownloadProgress)
    def _on_reported(self, model_id: str, progress: DownloadProgress) -> None:
        if progress.stage is DownloadStage.LOADING:
            self._speed.note(time.monotonic(), progress.done)
        else:
            self._speed = Speedometer()
        if model_id == self._active:
            self.progressed.emit(model_id, progress)

    def _on_finished(self, model_id: str, folder: Path) -> None:
        self._active = ""
        self.finished.emit(model_id, str(folder))

    def _on_failed(self, model_id: str, error: Exception) -> None:
        self._active = ""
        self.stopped.emit(model_id)
        if not isinstance(error, Cancelled):
            self.problem_met.emit(problem_of(error))
