"""Images are kept byte for byte, once, and only complete."""

import hashlib
import os
import resource
import signal
from pathlib import Path

import pytest

from app.domain.errors import ImageError, StorageError
from app.domain.ids import Digest
from app.storage.files.data_folder import DataFolder
from app.storage.images.attachments import STALE_SECONDS, FileAttachmentStore
from tests.support.chats import attachment

CONTENT = b"\x89PNG not really" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> FileAttachmentStore:
    return FileAttachmentStore(tmp_path / "attachments", tmp_path / "incoming", DataFolder(tmp_path))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(CONTENT)
    return path


def all_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_original_bytes_are_kept(files: FileAttachmentStore, source: Path) -> None:
    kept = files.add(source, Digest(DIGEST))
    source.unlink()
    assert kept == files.path(attachment(digest=DIGEST))
    assert kept.read_bytes() == CONTENT


def test_the_same_image_twice_is_kept_once(files: FileAttachmentStore, source: Path, tmp_path: Path) -> None:
    files.add(source, Digest(DIGEST))
    files.add(source, Digest(DIGEST))
    assert all_files(tmp_path / "attachments") == [DIGEST]


def test_a_file_that_changed_meanwhile_is_refused_and_leaves_nothing(
    files: FileAttachmentStore, source: Path, tmp_path: Path
) -> None:
    source.write_bytes(b"something else")
    with pytest.raises(ImageError, match="changed while"):
        files.add(source, Digest(DIGEST))
    assert all_files(tmp_path / "attachments") == []


def test_a_full_disk_is_said_and_leaves_nothing(files: FileAttachmentStore, source: Path, tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(StorageError, match="disk is full"):
            files.add(source, Digest(DIGEST))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert all_files(tmp_path / "attachments") == []


def test_pasted_bytes_pass_through_a_file_of_that_name(files: FileAttachmentStore, tmp_path: Path) -> None:
    path = files.save_incoming(CONTENT, "../../Pasted image.png")
    assert path.name == "Pasted image.png"
    assert path.is_relative_to(tmp_path / "incoming")
    assert path.read_bytes() == CONTENT
    files.discard_incoming(path)
    assert all_files(tmp_path) == []


def test_what_a_crash_left_half_done_is_removed_and_nothing_else(
    files: FileAttachmentStore, source: Path, tmp_path: Path
) -> None:
    kept = files.add(source, Digest(DIGEST))
    half_done = kept.with_name("x.part")
    half_done.write_bytes(b"half")
    stale = files.save_incoming(CONTENT, "stale.png")
    fresh = files.save_incoming(CONTENT, "fresh.png")
    old = kept.stat().st_mtime - STALE_SECONDS - 60
    for path in (kept, half_done, stale, stale.parent):
        os.utime(path, (old, old))

    files.discard_stale()

    assert all_files(tmp_path / "attachments") == [DIGEST]
    assert list((tmp_path / "incoming").glob("*/*")) == [fresh]


def test_a_file_that_an_import_renames_meanwhile_is_left_to_it(
    files: FileAttachmentStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_done = files.add(source, Digest(DIGEST)).with_name("x.part")
    half_done.write_bytes(b"half")
    stale = files.save_incoming(CONTENT, "stale.png")
    os.utime(stale, (1, 1))
    lstat = Path.lstat

    def renamed_before(path: Path) -> os.stat_result:
        if path == half_done:
            path.rename(path.with_name("whole"))
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", renamed_before)
    files.discard_stale()
    assert half_done.with_name("whole").exists()
    assert not stale.exists()


def test_an_image_that_is_added_again_is_new_again(files: FileAttachmentStore, source: Path) -> None:
    """It may be about to be moved aside, unused for long as it is."""
    kept = files.add(source, Digest(DIGEST))
    os.utime(kept, (1, 1))
    files.add(source, Digest(DIGEST))
    assert kept.stat().st_mtime > 1_000_000


@pytest.mark.parametrize("digest", ["../../outside", "/outside", "ab", "", "AB" * 32, "ab" * 31 + "/x"])
def test_what_is_no_digest_is_no_path(files: FileAttachmentStore, source: Path, tmp_path: Path, digest: str) -> None:
    for use in (
        lambda: files.save_thumbnail(Digest(digest), b"anything"),
        lambda: files.add(source, Digest(digest)),
        lambda: files.path(attachment(digest=digest)),
        lambda: files.thumbnail_path(attachment(digest=digest)),
    ):
        with pytest.raises(ImageError, match="an invalid name"):
            use()
    assert all_files(tmp_path) == ["photo.png"]
