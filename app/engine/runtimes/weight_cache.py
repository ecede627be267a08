"""Caches weights in the graph's order as files: converted once per model, and mapped into memory afterwards.

A mapped file costs only memory that the system can reclaim, and a second start need not convert it again. Each array is
a separate file in NumPy's format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), either
complete or absent.
"""

import contextlib
import logging
import math
import mmap
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.tensor_files import release_pages
from app.paths import make_private_file, make_private_folder

Bytes = npt.NDArray[np.uint8]
LAYOUT = 3
"""Version of the arrays' order and rounding; each version has its own folder, and removes those of the others."""
MAX_MODELS = 3
"""Maximum number of models with cached files; those of the least recently opened one are removed."""
ABANDONED_SECONDS = 600
"""Time in seconds since its last write after which a partial file counts as abandoned."""
_log = logging.getLogger(__name__)


class WeightCache:
    """The arrays of the model with this `digest` under `parent`; with an empty `parent` nothing is stored."""

    def __init__(self, parent: str = "", digest: str = "") -> None:
        self._folder: Path | None = None
        self._maps: list[mmap.mmap] = []
        if parent:
            self._begin(Path(parent), digest)

    def array(self, name: str, shape: tuple[int, ...], make: Callable[[], Bytes]) -> Bytes:
        """Return the array `name`, uint8 of this shape, from `make` if it is not stored or its file is invalid."""
        mapped = self._mapped(name, shape)
        if mapped is not None:
            return mapped
        converted = make()
        self._write(name, converted)
        mapped = self._mapped(name, shape)
        return converted if mapped is None else mapped

    def release(self) -> None:
        """Release the memory of the mapped arrays; later reads load it from the files again."""
        for mapping in self._maps:
            release_pages(mapping)

    def _begin(self, parent: Path, digest: str) -> None:
        name = f"{digest}-{LAYOUT}"
        try:
            make_private_folder(parent / name)
            os.utime(parent / name)
            for other in parent.glob(f"{digest}-*"):
                if other.name != name:
                    shutil.rmtree(other, ignore_errors=True)
            by_age = sorted(parent.iterdir(), key=_modified, reverse=True)
        except OSError as error:
            _log.warning("converted weights are not kept: %s", error.strerror)
            return
        self._folder = parent / name
        for old in by_age[MAX_MODELS:]:
            shutil.rmtree(old, ignore_errors=True)
        self._remove_abandoned()

    def _remove_abandoned(self) -> None:
        """Remove partial files of killed processes. If another process still writes one, it has to convert it again."""
        for partial in self._folder.glob("*.part") if self._folder else ():
            with contextlib.suppress(OSError):
                if partial.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                    partial.unlink()

    def _mapped(self, name: str, shape: tuple[int, ...]) -> Bytes | None:
        """Return the array in its file; None if there is no such file, or it holds another array."""
        if self._folder is None:
            return None
        try:
            with (self._folder / f"{name}.npy").open("rb") as file:
                if np.lib.format.read_magic(file) != (1, 0):
                    return None
                found, _, dtype = np.lib.format.read_array_header_1_0(file)
                if found != shape or dtype != np.uint8:
                    return None
                start = file.tell()  # On Windows, mapping a file rewinds it.
                # Private and writable, as OpenVINO requires of shared memory.
                mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
                array = np.frombuffer(mapping, np.uint8, math.prod(shape), start).reshape(shape)
        except (OSError, ValueError):
            return None
        self._maps.append(mapping)
        return array

    def _write(self, name: str, array: Bytes) -> None:
        if self._folder is None:
            return
        partial = self._folder / f"{uuid4().hex}.part"
        try:
            make_private_file(partial)
            with partial.open("wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._folder / f"{name}.npy")
        except OSError as error:  # A full disk: the model is opened anyway, and converted again next time.
            _log.warning("converted weights are not kept: %s", error.strerror)
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            self._folder = None


def _modified(path: Path) -> float:
    """Return the time of the last change in seconds since 1970; that of what another process has removed is 0."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
