"""What ONNX Runtime's telemetry left behind is removed where it is Lorgnette's, and stays where it is not."""

import os
import sqlite3
import sys
import tempfile
from pathlib import Path

import pytest

from app.storage.settings.telemetry_leftovers import FOLDER, QUEUE, SESSION, remove_telemetry_leftovers

OWN = b")\x033.0I\x0bProcessInfo\x00" + os.fsencode(sys.executable) + b"\x00$54263f09-0228-f70e-0db5-c5c572182ba4\x00"
FOREIGN = b")\x033.0I\x0bProcessInfo\x00/opt/other/bin/other\x00$11111111-0228-f70e-0db5-c5c572182ba4\x00"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folders are Linux's")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("cache", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "cache"


def leave(cache: Path, *events: bytes) -> Path:
    """A queue of events and a device id as ONNX Runtime 1.32 writes them."""
    folder = cache / FOLDER
    folder.mkdir(parents=True)
    (folder / "deviceid").write_text("58da1e0c-15d4-40bd-a6d8-5e7b85fb0c41", encoding="utf-8")
    connection = sqlite3.connect(folder / QUEUE)
    connection.execute("CREATE TABLE events (record_id TEXT, tenant_token TEXT NOT NULL, payload BLOB)")
    connection.executemany("INSERT INTO events VALUES ('', 't', ?)", [(event,) for event in events])
    connection.commit()
    connection.close()
    (cache.parent / "tmp" / SESSION).write_text(
        "1795892442543\n54263f09-0228-f70e-0db5-c5c572182ba4\n", encoding="utf-8"
    )
    return folder


def test_what_lorgnette_alone_left_is_removed_whole(cache: Path) -> None:
    leave(cache, OWN, OWN)
    remove_telemetry_leftovers()
    assert list(cache.iterdir()) == []
    assert list((cache.parent / "tmp").iterdir()) == []


def test_another_programs_events_and_the_shared_device_id_stay(cache: Path) -> None:
    folder = leave(cache, FOREIGN, OWN)
    remove_telemetry_leftovers()
    with sqlite3.connect(folder / QUEUE) as connection:
        assert [row[0] for row in connection.execute("SELECT payload FROM events")] == [FOREIGN]
    connection.close()
    assert (folder / "deviceid").exists()


@pytest.mark.parametrize("events", [(), (FOREIGN,)])
def test_what_is_not_plainly_ours_stays(events: tuple[bytes, ...], cache: Path) -> None:
    folder = leave(cache, *events)
    before = (folder / QUEUE).read_bytes()
    remove_telemetry_leftovers()
    assert (folder / QUEUE).read_bytes() == before
    assert (folder / "deviceid").exists()
    assert (cache.parent / "tmp" / SESSION).exists()


def test_another_programs_file_in_microsofts_folder_stays(cache: Path) -> None:
    leave(cache, OWN)
    (cache / FOLDER.parent / "other").write_text("theirs", encoding="utf-8")
    remove_telemetry_leftovers()
    assert [path.name for path in (cache / FOLDER.parent).iterdir()] == ["other"]


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(100)])
def test_an_odd_file_in_its_place_does_no_harm(content: bytes, cache: Path) -> None:
    folder = cache / FOLDER
    folder.mkdir(parents=True)
    (folder / QUEUE).write_bytes(content)
    remove_telemetry_leftovers()
    assert (folder / QUEUE).read_bytes() == content


def test_a_systems_own_python_is_nobodys_in_particular(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    folder = leave(cache, OWN)
    remove_telemetry_leftovers()
    assert (folder / "deviceid").exists()
