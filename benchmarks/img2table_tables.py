"""Prints the tables that img2table finds in a PDF, as JSON: `python img2table_tables.py FILE`.

For `bench_public_pages --against img2table`; run by the interpreter of an environment of its own, since img2table needs
another build of OpenCV than Lorgnette.
"""

import json
import sys
from typing import Any


def main() -> None:
    """Print, by the numbers of pages from 0, tables as lists of cells: row, column, text, row span, column span."""
    from img2table.document import PDF  # noqa: PLC0415  # The environment that checks this file has none.

    found = PDF(sys.argv[1]).extract_tables(borderless_tables=True)
    pages = {number: [_cells(list(table.content.values())) for table in tables] for number, tables in found.items()}
    sys.stdout.write(json.dumps(pages))


def _cells(rows: list[list[Any]]) -> list[tuple[int, int, str, int, int]]:
    """Return the cells of rows in which a spanning cell stands in each of its places."""
    places: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    texts: dict[tuple[Any, ...], str] = {}
    for row, line in enumerate(rows):
        for column, cell in enumerate(line):
            box: tuple[Any, ...] = (cell.bbox.x1, cell.bbox.y1, cell.bbox.x2, cell.bbox.y2)
            places.setdefault(box, []).append((row, column))
            texts[box] = str(cell.value or "")
    found = []
    for box, held in places.items():
        (top, left), (bottom, right) = min(held), max(held)
        found.append((top, left, texts[box], bottom - top + 1, right - left + 1))
    return found


if __name__ == "__main__":
    main()
