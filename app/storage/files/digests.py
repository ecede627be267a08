"""Digests of files: of any file, to recognise it, and of a model's files, as used by LFS or git."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from app.domain.batch.batch import Content
from app.domain.models.model_catalog import ModelFile
from app.regular_files import CHUNK_BYTES, open_regular, sha256_of

OnBytes = Callable[[int], None]
"""Callback with the number of bytes processed since the last call; may raise Cancelled."""


class FileDigest:
    """Hashes the bytes of one file in order, and checks them against the expected digest.

    Git names a blob by the SHA-1 of "blob", its size, a zero byte, and its content. (Git's documentation,
    "Git Internals - Git Objects".) Hubs give only SHA-1 for small files; it is not their only check, since the engine
    reads them as untrusted.
    """

    def __init__(self, file: ModelFile) -> None:
        self._file = file
        if file.sha256:
            self._hash = hashlib.sha256()
        else:
            self._hash = hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)

    def update(self, content: bytes) -> None:
        """Add the next bytes."""
        self._hash.update(content)

    @property
    def matches(self) -> bool:
        """True if the bytes so far are the whole file."""
        return self._hash.hexdigest() == self._file.digest


def take_file(path: Path, update: Callable[[bytes], None], on_bytes: OnBytes) -> None:
    """Pass the content of a file to `update`, and the number of bytes to `on_bytes`; raises OSError."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            update(chunk)
            on_bytes(len(chunk))


def content_of(path: Path) -> Content:
    """Return the Content of the file at `path`. Raises OSError; NotRegular for anything but a regular file."""
    with open_regular(path) as file:
        return content_in(file)


def content_in(file: BinaryIO) -> Content:
    """Return the Content of an open file, from its beginning. Raises OSError."""
    file.seek(0)
    digest = sha256_of(file)
    return Content(file.tell(), digest)
