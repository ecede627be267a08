"""What a driven application has confirmed, held against what is on the disk."""

import contextlib
import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.paths import Paths
from tests.support.driver import Fact

STREAM_SECONDS = 1.0
"""Of a streaming answer that may be lost."""
GRACE_SECONDS = 0.5
"""For the save itself, where everything else on the machine is busy."""
SETTLED = {"streaming": "interrupted"}
"""What the next start makes of an answer whose process was killed."""
Key = tuple[str, str]


@dataclass
class _Kept:
    """What must be on the disk, and what may be there in its place: it was being saved when the end came."""

    value: Any = None
    is_confirmed: bool = False
    may_be: list[Any] = field(default_factory=list)


@dataclass
class Ledger:
    """Takes the facts of one start after another over the same data folder; `objections` is what the disk breaks."""

    kept: dict[Key, _Kept] = field(default_factory=dict)
    painted: dict[str, int] = field(default_factory=dict)
    """Characters of each streaming answer that were on the screen long enough to be on the disk."""

    def take(self, facts: list[Fact], killed: float) -> None:
        """Add what a start has told that ended at the moment `killed`."""
        for fact in facts:
            if fact["fact"] == "painted" and fact["at"] < killed - STREAM_SECONDS - GRACE_SECONDS:
                self.painted[fact["id"]] = fact["length"]
            if fact["fact"] not in {"saving", "saved"}:
                continue
            kept = self.kept.setdefault((fact["kind"], fact["key"]), _Kept())
            if fact["fact"] == "saving":
                kept.may_be.append(fact["value"])
            else:
                kept.value, kept.is_confirmed, kept.may_be = fact["value"], True, []

    def objections(self, data: Path) -> list[str]:
        """Every promise that is broken there: an empty list, where the application does as it says."""
        if damage := list(database_damage(data)):
            return damage
        there = dict(on_disk(data, [key for key in self.kept if key[0] in {"file", "model_file"}]))
        found = []
        for (kind, name), kept in self.kept.items():
            if not kept.is_confirmed:
                continue
            seen = there.get((kind, name))
            if seen is None:
                found.append(f"the {kind} {name} is lost: {kept.value}")
            elif not any(_is_as_kept(kind, seen, allowed) for allowed in (kept.value, *kept.may_be)):
                found.append(f"the {kind} {name} is {seen} in place of {kept.value}")
        for message, length in self.painted.items():
            text = there.get(("message", message), [""])[0]
            if len(text) < length:
                found.append(f"the answer {message} has lost more than a second: {len(text)} of {length} characters")
        return found


def _is_as_kept(kind: str, seen: Any, allowed: Any) -> bool:  # noqa: ANN401 - as JSON has it
    if kind == "message":
        return seen[0] == allowed[0] and seen[2] == allowed[2] and seen[1] in {allowed[1], SETTLED.get(allowed[1])}
    return bool(seen == allowed)


def on_disk(data: Path, files: list[Key]) -> Iterator[tuple[Key, Any]]:
    """What lies in a data folder, as facts name it; and of `files` elsewhere those that are there."""
    paths = Paths.under(data)
    with contextlib.suppress(FileNotFoundError):
        settings = json.loads(paths.settings.read_bytes())
        yield ("settings", ""), [settings["zoom"], [preset["name"] for preset in settings["presets"]]]
    for path in paths.attachments.glob("*/*"):
        if not path.suffix and path.with_name(f"{path.name}.png").exists():
            yield ("attachment", path.name), hashlib.sha256(path.read_bytes()).hexdigest()
    for kind, name in files:
        if kind == "file" and Path(name).exists():
            yield (kind, name), hashlib.sha256(Path(name).read_bytes()).hexdigest()
        elif kind == "model_file":
            root, commit, last = name.split("|")
            sizes = [path.stat().st_size for path in Path(root).glob(f"**/*{commit}*/{last}")]
            if sizes:
                yield (kind, name), sizes[0]
    with database_copy(paths.database) as connection:
        for row in connection.execute("SELECT id, draft_text, draft_attachments FROM conversation"):
            yield ("draft", row[0]), [row[1], _digests(row[2])]
        for row in connection.execute("SELECT id, text, state, attachments FROM message"):
            yield ("message", row[0]), [row[1], row[2], _digests(row[3])]


def _digests(attachments: str) -> list[str]:
    return [item["digest"] for item in json.loads(attachments)]


def database_damage(data: Path) -> Iterator[str]:
    """What SQLite says against the database."""
    with database_copy(Paths.under(data).database) as connection:
        try:
            for (verdict,) in connection.execute("PRAGMA integrity_check"):
                if verdict != "ok":
                    yield f"the database is damaged: {verdict}"
            for row in connection.execute("PRAGMA foreign_key_check"):
                yield f"the database has a loose end: {tuple(row)}"
        except sqlite3.DatabaseError as error:
            yield f"the database is damaged: {error}"


@contextlib.contextmanager
def database_copy(path: Path) -> Iterator[sqlite3.Connection]:
    """A copy with its journal, so that the application's own recovery is not done for it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite"
        for suffix in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            if copy.stat().st_size or Path(f"{copy}-wal").exists():
                tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            else:
                tables = set()
            yield connection if "message" in tables else _empty(connection)


def _empty(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Killed before the first migration: nothing can have been confirmed, and nothing is found."""
    connection.execute("CREATE TABLE conversation (id, draft_text, draft_attachments)")
    connection.execute("CREATE TABLE message (id, text, state, attachments)")
    return connection
