"""The rows of a page: which of its lines stand beside one another in its text."""

from app.domain.pages import Page

GAP = "  "
"""Between the pieces of a row in a page's text."""


def page_rows(page: Page) -> list[list[int]]:
    """The numbers of the lines of each row, in order of reading; a line that the text does not have is a row alone."""
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


def text_of_rows(page: Page, rows: list[list[int]]) -> str:
    """The page's text, made of its lines again."""
    return "\n".join(GAP.join(page.lines[number].text for number in row) for row in rows)
