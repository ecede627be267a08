"""Thumbnails come one after the other, off the window's thread, and those seen last first."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.domain.images.attachments import Attachment
from app.ui.widgets import lazy_thumbnails
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, run_now
from tests.support.chats import attachment

Job = tuple[Callable[[], QImage], Callable[[QImage], None], Callable[[Exception], None]]


class Thread:
    """Keeps the jobs until it is told to run one."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(
        self, work: Callable[[], QImage], done: Callable[[QImage], None], failed: Callable[[Exception], None]
    ) -> None:
        self.jobs.append((work, done, failed))

    def run(self) -> None:
        work, done, _ = self.jobs.pop(0)
        done(work())


def image(number: int) -> Attachment:
    return attachment(f"{number}.png", f"{number:064x}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(6):
        picture = QImage(40, 20, QImage.Format.Format_RGB32)
        picture.fill(QColor(10 * number, 0, 200))
        picture.save(str(tmp_path / f"{number}.png"))
    return tmp_path


def test_one_is_loaded_at_a_time_and_the_last_that_was_drawn_first(folder: Path, qtbot: QtBot) -> None:
    thread, asked = Thread(), list[str]()

    def path(wanted: Attachment) -> Path:
        asked.append(wanted.name)
        return folder / wanted.name

    thumbnails = LazyThumbnails(path, thread.submit)
    for number in (0, 1, 2, 1):
        assert thumbnails.picture(image(number), 30, 2.0) is None
    assert len(thread.jobs) == 1
    with qtbot.waitSignal(thumbnails.loaded):
        thread.run()
    picture = thumbnails.picture(image(0), 30, 2.0)
    assert picture
    assert (picture.width(), picture.height(), picture.devicePixelRatio()) == (60, 60, 2.0)
    middle, above = picture.toImage().pixelColor(30, 30), picture.toImage().pixelColor(30, 5)
    assert (middle, above.alpha()) == (QColor(0, 0, 200), 0), "it is fitted, not filled"
    while thread.jobs:
        thread.run()
    assert asked == ["0.png", "1.png", "2.png"]
    assert thumbnails.picture(image(0), 31, 2.0) is None, "another size"


def test_what_waits_and_what_is_held_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lazy_thumbnails, "MAX_WANTED", 2)
    monkeypatch.setattr(lazy_thumbnails, "MAX_BYTES", 2 * 20 * 20 * 4)
    thread, asked = Thread(), list[str]()

    def path(wanted: Attachment) -> Path:
        asked.append(wanted.name)
        return folder / wanted.name

    thumbnails = LazyThumbnails(path, thread.submit)
    for number in range(5):
        thumbnails.picture(image(number), 20, 1.0)
    while thread.jobs:
        thread.run()
    assert asked == ["0.png", "4.png", "3.png"]
    held = [number for number in (3, 4, 0) if thumbnails.picture(image(number), 20, 1.0)]
    assert held == [3, 4]


def test_what_cannot_be_read_is_transparent_and_the_next_is_loaded(folder: Path) -> None:
    thread = Thread()
    thumbnails = LazyThumbnails(lambda wanted: folder / wanted.name, thread.submit)
    thumbnails.picture(image(0), 20, 1.0)
    thumbnails.picture(image(1), 20, 1.0)
    _, _, failed = thread.jobs.pop()
    failed(OSError("gone"))
    thread.run()
    broken, whole = (thumbnails.picture(image(number), 20, 1.0) for number in (0, 1))
    assert broken
    assert whole
    assert broken.toImage().pixelColor(10, 10).alpha() == 0
    assert whole.toImage().pixelColor(10, 10) == QColor(10, 0, 200)


def test_few_are_loaded_on_this_thread(folder: Path) -> None:
    thumbnails = LazyThumbnails(lambda wanted: folder / wanted.name, run_now)
    assert thumbnails.picture(image(9), 20, 1.0) is None
    assert thumbnails.picture(image(9), 20, 1.0) is not None, "there is no such file"
