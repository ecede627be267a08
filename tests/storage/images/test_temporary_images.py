"""The images of a temporary chat, in memory and in a folder for temporary files."""

import hashlib
from pathlib import Path

import pytest

from app import memory_files
from app.domain.errors import ImageError, StorageError
from app.domain.ids import Digest
from app.domain.images.attachments import Attachment, is_digest
from app.regular_files import read_regular
from app.storage.files.data_folder import DataFolder
from app.storage.images.attachments import FileAttachmentStore
from app.storage.images.temporary_images import TemporaryImages

CONTENT = b"the bytes of an image"
DIGEST = Digest(hashlib.sha256(CONTENT).hexdigest())
IMAGE = Attachment(digest=DIGEST, name="a.png", media_type="image/png", width=9, height=9, byte_size=len(CONTENT))


@pytest.fixture
def lasting(tmp_path: Path) -> FileAttachmentStore:
    data = tmp_path / "data"
    data.mkdir()
    return FileAttachmentStore(data / "attachments", data / "incoming", DataFolder(data))


@pytest.fixture(params=["memory", "folder"])
def images(
    request: pytest.FixtureRequest, lasting: FileAttachmentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> TemporaryImages:
    if request.param == "folder":
        monkeypatch.setattr(memory_files, "ARE_SUPPORTED", False)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    elif not memory_files.ARE_SUPPORTED:
        pytest.skip("no files in memory")
    return TemporaryImages(lasting)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def add(images: TemporaryImages) -> Path:
    incoming = images.save_incoming(CONTENT, "a.png")
    path = images.add(incoming, DIGEST)
    images.save_thumbnail(DIGEST, b"thumbnail")
    images.discard_incoming(incoming)
    return path


def test_an_image_is_there_until_it_is_cleared_and_never_in_the_data_folder(
    images: TemporaryImages, lasting: FileAttachmentStore, tmp_path: Path
) -> None:
    path = add(images)
    assert images.has(IMAGE)
    assert images.path(IMAGE) == path
    assert not is_digest(path.name)
    assert read_regular(path, 100) == CONTENT
    assert read_regular(images.thumbnail_path(IMAGE), 100) == b"thumbnail"
    assert files_below(tmp_path / "data") == []
    images.clear()
    assert not images.has(IMAGE)
    assert images.path(IMAGE) == lasting.path(IMAGE)
    with pytest.raises(FileNotFoundError):
        read_regular(path, 100)
    assert files_below(tmp_path) == []


def test_kept_images_are_stored_and_stay_where_they_were(images: TemporaryImages, lasting: FileAttachmentStore) -> None:
    path = add(images)
    images.keep()
    assert images.is_empty
    assert images.path(IMAGE) == lasting.path(IMAGE)
    assert lasting.path(IMAGE).read_bytes() == CONTENT
    assert lasting.thumbnail_path(IMAGE).read_bytes() == b"thumbnail"
    assert read_regular(path, 100) == CONTENT
    images.clear()
    assert lasting.path(IMAGE).read_bytes() == CONTENT


def test_bytes_that_have_another_digest_are_refused(images: TemporaryImages) -> None:
    incoming = images.save_incoming(b"other bytes", "a.png")
    with pytest.raises(ImageError):
        images.add(incoming, DIGEST)
    assert images.is_empty
    images.clear()


def test_a_file_that_is_gone_is_reported(images: TemporaryImages, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        images.add(tmp_path / "gone.png", DIGEST)
    images.clear()
