"""Readings, and the parts of pages that are left out, in the database; see migrations 0005 and 0006."""

import sqlite3

import msgspec

from app.domain.pages import Page
from app.domain.readings import Reading
from app.domain.regions import Box

_page_decoder = msgspec.json.Decoder(Page)
_corrections_decoder = msgspec.json.Decoder(dict[int, str])
_parts_decoder = msgspec.json.Decoder(tuple[Box, ...])
_SAVE = """
INSERT INTO reading (digest, number, page, corrections, model_name)
VALUES (:digest, :number, :page, :corrections, :model_name)
ON CONFLICT (digest, number) DO UPDATE SET page = excluded.page, corrections = excluded.corrections,
    model_name = excluded.model_name
"""


def load_reading(connection: sqlite3.Connection, digest: str, number: int) -> Reading | None:
    """What was read on a page of the file with this digest; None where nothing was, or what is there makes no sense."""
    row = connection.execute("SELECT * FROM reading WHERE digest = ? AND number = ?", (digest, number)).fetchone()
    if row is None:
        return None
    try:
        page = _page_decoder.decode(row["page"])
        corrections = _corrections_decoder.decode(row["corrections"])
    except msgspec.ValidationError:  # Of a version that kept something else: it is read again.
        return None
    return Reading(digest=digest, number=number, page=page, corrections=corrections, model_name=row["model_name"])


def save_reading(connection: sqlite3.Connection, reading: Reading) -> None:
    """Insert or replace it, within the caller's transaction."""
    row = {
        "digest": reading.digest,
        "number": reading.number,
        "page": msgspec.json.encode(reading.page).decode(),
        "corrections": msgspec.json.encode(dict(reading.corrections)).decode(),
        "model_name": reading.model_name,
    }
    connection.execute(_SAVE, row)


def load_ignored_parts(connection: sqlite3.Connection, digest: str) -> tuple[Box, ...]:
    """The parts that are left out of the file with this digest; none where none are kept, or they make no sense."""
    row = connection.execute("SELECT parts FROM ignored_parts WHERE digest = ?", (digest,)).fetchone()
    try:
        return _parts_decoder.decode(row["parts"]) if row else ()
    except msgspec.ValidationError:
        return ()


def save_ignored_parts(connection: sqlite3.Connection, digest: str, parts: tuple[Box, ...]) -> None:
    """Insert or replace them, within the caller's transaction."""
    if parts:
        row = (digest, msgspec.json.encode(parts).decode())
        connection.execute("INSERT OR REPLACE INTO ignored_parts (digest, parts) VALUES (?, ?)", row)
    else:
        connection.execute("DELETE FROM ignored_parts WHERE digest = ?", (digest,))
