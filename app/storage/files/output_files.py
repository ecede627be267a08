"""Output files of a command or a batch: a file that is not its own is never overwritten.

A name is claimed by creating an empty file exclusively, which on any file system succeeds for one process only and
never over another file, link or folder; the output then replaces that empty file. A name that is taken gets a number in
front ("2 photo.pdf"); one that is too long for the file system is cut, and ends with a digest of the whole name.
Controls and bidi overrides become "_": with them, "photo\u202egnp.exe" would be shown as "photoexe.png".
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import MappingProxyType

from app.domain.batch.batch import Content
from app.domain.error_texts import storage_texts
from app.domain.errors import DiskError, UserError
from app.storage.files.atomic import save_file, storage_error
from app.storage.files.digests import content_of

MAX_NAME_BYTES = 255
"""Maximum length of a file name in bytes on all common file systems; encrypted ones may report fewer."""
_MISLEADING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Controls (ECMA-48), and embeddings, overrides and isolates of UAX 9, which reorder what follows them."""
_Identity = tuple[int, int] | str


class OutputFiles:
    """The outputs of one run in `folder`, which `open` creates.

    `sources` are the run's inputs: none is ever replaced, by whatever name or link it is reached. If `overwrites`,
    other files are replaced, except those that the same run has written. `renamed` is called with each file that got
    another name than requested, and its path.
    """

    def __init__(
        self,
        folder: Path,
        sources: Iterable[Path] = (),
        *,
        overwrites: bool = False,
        renamed: Callable[[str, Path], None] = lambda _name, _path: None,
    ) -> None:
        self._folder = folder
        self._overwrites = overwrites
        self._renamed = renamed
        self._untouchable = {found for source in sources if (found := _identity(source))}

    def open(self) -> None:
        """Create the folder. Raises StorageError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, storage_texts.FOLDER, folder=str(self._folder)) from error

    def claim(self, name: str, own: Mapping[str, Collection[Content]] = MappingProxyType({})) -> str:
        """Reserve `name`, a path within the folder with "/", or the first numbered one that is free; return it.

        A name in `own`, which the caller has claimed before, counts as free if its file is still empty or holds what
        the caller has written. Raises StorageError.
        """
        with self._plain_errors(name):
            return self._claim(name, own)[0]

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Yield the path of the output `name`, to be written by replacing it with a complete file.

        Nothing is left there if the block fails. Raises StorageError for the operating system's errors, DiskError also
        if the block has already translated an error of the drive.
        """
        with self._plain_errors(name):
            given, is_new = self._claim(name, {})
            target = self._folder / given
            try:
                yield target
            except BaseException:
                if is_new:
                    release(target)
                raise
            if written := _identity(target):
                self._untouchable.add(written)
            if given != name:
                self._renamed(name, target)

    def save(self, name: str, content: bytes) -> None:
        """Write an output; /dev/stdout and other descriptors receive the content themselves. Raises StorageError."""
        if _is_descriptor(self._folder / name):
            with self._plain_errors(name), (self._folder / name).open("wb") as device:
                device.write(content)
            return
        with self.writing(name) as target:
            save_file(target, content)

    def check_there(self) -> None:
        """Raise DiskError if the folder is gone."""
        if not self._folder.is_dir():
            raise DiskError(storage_texts.OUTPUT_FOLDER_GONE, folder=str(self._folder))

    def _claim(self, name: str, own: Mapping[str, Collection[Content]]) -> tuple[str, bool]:
        """Claim a name; return it, and True if nothing of that name existed."""
        self.check_there()
        folder, slash, last = _MISLEADING.sub("_", name).rpartition("/")
        parent = self._folder / folder
        parent.mkdir(parents=True, exist_ok=True)
        limit = _name_limit(parent)
        for number in count(1):
            free = f"{folder}{slash}{fitting(last if number == 1 else f'{number} {last}', limit)}"
            target = self._folder / free
            try:
                os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            except FileExistsError:
                if free in own and _is_unchanged(target, own[free]):
                    return free, False
                if self._overwrites and self._may_replace(target):
                    return free, False
            else:
                return free, True
        raise AssertionError  # The numbers are infinite.

    def _may_replace(self, target: Path) -> bool:
        return target.is_file() and _identity(target) not in self._untouchable

    @contextmanager
    def _plain_errors(self, name: str) -> Iterator[None]:
        try:
            yield
        except DiskError:
            raise
        except (OSError, UserError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            if not isinstance(cause, OSError):
                raise
            self.check_there()
            translated = storage_error(cause, storage_texts.FILE, file=name)
            if isinstance(error, OSError) or isinstance(translated, DiskError):
                raise translated from error
            raise


def _is_descriptor(target: Path) -> bool:
    """Whether `target` names an open file of this process or a device of the system, such as /dev/stdout."""
    return str(target.parent) in {"/dev", "/dev/fd", "/proc/self/fd"} and target.exists()


def release(target: Path) -> None:
    """Remove a claimed name that nothing was written to."""
    with contextlib.suppress(OSError):
        if target.stat().st_size == 0:
            target.unlink()


def _is_unchanged(target: Path, written: Collection[Content]) -> bool:
    """Return whether the file is empty or holds what was written to it; an unreadable file counts as changed."""
    try:
        size = target.stat().st_size
        if size and size not in {content.size for content in written}:
            return False  # A foreign file may be too large to read.
        found = content_of(target)
    except OSError:
        return False
    return found.size == 0 or found in written


def fitting(name: str, limit: int = MAX_NAME_BYTES) -> str:
    """Return `name`; if it has more than `limit` bytes, its beginning, a digest of all of it, and its suffix."""
    raw = os.fsencode(name)
    if len(raw) <= limit:
        return name
    suffix = Path(name).suffix
    end = f"~{hashlib.sha256(raw).hexdigest()[:8]}{suffix if len(suffix) < 16 else ''}"
    kept = limit - len(end.encode())
    while kept and raw[kept] & 0xC0 == 0x80:  # Within a character of UTF-8.
        kept -= 1
    return os.fsdecode(raw[:kept]) + end


def _name_limit(folder: Path) -> int:
    try:
        return min(MAX_NAME_BYTES, os.pathconf(folder, "PC_NAME_MAX"))
    except (AttributeError, OSError, ValueError):  # Not available on Windows.
        return MAX_NAME_BYTES


def _identity(path: Path) -> _Identity | None:
    """Return an identity of a file that does not depend on its name; None if there is no file."""
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return None
    # Some file systems, such as Windows network shares, have no file numbers.
    return (facts.st_dev, facts.st_ino) if facts.st_ino else os.path.realpath(path).casefold()
