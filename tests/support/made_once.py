"""Folders that take minutes to make, kept below build/ for the other processes of a run and for later ones."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

_KEPT = Path(__file__).parents[2] / "build" / "tests"
_LIBRARIES = ("auto-round", "tokenizers", "torch", "transformers")


def made_once(folder: Path, name: str, sources: list[Path], make: Callable[[Path], object]) -> Path:
    """Fill `folder` with a copy of what `make` writes, and return it.

    `make` gets an empty folder, and is called only where no process has called it since `sources` or the libraries
    last changed. Two processes that come at once both make it, and the first keeps its own.
    """
    kept = _KEPT / f"{name}-{_digest(sources)}"
    if not kept.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f"{name}-", suffix=".part", dir=_KEPT))
        make(part)
        try:
            part.rename(kept)
        except OSError:  # Another process was first.
            shutil.rmtree(part)
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    return folder


def _digest(sources: list[Path]) -> str:
    hashed = hashlib.sha256()
    for source in [Path(__file__), *sources]:
        hashed.update(source.read_bytes())
    hashed.update(" ".join(map(version, _LIBRARIES)).encode())
    return hashed.hexdigest()[:16]
