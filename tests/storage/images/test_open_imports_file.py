"""The list of images that are being opened, on the disk."""

import os
from pathlib import Path

import pytest

from app.domain.ids import ConversationId, Digest
from app.domain.images.attachments import DocumentPage, ImageCrop
from app.domain.images.open_imports import OpenImport
from app.storage.files.data_folder import DataFolder
from app.storage.images.open_imports_file import OpenImportsFile
from tests.support.modes import open_to_others

CROP = ImageCrop(digest=Digest("ab" * 32), name="a.png", left=1, top=2, right=3, bottom=4, turns=1)
IMPORTS = (
    OpenImport(chat_id=ConversationId("1"), path=os.fsdecode(b"/home/me/\xe9.png"), name="a.png"),
    OpenImport(chat_id=ConversationId("1"), path="/store/ab", name="part.png", part=CROP),
    OpenImport(chat_id=ConversationId("2"), path="/home/me/b.pdf", name="b, page 1.png", part=DocumentPage(0)),
    OpenImport(chat_id=ConversationId("2"), path="/incoming/x/c.png", name="c.png", is_incoming=True),
)


def test_imports_are_read_as_they_were_saved_and_only_by_their_user(tmp_path: Path) -> None:
    file = OpenImportsFile(tmp_path / "data" / "open_imports.json", DataFolder(tmp_path / "data"))
    assert file.load() == ()
    file.save(IMPORTS)
    assert file.load() == IMPORTS
    assert open_to_others(tmp_path / "data") == []
    file.save(())
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"[" * 100_000, b'[{"path": 3}]'])
def test_a_damaged_list_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list").write_bytes(content)
    assert OpenImportsFile(tmp_path / "list", DataFolder(tmp_path)).load() == ()
