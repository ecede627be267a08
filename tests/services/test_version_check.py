"""Newer versions are told to those who want it, once a day, and of failures nobody hears."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from pytestqt.qtbot import QtBot

from app.domain.errors import NetworkError
from app.domain.releases import Release
from app.domain.settings import Settings
from app.network.halt import Halt
from app.services.background import BackgroundThread
from app.services.preferences import Preferences
from app.services.version_check import VersionCheck

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

    def latest(self, halt: Halt) -> Release:
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


class Desk:
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
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    yield made
    made.thread.close()


def test_a_newer_version_is_told_and_asked_for_once_a_day(desk: Desk, qtbot: QtBot) -> None:
    desk.start(qtbot)
    desk.start(qtbot)
    assert desk.found == [NEWER]
    assert desk.feed.asked == 1
    desk.start(qtbot, date(2026, 5, 2))
    assert desk.feed.asked == 2
    assert desk.preferences.settings.versions_asked == "2026-05-02"


def test_the_same_version_is_nothing_to_tell(desk: Desk, qtbot: QtBot) -> None:
    desk.feed.says = replace(NEWER, version="0.1.0")
    desk.start(qtbot)
    assert (desk.feed.asked, desk.found) == (1, [])


def test_a_failure_is_told_to_nobody(desk: Desk, qtbot: QtBot) -> None:
    desk.feed.says = NetworkError("The server could not be reached.")
    desk.start(qtbot)
    assert (desk.feed.asked, desk.found) == (1, [])


def test_nobody_is_asked_unless_that_is_wanted_and_allowed_and_there_is_a_feed(desk: Desk, qtbot: QtBot) -> None:
    for settings in (Settings(), replace(WANTED, offline=True)):
        desk.preferences.update(settings)
        desk.start(qtbot)
    desk.preferences.update(WANTED)
    desk.feed.address = ""
    desk.start(qtbot)
    assert desk.feed.asked == 0
    assert desk.preferences.settings == WANTED
