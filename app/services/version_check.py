"""Whether there is a newer version, for those who have asked to be told: one question a day at most, at start."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.domain.releases import Release, is_newer
from app.network.halt import Halt
from app.services.background import BackgroundThread
from app.services.preferences import Preferences

_log = logging.getLogger(__name__)


class Feed(Protocol):
    """What knows the latest release; see app.hub.releases."""

    @property
    def address(self) -> str:
        """Where it is; empty where there is none."""
        ...

    def latest(self, halt: Halt) -> Release:
        """The latest release; raises UserError, Cancelled."""
        ...


class VersionCheck(QObject):
    """`found(Release)` where there is a version after `own`; of whatever goes wrong nobody is told."""

    found = Signal(object)

    def __init__(
        self,
        feed: Feed,
        preferences: Preferences,
        own: str,
        today: Callable[[], date] = date.today,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._feed = feed
        self._preferences = preferences
        self._own = own
        self._today = today
        self._halt = Halt()
        self._thread: BackgroundThread | None = None

    def begin(self) -> None:
        """Ask, where that is wanted and has not been done today; never while Lorgnette is to stay offline."""
        settings, day = self._preferences.settings, self._today().isoformat()
        is_wanted = settings.tells_of_versions and not settings.offline and bool(self._feed.address)
        if not is_wanted or settings.versions_asked == day:
            return
        self._preferences.update(replace(settings, versions_asked=day))
        self._thread = BackgroundThread("versions", self)
        self._thread.submit(partial(self._feed.latest, self._halt), self._on_latest, _leave)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._halt.set()
        if self._thread:
            self._thread.close()

    def _on_latest(self, release: Release) -> None:
        if is_newer(release.version, self._own):
            self.found.emit(release)


def _leave(error: Exception) -> None:
    _log.info("no version was told: %s", type(error).__name__)
