"""The project's feed of releases: which version is the latest. It is told no more than any web server is."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.errors import NetworkError
from app.domain.releases import Release
from app.domain.settings import Settings
from app.paths import RESOURCES

if TYPE_CHECKING:
    from app.network.halt import Halt

FEED = RESOURCES / "releases.toml"
MOST_BYTES = 1_000_000
_OK = 200


class ReleaseFeed:
    """The feed that the settings name, or else that of `path`; each question asks the settings whether it may."""

    def __init__(self, settings: Callable[[], Settings], path: Path = FEED) -> None:
        self._settings = settings
        self._own = str(tomllib.loads(path.read_text(encoding="utf-8"))["feed"])

    @property
    def address(self) -> str:
        """Where it is; empty where there is none."""
        return self._settings().releases_feed.strip() or self._own

    def latest(self, halt: "Halt") -> Release:
        """The latest release. Raises NetworkError and Cancelled."""
        from app.hub.hub import named_host  # noqa: PLC0415
        from app.network.client import Call, NetworkClient, NetworkRules  # noqa: PLC0415 - loads HTTP and TLS

        def rules() -> NetworkRules:
            settings = self._settings()
            return NetworkRules(offline=settings.offline, named_hosts=named_host(settings.releases_feed.strip()))

        call = Call(url=self.address, headers={"Accept": "application/json"})
        with NetworkClient(rules).open(call, halt) as response:
            if response.status != _OK:
                raise NetworkError("The feed of releases does not answer.")
            return _release(response.read_all(MOST_BYTES))


def _release(content: bytes) -> Release:
    try:
        told = json.loads(content)
        release = Release(str(told["tag_name"]), str(told["html_url"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NetworkError("The feed of releases says something else.") from error
    if not release.page.startswith("https://") or any(ord(letter) <= 32 for letter in release.page):
        raise NetworkError("The feed of releases names no page.")
    return release
