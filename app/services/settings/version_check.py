"""Optional check for a newer version: at start, at most once a day."""

import logging
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.domain.settings.releases import Release, is_newer
from app.network.cancel_token import CancelToken
from app.services.engines.background import BackgroundThread
from app.services.settings.preferences import Preferences

_log = logging.getLogger(__name__)


class Feed(Protocol):
    """The feed of releases; see app.hub.releases."""

    @property
    def address(self) -> str:
        """Its URL; empty if there is none."""
        ...

    def latest(self, cancel_token: CancelToken) -> Release:
        """Return the latest release; raises UserError, Cancelled."""
        ...


class VersionCheck(QObject):
    """Emits `found(Release)` if a release newer than `own` exists. Failures are logged only."""

    found = Signal(Release)

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
        self._cancel_token = CancelToken()
        self._thread: BackgroundThread | None = None

    def begin(self) -> None:
        """Check, if the user wants it and no check was made today; never in offline mode."""
        settings, day = self._preferences.settings, self._today().isoformat()
        is_wanted = settings.tells_of_versions and not settings.offline and bool(self._feed.address)
        if not is_wanted or settings.versions_asked == day:
            return
        self._preferences.change(versions_asked=day)
        self._thread = BackgroundThread("versions", self)
        self._thread.submit(partial(self._feed.latest, self._cancel_token), self._on_latest, _leave)

    def close(self) -> None:
        """Cancel a running check."""
        self._cancel_token.set()
        if self._thread:
            self._thread.close()

    def _on_latest(self, release: Release) -> None:
        if is_newer(release.version, self._own):
            self.found.emit(release)


def _leave(error: Exception) -> None:
    _log.info("no version was told: %s", type(error).__name__)
