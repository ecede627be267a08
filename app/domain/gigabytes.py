"""Bytes in gigabytes with one decimal, rounded so that what is needed never looks like what there is."""

from math import ceil, floor

_TENTH = 10**8
"""Bytes in a tenth of a gigabyte."""


def gigabytes_needed(count: int) -> float:
    """Return `count` bytes in gigabytes, rounded up to a tenth."""
    return ceil(count / _TENTH) / 10


def gigabytes_there(count: int) -> float:
    """Return `count` bytes in gigabytes, rounded down to a tenth."""
    return floor(count / _TENTH) / 10
