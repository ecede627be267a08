"""The rows of a page: which of its lines are beside each other in its text."""

from collections.abc import Collection, Mapping

from app.domain.documents.pages import OcrPage

GAP = "  "
"""Separator between the lines of a row in a page's text."""


def page_rows(page: OcrPage) -> list[list[int]]:
    """Return the line numbers of each row, in reading order; a line that is not in the text is a row by itself."""
    return [[number for _, number in row] for row in _laid_out(page) if row]


def text_of_lines(page: OcrPage, texts: Mapping[int, str]) -> str:
    """Return the page's text with these texts as its lines and without the other lines.

    Indentation, gaps and empty rows stay as they are.
    """
    rows = []
    for row in _laid_out(page):
        kept = [(blanks, texts[number]) for blanks, number in row if number in texts]
        if kept or not row:
            rows.append("".join(blanks + text for blanks, text in kept))
    return "\n".join(rows)


def selected_text(page: OcrPage, texts: Mapping[int, str], start: int) -> str:
    """Return consecutive lines in their rows; the first is selected from the letter `start` on.

    The first row is indented if it is selected from its beginning.
    """
    first = min(texts)
    if len(texts) == 1:
        return texts[first]
    text = text_of_lines(page, texts).strip("\n")
    begins_row = not start and any(row[0] == first for row in page_rows(page))
    return text if begins_row else text.lstrip(" ")


def indented_rows(page: OcrPage, numbers: Collection[int]) -> list[str]:
    """Return the rows that have these lines, with indentation, gaps and the empty rows between them."""
    rows: list[str] = []
    for row in _laid_out(page):
        kept = [(blanks, page.lines[number].text) for blanks, number in row if number in numbers]
        if kept or (rows and not row):
            rows.append("".join(blanks + text for blanks, text in kept))
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _laid_out(page: OcrPage) -> list[list[tuple[str, int]]]:
    """Return the rows of the text, each line as the blanks before it and its number; an empty row has none."""
    rows: list[list[tuple[str, int]]] = []
    number = 0
    for text in page.text.splitlines():
        row: list[tuple[str, int]] = []
        rest = text.rstrip()
        while number < len(page.lines):
            following = rest.lstrip()
            line = page.lines[number].text.strip()
            if not following.startswith(line) or not (line or row):
                break
            row.append((rest[: len(rest) - len(following)], number))
            rest = following.removeprefix(line)
            number += 1
            if not rest:
                break
        if row or not text.strip():
            rows.append(row)
    return rows + [[("", left)] for left in range(number, len(page.lines))]
