"""The feed of releases over a real connection to a server on this machine."""

import json
from pathlib import Path

import pytest

from app.domain.errors import NetworkError
from app.domain.settings.releases import Release
from app.domain.settings.settings import Settings
from app.hub.releases import ReleaseFeed
from app.network.cancel_token import CancelToken
from tests.support.chat_server import ChatServer, chat_server

TOLD = {"tag_name": "v0.2.0", "html_url": "https://example.org/releases/v0.2.0", "assets": []}


def feed_of(server: ChatServer, *, offline: bool = False) -> ReleaseFeed:
    settings = Settings(releases_feed=f"{server.address}/latest", offline=offline)
    return ReleaseFeed(lambda: settings)


def test_the_latest_release_is_asked_for_and_nothing_of_us_is_told() -> None:
    with chat_server() as server:
        server.models = json.dumps(TOLD).encode()
        assert feed_of(server).latest(CancelToken()) == Release("v0.2.0", "https://example.org/releases/v0.2.0")
    (head,) = server.heads
    assert set(head) == {"Host", "User-Agent", "Connection", "Accept", "Accept-Encoding"}


@pytest.mark.parametrize(
    "said",
    [b"", b"<html>", b"[]", b"null", b'{"tag_name": "v1"}', b'{"tag_name": "v1", "html_url": "file:///etc/passwd"}',
     b'{"tag_name": "v1", "html_url": "http://example.org"}', b"[" * 100_000, b" " * 2_000_000],
)  # fmt: skip
def test_what_is_no_release_is_refused(said: bytes) -> None:
    with chat_server() as server:
        server.models = said
        with pytest.raises(NetworkError):
            feed_of(server).latest(CancelToken())


def test_a_feed_that_is_gone_is_no_release() -> None:
    with chat_server() as server:
        server.status, server.models = 404, json.dumps(TOLD).encode()
        with pytest.raises(NetworkError):
            feed_of(server).latest(CancelToken())


def test_offline_nobody_is_asked() -> None:
    with chat_server() as server:
        with pytest.raises(NetworkError, match="offline mode"):
            feed_of(server, offline=True).latest(CancelToken())
        assert server.heads == []


def test_the_projects_own_feed_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    (tmp_path / "releases.toml").write_text('feed = "https://example.org/latest"')
    assert ReleaseFeed(Settings, tmp_path / "releases.toml").address == "https://example.org/latest"
    named = Settings(releases_feed=" https://example.net/feed ")
    assert ReleaseFeed(lambda: named, tmp_path / "releases.toml").address == "https://example.net/feed"
