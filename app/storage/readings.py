"""Readings in the database; see migration 0005."""

import sqlite3

import msgspec

from app.domain.pages import Page
from app.domain.readings import Reading

_page_decoder = msgspec.json.Decoder(Page)
_corrections_decoder = msgspec.json.Decoder(dict[int, str])
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
