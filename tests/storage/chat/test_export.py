"""A chat that has left: readable, with its images, and whole."""

import ast
import base64
import errno
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from app.domain.chat.chat import Author, MessageState
from app.domain.chat.exported_chat import FORMAT, ExportedChat
from app.domain.documents.pages import OcrPage
from app.domain.errors import StorageError
from app.domain.ids import Digest, MessageId
from app.domain.text.thoughts import Thought
from app.storage.chat.chat_html import chat_html
from app.storage.chat.chat_markdown import chat_markdown
from app.storage.chat.export import ChatWriter
from app.storage.chat.import_chat import read_chat
from tests.support.chats import answer, attachment, conversation, question

PIXELS = b"\x89PNG pixels"
DIGEST, OTHER = hashlib.sha256(PIXELS).hexdigest(), hashlib.sha256(b"other").hexdigest()
SAME_NAME = (attachment("a/b.png", DIGEST), attachment("A:B.png", OTHER))
ASKED = replace(question("What is\nthis?"), attachments=SAME_NAME)
ANSWERED = replace(answer("# Two things\n\n- **one**\n- two"), model_name="Qwen3-VL 2B")
READ = replace(answer("TOTAL\n9.00", "a2", "q2"), author=Author.READER, page=OcrPage(10, 10, (), "TOTAL\n9.00"))
OLD = answer("Not this one", "a0")
MESSAGES = [ASKED, OLD, ANSWERED, replace(question("Read text", "q2", "a1"), attachments=SAME_NAME[:1]), READ]
CHAT = replace(conversation(title="Receipt [1]"), leaf_id=MessageId("a2"))

WHOLE = ExportedChat(
    conversation=CHAT,
    messages=tuple(MESSAGES),
    images={Digest(DIGEST): PIXELS, Digest(OTHER): b"other"},
    folder="Work",
)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Path], None]:
    """Writes the chat to a file; its PDF is what was to be made into one."""
    (tmp_path / "store").mkdir()
    for digest, content in ((DIGEST, PIXELS), (OTHER, b"other")):
        (tmp_path / "store" / digest).write_bytes(content)
    writer = ChatWriter(
        lambda image: tmp_path / "store" / image.digest, lambda text, images: repr((text, images)).encode()
    )
    return lambda target: writer.write(target, CHAT, MESSAGES, {Digest(DIGEST): b"picture"}, "Work")


def test_markdown_has_the_branch_and_its_images(tmp_path: Path, write: Callable[[Path], None]) -> None:
    target = tmp_path / "out" / "My chat.md"
    target.parent.mkdir()
    write(target)
    text = target.read_text(encoding="utf-8")
    assert text.startswith("# Receipt \\[1\\]\n\n**You**, 2026-03-14 ")
    assert "What is  \nthis?" in text
    assert "- **one**  \n- two" in text
    assert "**Qwen3-VL 2B**" in text
    assert "**Built-in OCR**" in text
    assert "TOTAL  \n9.00" in text
    assert "Not this one" not in text
    assert text.count("![a/b.png](<My chat images/a_b.png>)") == 2
    assert "![A:B.png](<My chat images/2 A_B.png>)" in text
    images = target.parent / "My chat images"
    assert {path.name: path.read_bytes() for path in images.iterdir()} == {"a_b.png": PIXELS, "2 A_B.png": b"other"}


def test_json_has_all_versions_and_comes_back_whole(tmp_path: Path, write: Callable[[Path], None]) -> None:
    target = tmp_path / "chat.JSON"
    write(target)
    raw = json.loads(target.read_text(encoding="utf-8"))
    assert raw["format"] == FORMAT
    assert base64.b64decode(raw["images"][DIGEST]) == PIXELS
    again = msgspec.json.decode(target.read_bytes(), type=ExportedChat)
    assert again == WHOLE


@pytest.mark.parametrize("name", ["chat.md", "chat.json", "chat.html"])
def test_what_cannot_be_written_is_said_and_leaves_nothing(
    tmp_path: Path, write: Callable[[Path], None], name: str
) -> None:
    (tmp_path / "store" / OTHER).unlink()
    with pytest.raises(StorageError, match=f"“{name}” could not be saved"):
        write(tmp_path / name)
    assert not (tmp_path / name).exists()
    assert not list(tmp_path.glob("*.part"))


def test_a_failed_export_leaves_no_folder_and_nothing_of_others_is_touched(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    (tmp_path / "store" / OTHER).unlink()
    with pytest.raises(StorageError):
        write(tmp_path / "chat.md")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    folder = tmp_path / "chat images"
    folder.mkdir()
    (folder / "holiday.jpg").write_text("mine")
    with pytest.raises(StorageError):
        write(tmp_path / "chat.md")
    assert [path.name for path in folder.iterdir()] == ["holiday.jpg"]


def test_a_disk_that_fills_up_behind_the_images_leaves_none(
    tmp_path: Path, write: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        write(tmp_path / "chat.md")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_images_beside_an_export_replace_nothing_and_are_used_again(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    folder = tmp_path / "chat images"
    folder.mkdir()
    (folder / "a_b.png").write_text("somebody's")
    for _ in range(2):
        write(tmp_path / "chat.md")
        assert (folder / "a_b.png").read_text() == "somebody's"
    assert {path.name for path in folder.iterdir()} == {"a_b.png", "2 a_b.png", "2 A_B.png"}
    assert (folder / "2 a_b.png").read_bytes() == PIXELS
    assert "(<chat images/" in (tmp_path / "chat.md").read_text(encoding="utf-8")
    (tmp_path / "other images").write_text("a file in the way")
    write(tmp_path / "other.md")
    assert "(<2 other images/a_b.png>)" in (tmp_path / "other.md").read_text(encoding="utf-8")
    write(tmp_path / "third.md")
    names = sorted(path.name for path in (tmp_path / "third images").iterdir())
    write(tmp_path / "third.md")
    assert sorted(path.name for path in (tmp_path / "third images").iterdir()) == names
    write(tmp_path / f"{'長' * 84}.md")


class WebPage(HTMLParser):
    """The text, the sources of images, and the names of all elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.sources: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.sources += [value or "" for name, value in attrs if name == "src"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_web_page_has_everything_in_it(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "chat.html")
    raw = (tmp_path / "chat.html").read_text(encoding="utf-8")
    page = WebPage(raw)
    assert "Receipt [1]" in page.text
    assert "What is\nthis?" in page.text
    assert "Not this one" not in page.text
    assert {"h1", "ul", "strong"} <= page.tags
    assert page.sources == [
        "data:image/png;base64," + base64.b64encode(content).decode() for content in (PIXELS, b"other", PIXELS)
    ]


def test_a_web_page_has_formulas_tables_and_code_and_no_html_of_a_model() -> None:
    text = "$x^2$ and $5\n\n| a | b |\n|---|---|\n| c | d |\n\n```python\nreturn 1\n```\n"
    text += "<script>alert(1)</script> $\\frac{$"
    page = WebPage(chat_html("<b>", [replace(answer(text), model_name="<i>")], {}).decode())
    assert {"math", "table", "pre", "span"} <= page.tags
    assert not {"script", "b", "i"} & page.tags
    assert "<script>alert(1)</script> $\\frac{$" in page.text
    assert "default-src 'none'" in chat_html("", [], {}).decode()


def test_instructions_are_told_first_and_are_text() -> None:
    page = WebPage(chat_html("Menu", [question("Why?")], {}, "Be <b>brief</b>.").decode())
    assert "Be <b>brief</b>." in page.text
    assert "b" not in page.tags
    assert page.text.index("Be <b>") < page.text.index("Why?")
    text = chat_markdown("Menu", [question("Why?")], {}, "Be <b>brief</b>.")
    assert text.startswith("# Menu\n\n**Instructions**\n\nBe \\<b>brief\\</b>.\n\n---\n\n**You**")
    assert "Instructions" not in chat_markdown("Menu", [question("Why?")], {})


def test_what_was_found_is_told_before_the_data_of_its_places(tmp_path: Path) -> None:
    placed = answer('[{"bbox_2d": [1, 2, 3, 4], "label": "To*tal"}, {"point_2d": [5, 6], "label": "<b>"}]')
    page = WebPage(chat_html("", [placed], {}).decode())
    assert "2 places: To*tal, <b>" in page.text
    assert {"details", "summary"} <= page.tags
    text = chat_markdown("", [placed], {})
    assert "\n\n2 places: To\\*tal, \\<b>\n\n" in text
    assert "bbox" in text
    assert "place" not in chat_markdown("", [replace(placed, author=Author.READER), question(placed.text)], {})


def test_a_pdf_is_made_of_the_branch_and_the_pictures(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "chat.pdf")
    text, pictures = ast.literal_eval((tmp_path / "chat.pdf").read_text())
    assert text.count(f"![a/b.png](<image:{DIGEST}>)") == 2
    assert "Image: A:B.png" in text  # It could not be decoded.
    assert pictures == {DIGEST: b"picture"}


def test_an_exported_chat_is_imported_beside_itself(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "chat.json")
    chat = read_chat(tmp_path / "chat.json")
    assert chat.images == WHOLE.images
    assert chat.conversation == replace(CHAT, id=chat.conversation.id, leaf_id=chat.messages[-1].id)
    assert not {chat.conversation.id, *(message.id for message in chat.messages)} & {CHAT.id, *(m.id for m in MESSAGES)}
    for old, new in zip(MESSAGES, chat.messages, strict=True):
        parent = new.parent_id and MESSAGES[[message.id for message in chat.messages].index(new.parent_id)].id
        assert replace(new, id=old.id, parent_id=parent, conversation_id=old.conversation_id) == old


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda chat: replace(chat, format="lorgnette chat 9"), "another version"),
        (lambda chat: replace(chat, images={DIGEST: b"changed", OTHER: b"other"}), "damaged"),
        (lambda chat: replace(chat, images={DIGEST: PIXELS}), "missing"),
        (lambda chat: replace(chat, messages=chat.messages[1:]), "missing"),
        (lambda chat: [chat], "not a chat"),
    ],
)
def test_what_does_not_fit_together_is_not_imported(
    tmp_path: Path, spoil: Callable[[ExportedChat], object], why: str
) -> None:
    path = tmp_path / "chat.json"
    path.write_bytes(msgspec.json.encode(spoil(WHOLE)))
    with pytest.raises(StorageError, match=f"“chat.json” was not imported: .*{why}"):
        read_chat(path)


def test_what_is_no_json_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_bytes(b"\xff{")
    with pytest.raises(StorageError, match="not a chat"):
        read_chat(tmp_path / "chat.json")
    with pytest.raises(StorageError, match="cannot be read"):
        read_chat(tmp_path / "none.json")


def test_an_answer_that_was_streaming_when_it_was_exported_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    streaming = replace(ANSWERED, state=MessageState.STREAMING)
    path.write_bytes(
        msgspec.json.encode(
            replace(WHOLE, messages=(ASKED, streaming), conversation=replace(CHAT, leaf_id=MessageId("a1")))
        )
    )
    assert read_chat(path).messages[-1].state is MessageState.INTERRUPTED


@pytest.mark.parametrize("name", ["chat.md", "chat.json", "chat.html"])
def test_reasoning_is_not_exported(tmp_path: Path, name: str) -> None:
    thinking = replace(ANSWERED, thought=Thought("A secret thought.", 2.0))
    writer = ChatWriter(lambda image: tmp_path / "store" / image.digest, lambda *_: b"")
    (tmp_path / "store").mkdir()
    for digest in (DIGEST, OTHER):
        (tmp_path / "store" / digest).write_bytes(PIXELS)
    writer.write(tmp_path / name, CHAT, [thinking if it is ANSWERED else it for it in MESSAGES], {})
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert "secret" not in written
    assert "Two things" in written


def test_markdown_keeps_a_questions_signs_and_an_answers_lines() -> None:
    branch = [question("1. *this*\n- that"), replace(answer("Gate B14\nBoarding 09:35"), page=None)]
    text = chat_markdown("Menu", branch, {})
    assert "1\\. \\*this\\*  \n\\- that" in text
    assert "Gate B14  \nBoarding 09:35" in text
    assert text.count("\n\n---\n\n") == 1
