"""Text whose columns stand below one another by spaces, as on receipts and in listings; it needs a fixed-width font."""

import re
from collections import Counter

MIN_ROWS = 3
"""Minimum number of rows that have a column at the same place."""
_GAP = re.compile(r"(?<=\S) {3,}(?=\S)")
"""A gap between two columns; fewer spaces stand between sentences and in justified text."""


def has_aligned_columns(text: str) -> bool:
    """Return whether words after gaps begin, or lines with gaps end, below one another in some rows."""
    starts: Counter[int] = Counter()
    ends: Counter[int] = Counter()
    for line in text.split("\n"):
        gaps = [gap.end() for gap in _GAP.finditer(line)]
        starts.update(gaps)
        if gaps:
            ends[len(line.rstrip())] += 1
    return max((*starts.values(), *ends.values()), default=0) >= MIN_ROWS
