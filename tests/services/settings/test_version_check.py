"""Newer versions are told to those who want it, once a day, and of failures nobody hears."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from pytestqt.qtbot import QtBot

from app.domain.errors import NetworkError
from app.domain.settings.releases import Release
from app.domain.settings.settings import Settings
from app.network.cancel_token import CancelToken
from app.services.engines.background import BackgroundThread
from app.services.settings.preferences import Preferences
from app.services.settings.version_check import VersionCheck
from tests.support.error_texts import error_text

NEWER = Release("v0.2.0", "https://example.org/v0.2.0")
WANTED = Settings(tells_of_versions=True)


class Saved:
    def save(self, settings: Settings) -> None:
        pass


class Feed:
    """Says what the test says, and counts."""

    def __init__(self) -> None:
        self.address = "https://example.org/latest"
        self.asked = 0
        self.says: Release | Exception = NEWER

    def latest(self, cancel_token: CancelToken) -> Release:
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


class Harness:
    def __init__(self) -> None:
        self.thread = BackgroundThread("files")
        self.feed = Feed()
        self.preferences = Preferences(WANTED, Saved(), self.thread)
        self.found: list[Release] = []

    def start(self, qtbot: QtBot, day: date = date(2026, 5, 1)) -> None:
        """One start of Lorgnette, and its end."""
        check = VersionCheck(self.feed, self.preferences, "0.1.0", lambda: day)
        check.found.connect(self.found.append)
        check.begin()
        check.close()
        qtbot.wait(1)  # What the thread has handed over arrives.


@pytest.fixture
def harness(qtbot: QtBot) -> Iterator[Harness]:
    made = Harness()
    yield made
    made.thread.close()


def test_a_newer_version_is_told_and_asked_for_once_a_day(harness: Harness, qtbot: QtBot) -> None:
    harness.start(qtbot)
    harness.start(qtbot)
    assert harness.found == [NEWER]
    assert harness.feed.asked == 1
    harness.start(qtbot, date(2026, 5, 2))
    assert harness.feed.asked == 2
    assert harness.preferences.settings.versions_asked == "2026-05-02"


def test_the_same_version_is_nothing_to_tell(harness: Harness, qtbot: QtBot) -> None:
    harness.feed.says = replace(NEWER, version="0.1.0")
    harness.start(qtbot)
    assert (harness.feed.asked, harness.found) == (1, [])


def test_a_failure_is_told_to_nobody(harness: Harness, qtbot: QtBot) -> None:
    harness.feed.says = NetworkError(error_text("The server could not be reached."))
    harness.start(qtbot)
    assert (harness.feed.asked, harness.found) == (1, [])


def test_nobody_is_asked_unless_that_is_wanted_and_allowed_and_there_is_a_feed(harness: Harness, qtbot: QtBot) -> None:
    for settings in (Settings(), replace(WANTED, offline=True)):
        harness.preferences.update(settings)
        harness.start(qtbot)
    harness.preferences.update(WANTED)
    harness.feed.address = ""
    harness.start(qtbot)
    assert harness.feed.asked == 0
    assert harness.preferences.settings == WANTED
