"""Pages as people write them: "1-3,7", counted from 1."""

import re

_RANGE = re.compile(r"(\d{1,6})?(-)?(\d{1,6})?")


class PageRangeError(ValueError):
    """Not a list of pages."""


def parsed_ranges(text: str) -> tuple[range, ...]:
    """Ranges of pages counted from 0: "2-" goes to the end, "-3" begins at the first. Raises PageRangeError."""
    found = []
    for part in text.replace(" ", "").split(","):
        match = _RANGE.fullmatch(part)
        if not part or part == "-" or match is None:
            raise PageRangeError(f"“{part}” is no page and no range of pages; write it like 1-3,7")
        first, dash, last = match.groups()
        begin = int(first or 1)
        end = int(last) if last else (1_000_000 if dash else begin)
        if begin < 1 or end < begin:
            raise PageRangeError(f"“{part}” goes backwards, or begins before page 1")
        found.append(range(begin - 1, end))
    return tuple(found)


def chosen_pages(ranges: tuple[range, ...], count: int) -> list[int]:
    """The pages of a document of `count` that are in one of the ranges, in order; all of them where there is none."""
    return [number for number in range(count) if not ranges or any(number in part for part in ranges)]
