"""`lorgnette batch --watch` goes on with files that arrive, once they are complete."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.commands import batch
from tests.support.batch_backends import text_file_client

SETTLED = 60.0


@pytest.fixture(autouse=True)
def one_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "reader_count", lambda: 1)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(path: Path, text: str, *, age: float = SETTLED) -> None:
    """Write a file that was changed `age` seconds ago."""
    path.write_text(text)
    moment = time.time() - age
    os.utime(path, (moment, moment))


def watch(monkeypatch: pytest.MonkeyPatch, inbox: Path, out: Path, *happenings: Callable[[], None]) -> int:
    """Run the command; each time it waits the next happens, and then Ctrl+C."""
    waiting: Iterator[Callable[[], None]] = iter(happenings)

    def sleep(_seconds: float) -> None:
        happens = next(waiting, None)
        if happens is None:
            raise KeyboardInterrupt
        happens()

    monkeypatch.setattr("app.commands.batch_watch.time.sleep", sleep)
    return batch.main([str(inbox), "-o", str(out), "--watch"], text_file_client)


def texts(out: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in out.glob("*.txt")}


def test_files_that_arrive_are_read(
    tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    put(inbox / "a.png", "one")
    happenings = (lambda: put(inbox / "b.png", "two"), lambda: None, lambda: put(inbox / "c.png", "three"))
    assert watch(monkeypatch, inbox, out, *happenings) == 0
    assert texts(out) == {"a.png.txt": "one\n", "b.png.txt": "two\n", "c.png.txt": "three\n"}
    assert capsys.readouterr().err.splitlines() == [
        "1 done, 0 failed.",
        "Watching for new files. Ctrl+C ends.",
        "1 done, 0 failed, 1 already done.",
        "1 done, 0 failed, 2 already done.",
    ]


def test_a_file_that_is_being_copied_is_waited_for(
    tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    put(inbox / "a.png", "half", age=0)
    assert watch(monkeypatch, inbox, out, lambda: put(inbox / "a.png", "half and half")) == 0
    assert texts(out) == {"a.png.txt": "half and half\n"}


def test_a_file_that_changes_after_a_failure_is_read_again(
    tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    put(inbox / "a.png", "refuse")
    assert watch(monkeypatch, inbox, out) == 1
    assert watch(monkeypatch, inbox, out, lambda: put(inbox / "a.png", "whole")) == 0
    assert texts(out) == {"a.png.txt": "whole\n"}


def test_files_and_a_clock_that_is_ahead(tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(inbox / "a.png", "one", age=-3600)
    assert watch(monkeypatch, inbox, tmp_path / "out") == 0
    assert texts(tmp_path / "out") == {"a.png.txt": "one\n"}


def test_a_restart_goes_on(tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    put(inbox / "a.png", "one")
    watch(monkeypatch, inbox, out)
    put(inbox / "b.png", "two")
    assert watch(monkeypatch, inbox, out) == 0
    assert texts(out) == {"a.png.txt": "one\n", "b.png.txt": "two\n"}


def test_a_folder_that_goes_away_is_told(
    tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert watch(monkeypatch, inbox, tmp_path / "out", inbox.rmdir) == 1
    assert "inbox" in capsys.readouterr().err
