"""Files that clients have sent: in memory where the system allows it, else in a folder that is removed afterwards."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from app import memory_files
from app.serving.held_memory import Holding
from app.storage.files.scratch import scratch_folder


class Uploads:
    """The files of one request, which engine processes are handed."""

    def __init__(self, stack: ExitStack, share: Holding) -> None:
        self._stack = stack
        self._share = share
        self._folder: Path | None = None
        self._numbers = count(1)

    def add(self, content: bytes, name: str = "") -> Path:
        """Write a file, called `name` in errors, and return its path.

        Raises OSError, and ApiError if requests hold too much memory.
        """
        self._share.add(len(content))
        path = self.new(name)
        if memory_files.is_here(path):
            with memory_files.open_file(path) as file:
                file.write(content)
        else:
            path.write_bytes(content)
        return path

    def new(self, name: str = "") -> Path:
        """Return the path of a file that is to be written; in memory it exists, and is empty. Raises OSError."""
        name = name or f"upload {next(self._numbers)}"
        if memory_files.ARE_SUPPORTED:
            path = memory_files.make(name)
            self._stack.callback(memory_files.remove, path)
            return path
        self._folder = self._folder or self._stack.enter_context(scratch_folder())
        return self._folder / name

    @staticmethod
    def read(path: Path) -> bytes:
        """Return the content of a file. Raises OSError."""
        if memory_files.is_here(path):
            with memory_files.open_file(path) as file:
                return file.read()
        return path.read_bytes()


@contextmanager
def uploads(share: Holding) -> Iterator[Uploads]:
    """Yield a place for the files of a request, which are removed when the block ends; `share` counts their bytes."""
    with ExitStack() as stack:
        yield Uploads(stack, share)
