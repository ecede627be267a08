"""Images are kept byte for byte, once, and only complete."""

import hashlib
import os
import resource
import signal
from pathlib import Path

import pytest

from app.domain.errors import ImageError, StorageError
from app.storage.attachments import GRACE_SECONDS, FileAttachmentStore
from tests.support.chats import attachment

CONTENT = b"\x89PNG not really" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> FileAttachmentStore:
    return FileAttachmentStore(tmp_path / "attachments", tmp_path / "incoming")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(CONTENT)
    return path


def all_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_original_bytes_are_kept(files: FileAttachmentStore, source: Path) -> None:
    kept = files.add(source, DIGEST)
    source.unlink()
    assert kept == files.path(attachment(digest=DIGEST))
    assert kept.read_bytes() == CONTENT


def test_the_same_image_twice_is_kept_once(files: FileAttachmentStore, source: Path, tmp_path: Path) -> None:
    files.add(source, DIGEST)
    files.add(source, DIGEST)
    assert all_files(tmp_path / "attachments") == [DIGEST]


def test_a_file_that_changed_meanwhile_is_refused_and_leaves_nothing(
    files: FileAttachmentStore, source: Path, tmp_path: Path
) -> None:
    source.write_bytes(b"something else")
    with pytest.raises(ImageError, match="changed while"):
        files.add(source, DIGEST)
    assert all_files(tmp_path / "attachments") == []


def test_a_full_disk_is_said_and_leaves_nothing(files: FileAttachmentStore, source: Path, tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(StorageError, match="disk is full"):
            files.add(source, DIGEST)
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


def test_only_old_files_that_nobody_uses_are_collected(
    files: FileAttachmentStore, source: Path, tmp_path: Path
) -> None:
    used = files.add(source, DIGEST)
    files.save_thumbnail(DIGEST, b"thumb")
    files.save_thumbnail("cd" * 32, b"unused and old")
    files.save_thumbnail("ef" * 32, b"unused and fresh")
    stale = files.save_incoming(CONTENT, "stale.png")
    old = used.stat().st_mtime - GRACE_SECONDS - 60
    for path in (used, files.thumbnail_path(attachment(digest="cd" * 32)), stale):
        os.utime(path, (old, old))

    assert files.collect_garbage({DIGEST}) == 2

    assert all_files(tmp_path / "attachments") == sorted([DIGEST, f"{DIGEST}.png", f"{'ef' * 32}.png"])
    assert all_files(tmp_path / "incoming") == []
