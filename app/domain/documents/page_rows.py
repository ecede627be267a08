"""The rows of a page: which of its lines are beside each other in its text."""

from app.domain.documents.pages import OcrPage

GAP = "  "
"""Separator between the lines of a row in a page's text."""


def page_rows(page: OcrPage) -> list[list[int]]:
    """Return the line numbers of each row, in reading order; a line that is not in the text is a row by itself."""
    rows: list[list[int]] = []
    number = 0
    for text in page.text.splitlines():
        row: list[int] = []
        rest = text.strip()
        while number < len(page.lines) and rest.startswith(line := page.lines[number].text.strip()) and (line or row):
            row.append(number)
            rest = rest.removeprefix(line).lstrip()
            number += 1
            if not rest:
                break
        if row:
            rows.append(row)
    return rows + [[left] for left in range(number, len(page.lines))]


def text_of_rows(page: OcrPage, rows: list[list[int]]) -> str:
    """Rebuild the page's text from its lines."""
    return "\n".join(GAP.join(page.lines[number].text for number in row) for row in rows)
