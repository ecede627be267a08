"""The user's settings while the application runs; every change is saved."""

from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.domain.errors import problem_of
from app.domain.settings import Settings
from app.services.background import BackgroundThread


class SettingsStore(Protocol):
    """Where settings are kept."""

    def save(self, settings: Settings) -> None:
        """Write all settings; raises StorageError."""
        ...


class Preferences(QObject):
    """Holds the settings. `changed` carries them where they are others, `problem_met` a Problem met while saving."""

    changed = Signal(object)
    problem_met = Signal(object)

    def __init__(
        self, settings: Settings, store: SettingsStore, thread: BackgroundThread, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._store = store
        self._thread = thread
        self._is_telling = False

    @property
    def settings(self) -> Settings:
        """The settings now in force."""
        return self._settings

    def update(self, settings: Settings) -> None:
        """Put other settings in force and save them; equal ones change nothing.

        Whoever is told of a change may make another one: that is saved, and told to all, after the first.
        """
        if settings == self._settings:
            return
        self._settings = settings
        self._thread.submit(lambda: self._store.save(settings), lambda _: None, self._on_failed)
        if self._is_telling:
            return
        self._is_telling = True
        told: Settings | None = None
        while told != self._settings:
            told = self._settings
            self.changed.emit(told)
        self._is_telling = False

    def _on_failed(self, error: Exception) -> None:
        self.problem_met.emit(problem_of(error))
