"""The user's settings while the application runs; every change is saved."""

from dataclasses import replace
from typing import Protocol, Unpack

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.errors import Problem, problem_of
from app.domain.settings.settings import Settings, SettingsChanges
from app.services.engines.background import BackgroundThread

RETRY_MILLISECONDS = 3000
"""Interval between two attempts to save settings that could not be saved."""


class SettingsStore(Protocol):
    """The storage of the settings."""

    def save(self, settings: Settings) -> None:
        """Write all settings; raises StorageError."""
        ...


class Preferences(QObject):
    """Holds the settings. `changed` carries them when they differ from before.

    Failed saves are retried until they succeed. `problem_met` carries a Problem of saving, once; `problem_solved` the
    one that is over.
    """

    changed = Signal(Settings)
    problem_met = Signal(Problem)
    problem_solved = Signal(Problem)

    def __init__(
        self, settings: Settings, store: SettingsStore, thread: BackgroundThread, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._store = store
        self._thread = thread
        self._is_emitting = False
        self._reported: Problem | None = None
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(RETRY_MILLISECONDS)
        self._retry.timeout.connect(self._save)

    @property
    def settings(self) -> Settings:
        """The current settings."""
        return self._settings

    @Slot(Settings)
    def update(self, settings: Settings) -> None:
        """Apply and save other settings; equal ones change nothing.

        Re-entrant: a `changed` handler may call `update`; the nested change is saved and emitted after this one.
        """
        if settings == self._settings:
            return
        self._settings = settings
        self._save()
        if self._is_emitting:
            return
        self._is_emitting = True
        emitted: Settings | None = None
        while emitted != self._settings:
            emitted = self._settings
            self.changed.emit(emitted)
        self._is_emitting = False

    def change(self, **changes: Unpack[SettingsChanges]) -> None:
        """Apply and save other values of some settings; see `update`."""
        self.update(replace(self._settings, **changes))

    @Slot()
    def _save(self) -> None:
        settings = self._settings
        self._thread.submit(lambda: self._store.save(settings), self._on_saved, self._on_failed)

    def _on_saved(self, _: None) -> None:
        if self._reported:
            self._retry.stop()
            self.problem_solved.emit(self._reported)
            self._reported = None

    def _on_failed(self, error: Exception) -> None:
        self._retry.start()
        problem = problem_of(error)
        if problem != self._reported:
            self._reported = problem
            self.problem_met.emit(problem)
