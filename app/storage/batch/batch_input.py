"""The input files of a batch, from files and folders, in natural sort order."""

import errno
import os
import stat
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from pathlib import Path

from app.domain.batch.batch import FoundFiles, InputFile, LeftOut, natural_key
from app.domain.error_texts import batch_texts
from app.domain.errors import BatchError
from app.domain.images.attachments import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES

POLL_SECONDS = 2.0
"""Interval in seconds of searching watched folders; no notification of a system works on every network share."""
SETTLE_SECONDS = 2.0
"""Seconds without a change after which a file is taken for complete; if it changes later, it is processed again."""
_SUFFIXES = frozenset((*IMAGE_SUFFIXES, *DOCUMENT_SUFFIXES))


class _Kind(Enum):
    FILE = auto()
    LINK = auto()
    """A broken link, or one that leads to itself."""
    SPECIAL = auto()
    """A pipe, a socket or a device."""
    FOLDER = auto()
    """A folder that cannot be read."""


def find_input_files(given: Iterable[str], out: Path, *, only_settled: bool = False) -> FoundFiles:
    """Return all files of `given`, files and folders; each file once, even if several paths lead to it.

    A file that is given by name is included whatever its suffix, and fails later if it is no image. From folders,
    files with the suffix of an image or a document are included; all others are counted, except hidden files and the
    output folder `out`. A file that is missing or inaccessible is included, too, so that it is reported. With
    `only_settled`, files that were changed within SETTLE_SECONDS are left out: they may still be copied. Raises
    BatchError if a folder is also the output folder.
    """
    sources: list[InputFile] = []
    seen: set[tuple[int, int] | str] = set()
    names: set[str] = set()
    roots = [Path(path) for path in dict.fromkeys(given)]
    folders = [root for root in roots if os.path.isdir(root)]  # noqa: PTH112 - Path.is_dir raises for some names
    if any(os.path.realpath(folder) == os.path.realpath(out) for folder in folders):
        raise BatchError(batch_texts.OUTPUT_IS_INPUT, folder=str(out))
    left_out: Counter[_Kind] = Counter()

    def add(path: Path, name: str) -> None:
        facts = _facts(path)
        # Some file systems, such as Windows network shares, have no file numbers.
        identity = (facts.st_dev, facts.st_ino) if facts and facts.st_ino else str(path)
        if identity not in seen and not (only_settled and facts and _is_fresh(facts)):
            seen.add(identity)
            size, modified = (facts.st_size, facts.st_mtime_ns) if facts else (0, 0)
            sources.append(InputFile(str(path), _free(name, names), size, modified))

    for root in roots:
        if root not in folders:
            add(root, root.name)
            continue
        prefix = f"{root.name}/" if len(roots) > 1 else ""
        found: list[tuple[str, Path]] = []
        for path, kind in _walk(root, out):
            if kind is _Kind.FILE and path.suffix.lower() in _SUFFIXES:
                found.append((path.relative_to(root).as_posix(), path))
            else:
                left_out[kind] += 1
        for name, path in sorted(found, key=lambda pair: natural_key(pair[0])):
            add(path, prefix + name)
    counts = (left_out[kind] for kind in (_Kind.FILE, _Kind.LINK, _Kind.SPECIAL, _Kind.FOLDER))
    return FoundFiles(tuple(sources), LeftOut(*counts))


def _walk(root: Path, out: Path) -> Iterator[tuple[Path, _Kind]]:
    """Yield everything below `root` that is not hidden: files, broken links, pipes and devices, unreadable folders.

    A folder that a link leads to a second time is not entered again.
    """
    entered: set[str] = {os.path.realpath(out)}
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real in entered:
            continue
        entered.add(real)
        try:
            entries = list(os.scandir(folder))
        except OSError:  # Not readable; the files beside it may be.
            yield folder, _Kind.FOLDER
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path, kind = Path(entry.path), _kind(entry)
            if kind is None:
                waiting.append(path)
            else:
                yield path, kind


def _kind(entry: os.DirEntry[str]) -> _Kind | None:
    """Return the kind of a folder's entry, following links; None for a folder."""
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        is_lost = entry.is_symlink() and error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
        return _Kind.LINK if is_lost else _Kind.FILE  # An inaccessible file is reported as such later.
    if stat.S_ISDIR(mode):
        return None
    return _Kind.FILE if stat.S_ISREG(mode) else _Kind.SPECIAL


def _facts(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _is_fresh(facts: os.stat_result) -> bool:
    """Return whether a file was changed just now; a time in the future is that of another machine's clock."""
    return 0 <= time.time() - facts.st_mtime < SETTLE_SECONDS


def _free(name: str, taken: set[str]) -> str:
    """Return `name`, with a number before its last part if another file of the batch has that name."""
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        folder, slash, last = name.rpartition("/")
        free = f"{folder}{slash}{number} {last}"
    taken.add(free.casefold())
    return free
