"""The check for enough free disk space."""

from app.domain.errors import ErrorText, StorageError
from app.domain.gigabytes import gigabytes_needed, gigabytes_there

SPARE_BYTES = 200 * 1000**2
"""Bytes that are left free on the disk, so that chats can still be saved."""


def check_free_space(missing: int, free_bytes: int, text: ErrorText) -> None:
    """Raise StorageError if `missing` bytes would not fit; `text` names them {missing} and {free}, in gigabytes."""
    free = free_bytes - SPARE_BYTES
    if missing > free:
        raise StorageError(text, missing=gigabytes_needed(missing), free=gigabytes_there(max(0, free)))
