"""Whether the disk has room for what is to come."""

from app.domain.errors import StorageError

SPARE_BYTES = 200 * 1000**2
"""Room that is left on the disk: chats must still be saved."""
GIGA = 1000**3


def check_room(missing: int, free_bytes: int, *, doing: str = "", todo: str) -> None:
    """Raise StorageError where `missing` bytes would not fit. `doing` says what for, `todo` what to do then."""
    room = free_bytes - SPARE_BYTES
    if missing > room:
        raise StorageError(
            f"The disk has too little room{doing}: {missing / GIGA:.1f} GB to come, {max(0, room) / GIGA:.1f} GB free.",
            kept="What has been downloaded is kept.",
            todo=todo,
        )
