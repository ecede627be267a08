"""The twins of `test_kills`: promises are broken on purpose, and each time somebody has to object."""

import contextlib
import copy
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.paths import RESOURCES, Paths
from tests.faults.ledger import Ledger
from tests.faults.remains import broken_exports, orphans, strays
from tests.support.chat_server import chat_server, end, piece
from tests.support.driver import MARK, driving


@pytest.fixture(scope="module")
def closed() -> Iterator[tuple[Ledger, Path]]:
    """What a start confirmed that was closed properly, and its data folder."""
    folder = Path(tempfile.mkdtemp(prefix="lf-"))
    data = folder / "data"
    with chat_server() as server, driving(folder, data=data) as app:
        app.begin()
        app.do("drop", paths=[str(RESOURCES / "samples" / "note.png")])
        app.wait_for("added")
        server.answer = [piece("An answer of some length."), end()]
        app.connect(server.address)
        app.do("send", text="A question")
        app.wait_for("saved", holds=lambda fact: fact["kind"] == "message" and fact["value"][1] == "complete")
        app.wait_until(lambda seen: seen["branch"][-1:] == [["assistant", "complete", 25]])
        app.do("write", text="half a question")
        app.do("keep_preset", name="mine")
        app.wait_for("saved", holds=lambda fact: fact["kind"] == "draft" and fact["value"][0] == "half a question")
        app.wait_for("saved", holds=lambda fact: fact["kind"] == "settings" and fact["value"][1] == ["mine"])
        assert app.quit() == 0
        ledger = Ledger()
        ledger.take(app.facts, time.monotonic() + 10)
    yield ledger, data
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def left(closed: tuple[Ledger, Path], tmp_path: Path) -> tuple[Ledger, Path]:
    """The same to be broken."""
    ledger, data = closed
    return copy.deepcopy(ledger), shutil.copytree(data, tmp_path / "data")


def change(data: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(Paths.under(data).database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def lose_an_answer(data: Path) -> None:
    change(data, "DELETE FROM message WHERE role = 'assistant'")


def cut_an_answer(data: Path) -> None:
    change(data, "UPDATE message SET text = 'An answer' WHERE role = 'assistant'")


def lose_the_draft(data: Path) -> None:
    change(data, "UPDATE conversation SET draft_text = ''")


def forget_the_image(data: Path) -> None:
    change(data, "UPDATE message SET attachments = '[]'")


def forget_a_setting(data: Path) -> None:
    path = Paths.under(data).settings
    path.write_text(path.read_text(encoding="utf-8").replace('"mine"', '"other"'), encoding="utf-8")


def flip_a_bit(data: Path) -> None:
    (image,) = (path for path in Paths.under(data).attachments.glob("*/*") if not path.suffix)
    content = bytearray(image.read_bytes())
    content[100] ^= 1
    image.write_bytes(content)


def lose_the_thumbnail(data: Path) -> None:
    for path in Paths.under(data).attachments.glob("*/*.png"):
        path.unlink()


def damage_a_page(data: Path) -> None:
    with Paths.under(data).database.open("r+b") as file:
        file.seek(4096 + 8)
        file.write(b"\xff" * 4000)


SABOTAGE = [
    (lose_an_answer, "is lost"), (cut_an_answer, "in place of"), (lose_the_draft, "in place of"),
    (forget_the_image, "in place of"), (forget_a_setting, "in place of"), (flip_a_bit, "in place of"),
    (lose_the_thumbnail, "is lost"), (damage_a_page, "damaged"),
]  # fmt: skip


@pytest.mark.parametrize(("sabotage", "word"), SABOTAGE, ids=lambda value: getattr(value, "__name__", ""))
def test_twin_what_is_broken_on_purpose_is_objected_to(
    left: tuple[Ledger, Path], sabotage: Callable[[Path], None], word: str
) -> None:
    ledger, data = left
    assert ledger.objections(data) == []
    sabotage(data)
    assert any(word in objection for objection in ledger.objections(data))


def test_twin_a_second_of_a_stream_is_missed(left: tuple[Ledger, Path]) -> None:
    ledger, data = left
    (answer,) = ledger.painted
    ledger.painted[answer] += 1
    assert ["more than a second" in objection for objection in ledger.objections(data)] == [True]


def test_twin_an_orphan_is_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.remains.ORPHAN_SECONDS", 2.0)
    with driving(home) as app:
        app.begin()
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        with subprocess.Popen(command, env={**os.environ, MARK: app.mark}) as orphan:
            app.kill()
            assert orphans(app) == [orphan.pid]
            orphan.kill()


@pytest.mark.parametrize(
    "name", ["exported/chat.md.0123.part", "data/incoming/1/pasted.png", "tmp/page.png", "data/unknown", "data/a.part"]
)
def test_twin_what_is_half_done_is_found(home: Path, name: str) -> None:
    (home / "tmp").mkdir()
    assert strays(home, home / "data") == []
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    (home / name).touch()
    assert strays(home, home / "data") == [name]


@pytest.mark.parametrize("suffix", ["html", "pdf", "json"])
def test_twin_half_an_export_is_found(home: Path, suffix: str) -> None:
    (home / "exported").mkdir()
    (home / "exported" / f"chat 1.{suffix}").write_text("<html>{", encoding="utf-8")
    assert broken_exports(home) == [f"chat 1.{suffix}"]
