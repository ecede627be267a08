"""The project's release feed, which names the latest version. It learns no more than any web server does."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.error_texts import network_texts
from app.domain.errors import NetworkError
from app.domain.settings.releases import Release
from app.domain.settings.settings import Settings
from app.paths import RESOURCES

if TYPE_CHECKING:
    from app.network.cancel_token import CancelToken

FEED = RESOURCES / "releases.toml"
MAX_BYTES = 1_000_000
_OK = 200


class ReleaseFeed:
    """The feed named by the settings, or else by the file `path`; each request checks that the settings allow it."""

    def __init__(self, settings: Callable[[], Settings], path: Path = FEED) -> None:
        self._settings = settings
        self._own = str(tomllib.loads(path.read_text(encoding="utf-8"))["feed"])

    @property
    def address(self) -> str:
        """The feed's address; empty if there is none."""
        return self._settings().releases_feed.strip() or self._own

    def latest(self, cancel_token: "CancelToken") -> Release:
        """Return the latest release. Raises NetworkError and Cancelled."""
        from app.network.addresses import named_server  # noqa: PLC0415
        from app.network.client import HttpRequest, NetworkClient, NetworkRules  # noqa: PLC0415 - loads HTTP and TLS

        def rules() -> NetworkRules:
            settings = self._settings()
            return NetworkRules(offline=settings.offline, named_servers=named_server(settings.releases_feed.strip()))

        request = HttpRequest(url=self.address, headers={"Accept": "application/json"})
        with NetworkClient(rules).open(request, cancel_token) as response:
            if response.status != _OK:
                raise NetworkError(network_texts.FEED_SILENT)
            return _release(response.read_all(MAX_BYTES))


def _release(content: bytes) -> Release:
    try:
        payload = json.loads(content)
        release = Release(str(payload["tag_name"]), str(payload["html_url"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NetworkError(network_texts.FEED_INVALID) from error
    if not release.page.startswith("https://") or any(ord(letter) <= 32 for letter in release.page):
        raise NetworkError(network_texts.FEED_WITHOUT_PAGE)
    return release
