"""The OCR result of a page of a file, with the user's corrections."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.domain.documents.page_rows import text_of_lines
from app.domain.documents.pages import UNCERTAIN_SCORE, OcrPage
from app.domain.ids import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrResult:
    """The recognised `page`, and `corrections` by line number; `number` counts pages from 0.

    `digest` is the lower-case hex sha256 of the file's bytes. `model_name` is empty for the built-in OCR.
    """

    digest: Digest
    number: int
    page: OcrPage
    corrections: Mapping[int, str] = field(default_factory=dict)
    model_name: str = ""

    @property
    def uncertain_lines(self) -> int:
        """The number of lines that are probably wrong or unread, and not corrected."""
        lines = enumerate(self.page.lines)
        return sum(line.score < UNCERTAIN_SCORE and number not in self.corrections for number, line in lines)

    def corrected_page(self) -> OcrPage:
        """The page with its corrections applied, in the text and in the tables as well."""
        if not self.corrections:
            return self.page
        page = self.page
        lines = list(page.lines)
        changed: dict[str, str] = {}
        for number, text in self.corrections.items():
            if number < len(lines):
                changed[lines[number].text] = text
                lines[number] = replace(lines[number], text=text, words=())
        whole = replace(page, lines=tuple(lines))
        tables = tuple(
            replace(
                table,
                cells=tuple(replace(cell, text=changed.get(cell.text, cell.text)) for cell in table.cells),
            )
            for table in page.tables
        )
        text = text_of_lines(page, {number: line.text for number, line in enumerate(lines)}) if lines else page.text
        return replace(whole, text=text, tables=tables)

    def with_correction(self, number: int, text: str) -> "OcrResult":
        """Return the result with another text for a line; the recognised text removes the correction."""
        corrections = {**self.corrections, number: text}
        if text == self.page.lines[number].text:
            del corrections[number]
        return replace(self, corrections=corrections)
