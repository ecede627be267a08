"""Files that appear whole or not at all, and the operating system's errors in plain words."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from app.domain.errors import StorageError


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes `target` when the block ends well and vanishes when it does not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{uuid4().hex}.part")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(target: Path, content: bytes) -> None:
    """Write a file that is on the disk when this returns; raises OSError."""
    with replacing(target) as partial, partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def save_file(target: Path, content: bytes) -> None:
    """Write a file of the user's choice; raises StorageError."""
    try:
        write_whole(target, content)
    except OSError as error:
        raise storage_error(error, f"“{target.name}”") from error


def storage_error(error: OSError, what: str) -> StorageError:
    """The sentence for an operating system error met while saving `what`."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StorageError(
            f"The disk is full, so this could not be saved: {what.lower()}.",
            kept="Everything saved before is safe.",
            todo="Free some space, then try again.",
        )
    return StorageError(
        f"{what} could not be saved ({os.strerror(error.errno) if error.errno else error}).",
        kept="Everything saved before is safe.",
        todo="Check the folder's permissions and drive, then try again.",
    )
