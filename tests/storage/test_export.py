"""A chat that has left: readable, with its images, and whole."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.domain.attachments import Attachment
from app.domain.chat import Author
from app.domain.errors import StorageError
from app.domain.regions import Page
from app.storage.export import FORMAT, ExportedChat, export_chat
from tests.support.chats import answer, attachment, conversation, question

PIXELS = b"\x89PNG pixels"
DIGEST, OTHER = hashlib.sha256(PIXELS).hexdigest(), hashlib.sha256(b"other").hexdigest()
SAME_NAME = (attachment("a/b.png", DIGEST), attachment("A:B.png", OTHER))
ASKED = replace(question("What is\nthis?"), attachments=SAME_NAME)
ANSWERED = replace(answer("# Two things\n\n- **one**\n- two"), model_name="Qwen3-VL 2B")
READ = replace(answer("TOTAL\n9.00", "a2", "q2"), author=Author.READER, page=Page(10, 10, (), "TOTAL\n9.00"))
OLD = answer("Not this one", "a0")
MESSAGES = [ASKED, OLD, ANSWERED, replace(question("Read text", "q2", "a1"), attachments=SAME_NAME[:1]), READ]
CHAT = replace(conversation(title="Receipt [1]"), leaf_id="a2")


@pytest.fixture
def path_of(tmp_path: Path) -> Callable[[Attachment], Path]:
    (tmp_path / "store").mkdir()
    for digest, content in ((DIGEST, PIXELS), (OTHER, b"other")):
        (tmp_path / "store" / digest).write_bytes(content)
    return lambda image: tmp_path / "store" / image.digest


def test_markdown_has_the_branch_and_its_images(tmp_path: Path, path_of: Callable[[Attachment], Path]) -> None:
    target = tmp_path / "out" / "My chat.md"
    target.parent.mkdir()
    export_chat(target, CHAT, MESSAGES, path_of)
    text = target.read_text(encoding="utf-8")
    assert text.startswith("# Receipt [1]\n\n**You**, 2026-03-14 ")
    assert "What is  \nthis?" in text
    assert "- **one**\n- two" in text
    assert "**Qwen3-VL 2B**" in text
    assert "**Built-in reader**" in text
    assert "TOTAL  \n9.00" in text
    assert "Not this one" not in text
    assert text.count("![a/b.png](<My chat images/a_b.png>)") == 2
    assert "![A:B.png](<My chat images/2 A_B.png>)" in text
    images = target.parent / "My chat images"
    assert {path.name: path.read_bytes() for path in images.iterdir()} == {"a_b.png": PIXELS, "2 A_B.png": b"other"}


def test_json_has_all_versions_and_comes_back_whole(tmp_path: Path, path_of: Callable[[Attachment], Path]) -> None:
    target = tmp_path / "chat.JSON"
    export_chat(target, CHAT, MESSAGES, path_of)
    raw = json.loads(target.read_text(encoding="utf-8"))
    assert raw["format"] == FORMAT
    assert base64.b64decode(raw["images"][DIGEST]) == PIXELS
    again = msgspec.json.decode(target.read_bytes(), type=ExportedChat)
    assert again == ExportedChat(FORMAT, CHAT, tuple(MESSAGES), {DIGEST: PIXELS, OTHER: b"other"})


@pytest.mark.parametrize("name", ["chat.md", "chat.json"])
def test_what_cannot_be_written_is_said_and_leaves_nothing(
    tmp_path: Path, path_of: Callable[[Attachment], Path], name: str
) -> None:
    (tmp_path / "store" / OTHER).unlink()
    with pytest.raises(StorageError, match=f"“{name}” could not be saved"):
        export_chat(tmp_path / name, CHAT, MESSAGES, path_of)
    assert not (tmp_path / name).exists()
    assert not list(tmp_path.glob("*.part"))
