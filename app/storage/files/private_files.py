"""Atomic writes of files that only their user may read; see `paths` for their modes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.partial_files import replacing
from app.paths import make_private_file, make_private_folder


@contextmanager
def replacing_privately(target: Path) -> Iterator[Path]:
    """Like `partial_files.replacing`, but yields an existing empty file to write to; raises OSError."""
    make_private_folder(target.parent)
    with replacing(target) as partial:
        make_private_file(partial)
        yield partial


def write_privately(target: Path, content: bytes) -> None:
    """Write a file that is on disk when this returns; raises OSError."""
    with replacing_privately(target) as partial, partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
