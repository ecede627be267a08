"""The check for enough free disk space."""

from math import ceil, floor

from app.domain.errors import ErrorText, StorageError

SPARE_BYTES = 200 * 1000**2
"""Bytes that are left free on the disk, so that chats can still be saved."""
GIGA = 1000**3


def check_free_space(missing: int, free_bytes: int, text: ErrorText) -> None:
    """Raise StorageError if `missing` bytes would not fit; `text` names them {missing} and {free}, in gigabytes."""
    free = free_bytes - SPARE_BYTES
    if missing > free:
        needed, there = ceil(10 * missing / GIGA) / 10, floor(10 * max(0, free) / GIGA) / 10  # Never the same figure.
        raise StorageError(text, missing=needed, free=there)
