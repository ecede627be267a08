"""OCR results and ignored areas of pages in the database; see migrations 0005 and 0006."""

import msgspec

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.ids import Digest
from app.domain.images.geometry import Box
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


class SqliteOcrResultStore:
    """Implements domain.ports.OcrResultStore."""

    def __init__(self, database: SharedDatabase) -> None:
        self._database = database

    def ocr_result(self, digest: Digest, number: int) -> OcrResult | None:
        """Return the OCR result of a page of the file with this digest; None if there is none or it is invalid."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT * FROM reading WHERE digest = ? AND number = ?", (digest, number)
            ).fetchone()
        if row is None:
            return None
        read = ReadRow(row)
        page = read.decoded("page", _page_decoder, None)
        corrections = read.decoded("corrections", _corrections_decoder, {})
        if page is None:  # Damaged, or stored by a version with another format: the page is read again.
            return None
        return OcrResult(
            digest=digest, number=number, page=page, corrections=corrections, model_name=read.text("model_name")
        )

    def save_ocr_result(self, ocr_result: OcrResult) -> None:
        """Insert or replace the OCR result of a page."""
        row = {
            "digest": ocr_result.digest,
            "number": ocr_result.number,
            "page": msgspec.json.encode(ocr_result.page).decode(),
            "corrections": msgspec.json.encode(dict(ocr_result.corrections)).decode(),
            "model_name": ocr_result.model_name,
        }
        with self._database.transaction() as connection:
            connection.execute(_SAVE, row)

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
