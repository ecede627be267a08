"""Page ranges as the user types them: "1-3,7", counted from 1."""

import re

_RANGE = re.compile(r"(?P<page>\d{1,6})|(?P<first>\d{1,6})?\s*-\s*(?P<last>\d{1,6})?")


class PageRangeError(ValueError):
    """The text is not a list of page ranges."""


def parsed_ranges(text: str) -> tuple[range, ...]:
    """Parse page ranges, counted from 0: "2-" extends to the end, "-3" begins at the first. Raises PageRangeError."""
    found = []
    for part in map(str.strip, text.split(",")):
        match = _RANGE.fullmatch(part)
        if match is None or part == "-":
            raise PageRangeError(f"“{part}” is not a page or a range of pages; use a form like 1-3,7")
        begin = int(match["page"] or match["first"] or 1)
        end = int(match["page"] or match["last"] or 1_000_000)
        if begin < 1 or end < begin:
            raise PageRangeError(f"“{part}” runs backwards or starts before page 1")
        found.append(range(begin - 1, end))
    return tuple(found)


def chosen_pages(ranges: tuple[range, ...], count: int) -> list[int]:
    """Return the pages of a document of `count` pages in any of the ranges, in order; all if there are no ranges."""
    return [number for number in range(count) if not ranges or any(number in part for part in ranges)]
