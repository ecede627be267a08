"""Files of ours that were damaged while the application was closed."""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from app.paths import RESOURCES, Paths
from app.storage.batch.batch_journal import NAME
from tests.faults.conftest import Tries
from tests.faults.test_disk import is_well_reported
from tests.support.chat_server import chat_server, end, piece
from tests.support.driver import Driver, Fact, driving

ANSWER = "The answer that was given before."


@pytest.fixture(scope="module")
def sound() -> Iterator[Path]:
    """A data folder with a chat, an image, a reading, settings, backups, a weight cache and a batch beside it."""
    home = Path(tempfile.mkdtemp(prefix="lf-"))
    scans = home / "scans"
    scans.mkdir()
    for number in range(3):
        shutil.copy(RESOURCES / "samples" / "note.png", scans / f"{number}.png")
    with chat_server() as server, driving(home) as app:
        app.wait_for("status", holds=lambda fact: fact["state"] == "ready")
        app.do("batch", folder=str(scans))
        app.wait_for("batch", holds=lambda fact: fact["state"] == "done")
        app.do("new_chat")
        app.do("drop", paths=[str(RESOURCES / "samples" / "note.png")])
        app.wait_for("added")
        server.answer = [piece(ANSWER), end()]
        app.connect(server.address)
        app.do("send", text="A question")
        app.wait_until(lambda seen: [row[1] for row in seen["branch"]] == ["complete"] * 2)
        app.do("set", zoom=130)
        app.wait_for("saved", holds=lambda fact: fact["kind"] == "settings" and fact["value"][0] == 130)
        app.do("set", server_address="", server_model="")
        assert app.quit() == 0
    yield home
    shutil.rmtree(home)


def copied(sound: Path, home: Path) -> Path:
    """A copy of it to be broken."""
    for name in ("data", "scans", "scans read"):
        shutil.copytree(sound / name, home / name)
    return home


def database_header(data: Path, rng: Random) -> None:
    overwrite(Paths.under(data).database, 0, rng.randbytes(100))


def database_truncated(data: Path, rng: Random) -> None:
    path = Paths.under(data).database
    os.truncate(path, rng.randrange(1, path.stat().st_size))


def database_page_zeroed(data: Path, rng: Random) -> None:
    path = Paths.under(data).database
    overwrite(path, 4096 * rng.randrange(path.stat().st_size // 4096), bytes(4096))


def database_empty(data: Path, rng: Random) -> None:
    os.truncate(Paths.under(data).database, 0)


def database_gone(data: Path, rng: Random) -> None:
    Paths.under(data).database.unlink()


def database_newer(data: Path, rng: Random) -> None:
    change(data, "PRAGMA user_version = 9999")


def row_of_bad_json(data: Path, rng: Random) -> None:
    change(data, "UPDATE conversation SET draft_attachments = '[{'")


def message_of_bad_json(data: Path, rng: Random) -> None:
    change(data, "UPDATE message SET stats = '[{', page = 'x', doubts = '{}' WHERE role = 'assistant'")


def row_of_a_bad_date(data: Path, rng: Random) -> None:
    change(data, "UPDATE conversation SET updated = 'yesterday'")


def settings_garbage(data: Path, rng: Random) -> None:
    Paths.under(data).settings.write_bytes(rng.randbytes(500))


def settings_nested(data: Path, rng: Random) -> None:
    Paths.under(data).settings.write_bytes(b"[" * 100_000)


def settings_of_wrong_types(data: Path, rng: Random) -> None:
    path = Paths.under(data).settings
    content = json.loads(path.read_bytes())
    path.write_text(json.dumps({key: [{"a": None}] for key in content}), encoding="utf-8")


def settings_a_pipe(data: Path, rng: Random) -> None:
    Paths.under(data).settings.unlink()
    os.mkfifo(Paths.under(data).settings)


def settings_a_folder(data: Path, rng: Random) -> None:
    Paths.under(data).settings.unlink()
    Paths.under(data).settings.mkdir()


def settings_server_absurd(data: Path, rng: Random) -> None:
    path = Paths.under(data).settings
    path.write_text(json.dumps({"server_address": "http://[::1", "server_model": "x"}), encoding="utf-8")


def image_flipped(data: Path, rng: Random) -> None:
    (path,) = originals(data)
    overwrite(path, rng.randrange(path.stat().st_size), b"\xff\x00\xff")


def image_gone(data: Path, rng: Random) -> None:
    for path in originals(data):
        path.unlink()


def thumbnail_garbage(data: Path, rng: Random) -> None:
    for path in Paths.under(data).attachments.glob("*/*.png"):
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + rng.randbytes(5000))


def weights_garbage(data: Path, rng: Random) -> None:
    for path in Paths.under(data).converted_weights.glob("*/*.npy"):
        path.write_bytes(rng.randbytes(2000))


def weights_truncated(data: Path, rng: Random) -> None:
    for path in Paths.under(data).converted_weights.glob("*/*.npy"):
        os.truncate(path, path.stat().st_size // 2)


def journal_garbage(data: Path, rng: Random) -> None:
    path = data.parent / "scans read" / NAME
    path.write_bytes(rng.randbytes(300) + b"\n" + path.read_bytes()[: -rng.randrange(5, 100)])


def overwrite(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


def change(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(Paths.under(data).database)) as connection, connection:
        connection.execute(statement)


def originals(data: Path) -> list[Path]:
    return [path for path in Paths.under(data).attachments.glob("*/*") if not path.suffix]


@dataclass(frozen=True)
class Damage:
    """What is done; whether it has to be told; whether the chat is there all the same; whether chats can be saved."""

    do: Callable[[Path, Random], None]
    is_reported: bool = True
    has_chat: bool = True
    can_save: bool = True


DAMAGES = [
    Damage(database_header, has_chat=False),
    Damage(database_truncated, has_chat=False),
    Damage(database_page_zeroed, is_reported=False, has_chat=False),  # It may be a page that nothing needs.
    Damage(database_empty, has_chat=False),
    Damage(database_gone, has_chat=False),
    Damage(database_newer, has_chat=False, can_save=False),
    Damage(row_of_bad_json, is_reported=False, has_chat=False),
    Damage(row_of_a_bad_date, is_reported=False, has_chat=False),
    Damage(message_of_bad_json, is_reported=False, has_chat=False),
    Damage(settings_garbage),
    Damage(settings_nested),
    Damage(settings_of_wrong_types, is_reported=False),
    Damage(settings_a_pipe),
    Damage(settings_a_folder),
    Damage(settings_server_absurd, is_reported=False),
    Damage(image_flipped, is_reported=False),
    Damage(image_gone, is_reported=False),
    Damage(thumbnail_garbage, is_reported=False),
    Damage(weights_garbage, is_reported=False),
    Damage(weights_truncated, is_reported=False),
    Damage(journal_garbage, is_reported=False),
]


RANDOM = {database_header, database_truncated, database_page_zeroed, settings_garbage, image_flipped, journal_garbage}
"""Worth more than one try, where there is time."""


def images(data: Path) -> set[str]:
    """The contents of all images that are kept, wherever in the data folder."""
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in data.glob("**/*") if len(path.name) == 64}


def objections(app: Driver, damage: Damage, seen: Fact) -> list[str]:
    """What a start over damaged files owes: a word where something is missing, and the chat where it can be read."""
    told = app.problems()
    found = is_well_reported(told)
    if damage.is_reported and not told:
        found.append("nothing was told")
    if damage.has_chat and seen["text"] != ANSWER:
        found.append(f"the chat is not there: {seen}")
    return found


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.do.__name__)
def test_damage_is_told_and_survived(sound: Path, home: Path, damage: Damage, rng: Random, tries: Tries) -> None:
    """It starts; says in a sentence what is missing; deletes nothing; and works, also by the next start."""
    for number in range(tries(1, 20) if damage.do in RANDOM else 1):
        broken = copied(sound, home / str(number))
        data = broken / "data"
        damage.do(data, rng)
        before = images(data)
        with chat_server() as server:
            server.answer = [piece("It works."), end()]
            for start in range(1 if damage.has_chat else 2):
                with driving(broken) as app:
                    app.begin()
                    seen = settled(app)
                    if start == 0:
                        assert objections(app, damage, seen) == []
                    if damage.can_save:
                        assert works(app, server.address) == []
                    if damage.do is journal_garbage and start == 0:
                        assert batch_goes_on(app, broken / "scans") == []
                    assert app.quit() == 0, app.said()
                assert before - images(data) == set(), "images were removed"


def settled(app: Driver) -> Fact:
    """What is seen when the chats were read, and the model or server of the last time was tried."""
    app.wait_for("status", holds=lambda fact: fact["state"] != "loading")
    return app.wait_until(lambda look: look["model"] != "loading")


def works(app: Driver, address: str) -> list[str]:
    """A question is asked, answered and saved."""
    app.do("new_chat")
    app.connect(address)
    app.do("send", text="Does it work?")
    seen = app.wait_until(lambda look: len(look["branch"]) == 2 and not look["busy"])
    app.wait_for("saved", holds=lambda fact: fact["kind"] == "message" and fact["value"][0] == "It works.")
    return [] if seen["text"] == "It works." else [f"it answers {seen}"]


def batch_goes_on(app: Driver, scans: Path) -> list[str]:
    """What the journal has lost is read again, and every output is whole."""
    app.do("batch", folder=str(scans))
    app.wait_for("batch", holds=lambda fact: fact["state"] == "done")
    texts = [path.read_text(encoding="utf-8") for path in scans.with_name("scans read").glob("[0-9].png.txt")]
    return [] if ["Gate B14" in text for text in texts] == [True] * 3 else [f"the batch has read {texts}"]


def test_twin_silence_and_losses_are_objected_to(sound: Path, home: Path) -> None:
    broken = copied(sound, home / "copy")
    with driving(broken) as app:
        app.begin()
        seen = settled(app)
        assert objections(app, Damage(image_gone, is_reported=False), seen) == []
        assert objections(app, Damage(image_gone), seen) == ["nothing was told"]
        (said,) = objections(app, Damage(image_gone, is_reported=False), {**seen, "text": ""})
        assert said.startswith("the chat is not there")
    before = images(broken / "data")
    image_gone(broken / "data", Random(1))
    assert len(before - images(broken / "data")) == 1
