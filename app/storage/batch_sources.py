"""The files of a batch: what lies in its folders, in the order in which people count."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.domain.attachments import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES
from app.domain.batch import FoundSources, Source, natural_key
from app.domain.errors import BatchError

_SUFFIXES = frozenset((*IMAGE_SUFFIXES, *DOCUMENT_SUFFIXES))


def find_sources(given: Iterable[str], out: Path) -> FoundSources:
    """All files of `given`, files and folders; each file once, though it may be reached by several ways.

    A file that is named itself is taken whatever its suffix, and fails later where it is no image; of folders those
    with the suffix of an image or a document are taken, hidden ones and the output folder `out` left out. A file that
    is gone is taken, too, so that it is told. Raises BatchError where a folder is also the output's.
    """
    sources: list[Source] = []
    seen: set[tuple[int, int] | str] = set()
    names: set[str] = set()
    roots = [Path(path) for path in dict.fromkeys(given)]
    folders = [root for root in roots if root.is_dir()]
    if any(os.path.realpath(folder) == os.path.realpath(out) for folder in folders):
        raise BatchError(f"“{out}” cannot be read and written to at once.", todo="Choose another output folder.")
    skipped = 0

    def add(path: Path, name: str) -> None:
        facts = _facts(path)
        # Some file systems, Windows' over a network among them, number no files.
        identity = (facts.st_dev, facts.st_ino) if facts and facts.st_ino else str(path)
        if identity not in seen:
            seen.add(identity)
            size, modified = (facts.st_size, facts.st_mtime_ns) if facts else (0, 0)
            sources.append(Source(str(path), _free(name, names), size, modified))

    for root in roots:
        if root not in folders:
            add(root, root.name)
            continue
        prefix = f"{root.name}/" if len(roots) > 1 else ""
        found: list[tuple[str, Path]] = []
        for path in _walk(root, out):
            if path.suffix.lower() in _SUFFIXES:
                found.append((path.relative_to(root).as_posix(), path))
            else:
                skipped += 1
        for name, path in sorted(found, key=lambda pair: natural_key(pair[0])):
            add(path, prefix + name)
    return FoundSources(tuple(sources), skipped)


def _walk(root: Path, out: Path) -> Iterator[Path]:
    """The files below `root` that are not hidden; a folder that a link leads to again is not entered again."""
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
        except OSError:  # Not ours to read; the files beside it are.
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                waiting.append(Path(entry.path))
            elif entry.is_file():
                yield Path(entry.path)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _facts(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _free(name: str, taken: set[str]) -> str:
    """`name`, with a number before its last part where another file of the batch has it."""
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        folder, slash, last = name.rpartition("/")
        free = f"{folder}{slash}{number} {last}"
    taken.add(free.casefold())
    return free
