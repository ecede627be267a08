"""Page ranges as the user types them: "1-3,7", counted from 1."""

import re

_RANGE = re.compile(r"(?P<page>\d{1,6})|(?P<first>\d{1,6})?\s*-\s*(?P<last>\d{1,6})?")


MAX_PAGE = 1_000_000
"""Number of the last page of a range without an end: more than any document has."""


class PageRangeError(ValueError):
    """The text is not a list of page ranges."""


def parsed_ranges(text: str) -> tuple[range, ...]:
    """Parse page ranges, counted from 0: "2-" extends to the end, "-3" begins at the first. Raises PageRangeError."""
    parts = [part.strip() for part in text.split(",")]
    ranges = [_range(part) for part in parts]
    if wrong := [f"“{part}”" for part, found in zip(parts, ranges, strict=True) if not found]:
        are = "is not a page or a range" if len(wrong) == 1 else "are not pages or ranges"
        raise PageRangeError(f"{', '.join(wrong)} {are} of pages, counted from 1; use a form like 1-3,7")
    return tuple(ranges)


def _range(part: str) -> range:
    """Return the pages of a part, an empty range if it has another form, runs backwards or starts before page 1."""
    match = _RANGE.fullmatch(part)
    if match is None or part == "-":
        return range(0)
    begin = int(match["page"] or match["first"] or 1)
    return range(begin - 1, int(match["page"] or match["last"] or MAX_PAGE)) if begin else range(0)


def chosen_pages(ranges: tuple[range, ...], count: int) -> list[int]:
    """Return the pages of a document of `count` pages in any of the ranges, in order; all if there are no ranges."""
    return [number for number in range(count) if not ranges or any(number in part for part in ranges)]
