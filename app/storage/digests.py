"""Digests of a model's files: SHA-256 as LFS names them, or git's own for small files."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from app.domain.model_catalog import ModelFile

CHUNK = 1024 * 1024


class FileDigest:
    """Takes the bytes of one file in their order, and says whether they are the ones that were announced.

    Git names a blob by the SHA-1 of "blob", its size, a zero byte, and its content. (Git's documentation,
    "Git Internals - Git Objects".) SHA-1 is what hubs give for small files; it is not the only thing that is checked
    of them, since the engine reads them as untrusted.
    """

    def __init__(self, file: ModelFile) -> None:
        self._file = file
        if file.sha256:
            self._hash = hashlib.sha256()
        else:
            self._hash = hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)

    def update(self, content: bytes) -> None:
        """Take the next bytes."""
        self._hash.update(content)

    @property
    def matches(self) -> bool:
        """Whether what has come so far is the file."""
        return self._hash.hexdigest() == self._file.digest


def take_file(path: Path, update: Callable[[bytes], None], passed: Callable[[int], None]) -> None:
    """Hand the content of a file to `update`, and to `passed` how many bytes that were; raises OSError."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            update(chunk)
            passed(len(chunk))
