"""The disk is full, read-only, slow or gone while the application works."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from tests.faults.ledger import Ledger, on_disk
from tests.support.chat_server import ChatServer, end, piece
from tests.support.driver import Driver, driving
from tests.support.small_disk import Disk, is_possible, read_only, small_disk

needs_namespaces = pytest.mark.skipif(not is_possible(), reason="this system has no mount namespaces for its users")
TOLD_SECONDS = 15.0


def picture(home: Path, rng: Random, side: int = 64) -> Path:
    path = home / f"{rng.randrange(10**9)}.png"
    Image.frombytes("RGB", (side, side), rng.randbytes(side * side * 3)).save(path)
    return path


@pytest.fixture
def small(home: Path, server: ChatServer, rng: Random) -> Iterator[tuple[Driver, Disk]]:
    """An application on a disk of 24 MB, with one question that was answered."""
    server.answer = [piece("An answer."), end()]
    with driving(home, wrapper=small_disk(home / "data", 24)) as app:
        app.begin()
        app.connect(server.address)
        app.do("drop", paths=[str(picture(home, rng))])
        app.wait_for("added")
        app.do("send", text="before")
        app.wait_until(lambda seen: [row[1] for row in seen["branch"]] == ["complete"] * 2)
        yield app, Disk(app)


def write_a_draft(app: Driver, home: Path, rng: Random) -> None:
    app.do("write", text="half a question")


def change_a_setting(app: Driver, home: Path, rng: Random) -> None:
    app.do("set", zoom=150)


def ask(app: Driver, home: Path, rng: Random) -> None:
    app.do("send", text="during")


def add_an_image(app: Driver, home: Path, rng: Random) -> None:
    app.do("drop", paths=[str(picture(home, rng, 200))])


def full(disk: Disk) -> Callable[[], None]:
    disk.fill()
    return disk.free


def read_only_from_now_on(disk: Disk) -> Callable[[], None]:
    disk.protect()
    return disk.release


CASES = [
    *((act, full) for act in (write_a_draft, change_a_setting, ask, add_an_image)),
    *((act, read_only_from_now_on) for act in (change_a_setting, add_an_image)),  # The database is open already.
]


@needs_namespaces
@pytest.mark.parametrize(("act", "obstruct"), CASES, ids=lambda value: value.__name__)
def test_what_cannot_be_saved_is_told_kept_and_saved_later(
    small: tuple[Driver, Disk],
    home: Path,
    rng: Random,
    act: Callable[[Driver, Path, Random], None],
    obstruct: Callable[[Disk], Callable[[], None]],
) -> None:
    """One sentence, the window lives, nothing saved before is lost, and the same start saves again when it can."""
    app, disk = small
    told = len(app.problems())
    mend = obstruct(disk)
    act(app, home, rng)
    wait(lambda: len(app.problems()) > told, "nothing was told")
    assert is_well_reported(app.problems()[told:]) == []
    ledger = Ledger()
    ledger.take(app.facts, time.monotonic() - 60)
    assert lost(ledger, disk) == []
    mend()
    app.do("write", text="there is room again")
    app.wait_for("saved", TOLD_SECONDS, lambda fact: fact["kind"] == "draft" and fact["value"][0].startswith("there"))
    if act is change_a_setting:
        app.wait_for("saved", TOLD_SECONDS, lambda fact: fact["kind"] == "settings" and fact["value"][0] == 150)
    app.do("send", text="after")
    seen = app.wait_until(lambda look: len(look["branch"]) >= 4 and not look["busy"])
    assert seen["branch"][-1][1] == "complete"
    ledger.take(app.facts, time.monotonic() - 60)
    assert lost(ledger, disk) == []
    assert app.quit() == 0, app.said()


@needs_namespaces
def test_a_draft_that_could_not_be_saved_is_saved_when_there_is_room(
    small: tuple[Driver, Disk], home: Path, rng: Random
) -> None:
    """By itself: the user who typed it need not touch it again."""
    app, disk = small
    told = len(app.problems())
    disk.fill()
    write_a_draft(app, home, rng)
    wait(lambda: len(app.problems()) > told, "nothing was told")
    disk.free()
    app.wait_for("saved", 60, lambda fact: fact["kind"] == "draft" and fact["value"][0] == "half a question")


@needs_namespaces
def test_a_data_folder_that_is_read_only_is_told_at_the_start(home: Path) -> None:
    """In a sentence that names it; not a byte of it is another afterwards."""
    with driving(home) as app:
        app.begin()
        app.do("write", text="half a question")
        app.wait_for("saved", holds=lambda fact: fact["kind"] == "draft")
        assert app.quit() == 0
    before = {path: path.read_bytes() for path in app.data.glob("**/*") if path.is_file()}
    with driving(home, wrapper=read_only(app.data)) as again:
        status = again.process.wait(30)
        assert is_well_reported(again.problems()) == []
        assert any(str(app.data) in said for said in again.problems()), again.said()
        assert status == 1
    assert {path: path.read_bytes() for path in app.data.glob("**/*") if path.is_file()} == before


def wait(condition: Callable[[], bool], complaint: str, seconds: float = TOLD_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.05)


def is_well_reported(sentences: list[str]) -> list[str]:
    """Sentences that are no use: of a bug, of Python, empty, or the same again."""
    bad = [said for said in sentences if "Something went wrong" in said or "Error" in said or "[Errno" in said]
    return bad + [said for said in set(sentences) if sentences.count(said) > 2]


def lost(ledger: Ledger, disk: Disk) -> list[str]:
    """What was confirmed and is not on the disk any more, apart from what has been written over since."""
    there = dict(on_disk(disk.folder, []))
    wanted = [(key, kept) for key, kept in ledger.kept.items() if kept.is_confirmed and key[0] != "file"]
    return [f"{key} is lost" for key, _ in wanted if key not in there]


def test_twin_useless_sentences_and_losses_are_found(home: Path) -> None:
    assert is_well_reported(["The disk is full, so this could not be saved."]) == []
    assert (
        len(is_well_reported(["Something went wrong in Lorgnette (OSError: [Errno 28]).", "", "No.", "No.", "No."]))
        == 2
    )
    ledger = Ledger()
    ledger.take([{"fact": "saved", "at": 0.0, "kind": "message", "key": "1", "value": ["", "complete", []]}], 1.0)
    (home / "data").mkdir()

    class Empty(Disk):
        def __init__(self) -> None:
            self.folder = home / "data"

    assert lost(ledger, Empty()) == ["('message', '1') is lost"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace slows the disk down, and is not installed")
def test_a_slow_disk_slows_no_window(home: Path, server: ChatServer, rng: Random) -> None:
    """Every fsync takes 1.6 s; the window answers all the while, and everything is saved in the end."""
    slow = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync")
    server.answer = [piece("An answer."), end()]
    with driving(home, wrapper=(*slow, "-e", "inject=fsync,fdatasync:delay_enter=1600000")) as app:
        app.begin()
        app.connect(server.address)
        app.do("gap")
        app.do("drop", paths=[str(picture(home, rng))])
        app.do("set", zoom=120)
        app.do("write", text="half a question")
        app.wait_until(lambda look: len(look["draft"][1]) == 1, 120)
        app.do("send", text="a question")
        seen = app.wait_until(
            lambda look: [row[1] for row in look["branch"]] == ["complete"] * 2 and not look["busy"], 180
        )
        assert seen["text"] == "An answer."
        assert app.do("gap") < 1.5  # It waited for none; other programs may hold it up for less.
        assert app.quit(120) == 0
        ledger = Ledger()
        ledger.take(app.facts, time.monotonic() - 60)
        assert ledger.objections(app.data) == []


def test_a_data_folder_that_vanishes_is_noticed(home: Path, server: ChatServer, rng: Random) -> None:
    """Nothing is written beside it; the user is told; put back, all is there."""
    server.answer = [piece("An answer."), end()]
    with driving(home) as app:
        app.begin()
        app.connect(server.address)
        app.do("drop", paths=[str(picture(home, rng))])
        app.wait_for("added")
        app.do("send", text="before")
        app.wait_until(lambda seen: [row[1] for row in seen["branch"]] == ["complete"] * 2)
        app.data.rename(home / "moved")
        since = len(app.problems())
        app.do("drop", paths=[str(picture(home, rng))])
        app.do("write", text="half a question")
        app.do("set", zoom=150)
        wait(lambda: len(app.problems()) > since, "nothing was told")
        assert is_well_reported(app.problems()[since:]) == []
        assert [path for path in app.data.glob("**/*") if path.is_file()] == []
        app.quit()
    if app.data.exists():
        shutil.rmtree(app.data)
    (home / "moved").rename(app.data)
    with driving(home) as again:
        again.begin()
        seen = again.wait_until(lambda look: len(look["branch"]) == 2)
        assert seen["text"] == "An answer."
        assert again.quit() == 0
