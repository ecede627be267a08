"""How many images a batch reads at the same time by the built-in OCR."""

import os
from pathlib import Path

MAX_READERS = 2
"""Maximum number: a reader itself uses two cores where there are more than two."""

READER_MEMORY = 1.5e9
"""Bytes for each reader and its images process: networks, a page of 64 million pixels, and what is made of it."""

MEMORY = Path("/proc/meminfo")
"""Where Linux tells its available memory."""


def reader_count() -> int:
    """Return how many images are read at the same time: two if there are two cores, and memory for both."""
    fitting = int(_available_memory() // READER_MEMORY)
    return max(1, min(MAX_READERS, os.cpu_count() or 1, fitting))


def _available_memory() -> float:
    """Return the bytes that are available to programs; where that is not told, half of what the machine has."""
    try:
        for line in MEMORY.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024.0
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2
    except (OSError, ValueError, IndexError, AttributeError):  # Windows has neither.
        return 0.0
