"""Chats from files of anybody's: what Lorgnette would have written is taken in, all else refused in a sentence."""

import contextlib
import hashlib
import json
import os
import random
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.domain.chat.chat import MAX_INSTRUCTIONS
from app.domain.chat.exported_chat import ExportedChat
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Cell, Table
from app.domain.errors import Problem, ProblemKind, StorageError
from app.domain.ids import Digest, FolderId, MessageId
from app.domain.images.attachments import ImageCrop
from app.domain.images.codes import Code
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.models.answer_stats import AnswerStats
from app.domain.text.confidence import LowConfidenceSpan
from app.storage.chat import import_chat
from app.storage.chat.import_chat import read_chat
from tests.support.chats import attachment, conversation, question

PIXELS = b"\x89PNG pixels"
DIGEST = hashlib.sha256(PIXELS).hexdigest()
BOX = Box(1.0, 2.0, 30.0, 40.0)
LINE = TextLine.between("TOTAL", (Point(1, 2), Point(30, 2), Point(30, 40), Point(1, 40)), 0.9)
TABLE = Table(
    2, 2, (Cell(0, 0, "a", BOX, column_span=2), Cell(1, 0, "b", BOX), Cell(1, 1, "", BOX)), BOX, is_ruled=True
)
PAGE = OcrPage(640, 480, (LINE,), "TOTAL", 90, "", (TABLE,), (Code("QR Code", "x", BOX),), "Cyrillic")
IMAGE = replace(
    attachment(digest=DIGEST),
    part_of=ImageCrop(digest=Digest("cd" * 32), name="whole.png", left=1, top=2, right=9, bottom=8, turns=3),
    pixel_budget=64 * 1024,
)
STATS = AnswerStats(
    prompt_tokens=1, visual_tokens=2, new_tokens=3, first_token_seconds=0.5, total_seconds=1.5, context_tokens=6
)
MESSAGE = replace(
    question(),
    attachments=(IMAGE,),
    page=PAGE,
    doubts=(LowConfidenceSpan(1, 3, 0.5, (("x", 0.25),)),),
    stats=STATS,
    problem=Problem(ProblemKind.ENGINE, "It stopped."),
)
RICH = ExportedChat(
    conversation=replace(
        conversation(), leaf_id=MessageId("q1"), instructions="Be brief.", is_temporary=True, folder_id=FolderId("f1")
    ),
    messages=(MESSAGE,),
    images={Digest(DIGEST): PIXELS},
    folder="Work",
)
"""A chat that has something in every field."""


def changed(path: str, value: object) -> bytes:
    """The exported chat with another value at `path`, as JSON has it."""
    chat = json.loads(msgspec.json.encode(RICH))
    *parents, last = (int(key) if key.isdigit() else key for key in path.split("."))
    place = chat
    for key in parents:
        place = place[key]
    assert place[last] != value
    place[last] = value
    return json.dumps(chat).encode()


def test_every_part_of_a_chat_is_imported(tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_bytes(msgspec.json.encode(RICH))
    chat = read_chat(tmp_path / "chat.json")
    assert chat.messages[0].page == RICH.messages[0].page
    assert chat.conversation.instructions == "Be brief."
    assert not chat.conversation.is_temporary
    assert (chat.folder, chat.conversation.folder_id) == ("Work", None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((f"messages.0.attachments.0.{name}", value) for name, value in (
            ("width", 0), ("height", -1), ("width", 10**7), ("frames", 0), ("frames", 10**9), ("seconds", -1.0),
            ("byte_size", -1), ("pixel_budget", -7), ("pixel_budget", 0), ("pixel_budget", 2**60), ("width", 10**400),
            ("part_of.digest", "../../home/u/x"), ("part_of.digest", DIGEST.upper()), ("part_of.left", 9),
            ("part_of.bottom", -1), ("part_of.turns", 7), ("digest", "../x"),
        )),
        *((f"messages.0.page.{name}", value) for name, value in (
            ("width", -1), ("height", 10**9), ("rotation", 45), ("lines.0.box.left", 1e300), ("lines.0.score", 1e18),
            ("tables.0.rows", 2**31), ("tables.0.columns", 0), ("tables.0.cells.0.row", 5),
            ("tables.0.cells.0.column_span", 0), ("tables.0.cells.0.row", -1),
        )),
        ("messages.0.doubts.0.start", -5), ("messages.0.doubts.0.end", 0), ("messages.0.doubts.0.probability", 1e999),
        ("messages.0.stats.total_seconds", -1.0), ("messages.0.stats.new_tokens", 2**62),
        ("messages.0.created", "0001-01-01T00:00:00Z"), ("messages.0.created", "2026-01-01T00:00:00"),
        ("conversation.updated", "9999-12-31T23:59:59Z"), ("conversation.updated", "2026-01-01T00:00:00"),
        ("conversation.image_count", 2**63), ("conversation.title", "\ud800"),
        ("conversation.instructions", "x" * (MAX_INSTRUCTIONS + 1)), ("messages.0.role", "system"),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_are_not_imported(tmp_path: Path, path: str, value: object) -> None:
    (tmp_path / "chat.json").write_bytes(changed(path, value))
    with pytest.raises(StorageError, match=r"“chat.json” was not imported: .*(not a chat|missing)"):
        read_chat(tmp_path / "chat.json")


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 500_000, b'{"x": ' * 500_000, b'{"x": ' + b"[" * 500_000 + b"]" * 500_000 + b"}", b"9" * 100_000, b"",
        b"\x00" * 1000, '{"format": "\udcff"}'.encode("utf-8", "surrogatepass"), b'{"images": {"\\ud800": ""}}',
    ],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_any_other_bytes_are_not_imported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "chat.json").write_bytes(content)
    with pytest.raises(StorageError, match="not a chat"):
        read_chat(tmp_path / "chat.json")


def test_mutations_of_a_chat_are_chats_or_refused_in_a_sentence(tmp_path: Path) -> None:
    draw, whole, path = random.Random(6), msgspec.json.encode(RICH), tmp_path / "chat.json"
    for _ in range(3000):
        content = bytearray(whole)
        for _ in range(draw.randrange(1, 4)):
            place = draw.randrange(len(content))
            content[place : place + draw.choice([0, 1, 1, 3])] = draw.choice(
                [b"", b"9", b"-", b"[", b"null", b"1e400", b"\xff", b"0", b'"', draw.randbytes(2)]
            )
        path.write_bytes(content)
        with contextlib.suppress(StorageError):
            read_chat(path)


def test_what_is_no_file_of_a_size_that_can_be_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError, match="not a file"):
        read_chat(tmp_path)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "chat.json")
        with pytest.raises(StorageError, match="not a file"):
            read_chat(tmp_path / "chat.json")
    (tmp_path / "large.json").write_bytes(b"x" * 100)
    monkeypatch.setattr(import_chat, "MAX_BYTES", 99)
    with pytest.raises(StorageError, match="too large"):
        read_chat(tmp_path / "large.json")
