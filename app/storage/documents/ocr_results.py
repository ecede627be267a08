"""OCR results and ignored areas of pages in the database; see migrations 0005, 0006 and 0010."""

import sqlite3
from collections.abc import Set as AbstractSet

import msgspec

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.ids import Digest
from app.domain.images.codes import with_codes
from app.domain.images.geometry import Box
from app.domain.well_formed import well_formed
from app.storage.database.rows import ReadRow
from app.storage.database.shared_database import SharedDatabase

_page_decoder = msgspec.json.Decoder(OcrPage | None)
_corrections_decoder = msgspec.json.Decoder(dict[int, str])
_areas_decoder = msgspec.json.Decoder(tuple[Box, ...])
_SAVE = """
INSERT INTO reading (digest, number, page, corrections, model_name)
VALUES (:digest, :number, :page, :corrections, :model_name)
ON CONFLICT (digest, number) DO UPDATE SET page = excluded.page, corrections = excluded.corrections,
    model_name = excluded.model_name
"""
_INDEX = """
INSERT INTO reading_text (digest, page, text) VALUES (?, ?, ?)
ON CONFLICT (digest, page) DO UPDATE SET text = excluded.text
"""
_UNINDEXED = """
SELECT reading.* FROM reading LEFT JOIN reading_text
ON reading_text.digest = reading.digest AND reading_text.page = reading.number
WHERE reading_text.number IS NULL LIMIT ?
"""


class SqliteOcrResultStore:
    """Implements domain.ports.OcrResultStore."""

    def __init__(self, database: SharedDatabase) -> None:
        self._database = database

    def ocr_result(self, digest: Digest, number: int) -> OcrResult | None:
        """Return the OCR result of a page of the file with this digest; None if there is none or it is invalid."""
        with self._database.reading() as connection:
            return ocr_result_of(connection, digest, number)

    def text(self, digest: Digest) -> str:
        """Return the texts of all pages of the file with this digest, with a blank line between two."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT text FROM reading_text WHERE digest = ? ORDER BY page", (digest,))
            return "\n\n".join(text for row in map(ReadRow, rows) if (text := row.text("text")))

    def save_ocr_result(self, ocr_result: OcrResult) -> None:
        """Insert or replace the OCR result of a page."""
        with self._database.transaction() as connection:
            _save(connection, ocr_result)

    def add_ocr_result(self, ocr_result: OcrResult) -> None:
        """Insert the OCR result of a page, unless it has one."""
        with self._database.transaction() as connection:
            if ocr_result_of(connection, ocr_result.digest, ocr_result.number) is None:
                _save(connection, ocr_result)

    def save_document(self, digest: Digest, path: str, name: str) -> None:
        """Insert or replace where the file with this digest was opened as a document; its OCR results are kept."""
        place = "" if well_formed(path) != path else path  # A name in another encoding cannot be stored as text.
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO document (digest, path, name) VALUES (?, ?, ?)",
                (digest, place, well_formed(name)),
            )

    def index_texts(self, max_count: int) -> bool:
        """Add at most `max_count` OCR results of earlier versions to the search; return whether any are left."""
        with self._database.reading() as connection:
            rows = connection.execute(_UNINDEXED, (max_count,)).fetchall()
        if rows:
            with self._database.transaction() as connection:
                for row in rows:
                    found = _ocr_result(ReadRow(row))
                    connection.execute(_INDEX, (row["digest"], row["number"], _text(found) if found else ""))
        return len(rows) == max_count

    def ignored_areas(self, digest: Digest) -> tuple[Box, ...]:
        """Return the ignored areas of the file with this digest; empty if none are stored or they are invalid."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT parts FROM ignored_parts WHERE digest = ?", (digest,)).fetchone()
        return ReadRow(row).decoded("parts", _areas_decoder, ()) if row else ()

    def save_ignored_areas(self, digest: Digest, areas: tuple[Box, ...]) -> None:
        """Replace the ignored areas."""
        with self._database.transaction() as connection:
            if areas:
                row = (digest, msgspec.json.encode(areas).decode())
                connection.execute("INSERT OR REPLACE INTO ignored_parts (digest, parts) VALUES (?, ?)", row)
            else:
                connection.execute("DELETE FROM ignored_parts WHERE digest = ?", (digest,))


def ocr_result_of(connection: sqlite3.Connection, digest: Digest, number: int) -> OcrResult | None:
    """Return the OCR result of a page; None if there is none or it is invalid."""
    row = connection.execute("SELECT * FROM reading WHERE digest = ? AND number = ?", (digest, number)).fetchone()
    return _ocr_result(ReadRow(row)) if row else None


def discard_unused(connection: sqlite3.Connection, used: AbstractSet[Digest]) -> None:
    """Delete the OCR results of all images but the `used` ones and those that were opened as documents."""
    for table in ("reading", "reading_text"):
        digests = connection.execute(
            f"SELECT DISTINCT digest FROM {table} WHERE digest NOT IN (SELECT digest FROM document)"  # noqa: S608 - ours
        ).fetchall()
        unused = [(digest,) for (digest,) in digests if digest not in used]
        connection.executemany(f"DELETE FROM {table} WHERE digest = ?", unused)  # noqa: S608 - ours


def _ocr_result(row: ReadRow) -> OcrResult | None:
    page = row.decoded("page", _page_decoder, None)
    if page is None:  # Damaged, or stored by a version with another format: the page is read again.
        return None
    corrections = row.decoded("corrections", _corrections_decoder, {})
    return OcrResult(
        digest=Digest(row.text("digest")),
        number=row.number("number"),
        page=page,
        corrections=corrections,
        model_name=row.text("model_name"),
    )


def _save(connection: sqlite3.Connection, ocr_result: OcrResult) -> None:
    row = {
        "digest": ocr_result.digest,
        "number": ocr_result.number,
        "page": msgspec.json.encode(ocr_result.page).decode(),
        "corrections": msgspec.json.encode(dict(ocr_result.corrections)).decode(),
        "model_name": ocr_result.model_name,
    }
    connection.execute(_SAVE, row)
    connection.execute(_INDEX, (ocr_result.digest, ocr_result.number, _text(ocr_result)))


def _text(ocr_result: OcrResult) -> str:
    """Return what is found by search: the corrected text, and the codes."""
    page = ocr_result.corrected_page()
    return well_formed(with_codes(page.text, page.codes))
