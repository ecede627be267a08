"""Weights in the order that the graph wants, kept as files: made once for a model, and mapped into memory afterwards.

A mapped file costs no memory that the system could not take back, and a second start does not make it again. Each array
is a file of its own in NumPy's format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), whole
or not there at all.
"""

import contextlib
import logging
import math
import mmap
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.tensor_files import give_back

Bytes = npt.NDArray[np.uint8]
LAYOUT = 1
"""Counts how often the arrays' order or rounding has changed: another number, another folder."""
MOST_MODELS = 3
"""As many models keep their files; those of the one that was not opened for the longest time go."""
_log = logging.getLogger(__name__)


class WeightCache:
    """The arrays of the model with this `digest` under `parent`; an empty `parent` keeps nothing."""

    def __init__(self, parent: str = "", digest: str = "") -> None:
        self._folder: Path | None = None
        self._maps: list[mmap.mmap] = []
        if parent:
            self._begin(Path(parent), f"{digest}-{LAYOUT}")

    def array(self, name: str, shape: tuple[int, ...], make: Callable[[], Bytes]) -> Bytes:
        """The array `name`, uint8 of this shape; what `make` gives where it has not been kept, or not well."""
        kept = self._mapped(name, shape)
        if kept is not None:
            return kept
        made = make()
        self._keep(name, made)
        kept = self._mapped(name, shape)
        return made if kept is None else kept

    def release(self) -> None:
        """Give back the memory that the mapped arrays have taken; what is still read of them comes from the files."""
        for mapping in self._maps:
            give_back(mapping)

    def _begin(self, parent: Path, name: str) -> None:
        try:
            (parent / name).mkdir(parents=True, exist_ok=True)
            os.utime(parent / name)
            by_age = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        except OSError as error:
            _log.warning("converted weights are not kept: %s", error.strerror)
            return
        self._folder = parent / name
        for old in by_age[MOST_MODELS:]:
            shutil.rmtree(old, ignore_errors=True)

    def _mapped(self, name: str, shape: tuple[int, ...]) -> Bytes | None:
        """The array as its file has it; None where there is no such file, or another array in it."""
        if self._folder is None:
            return None
        try:
            with (self._folder / f"{name}.npy").open("rb") as file:
                if np.lib.format.read_magic(file) != (1, 0):
                    return None
                found, _, dtype = np.lib.format.read_array_header_1_0(file)
                if found != shape or dtype != np.uint8:
                    return None
                start = file.tell()  # Mapping a file takes it back to its start on Windows.
                # Private and writable, which OpenVINO asks of memory that it shares.
                mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
                array = np.frombuffer(mapping, np.uint8, math.prod(shape), start).reshape(shape)
        except (OSError, ValueError):
            return None
        self._maps.append(mapping)
        return array

    def _keep(self, name: str, array: Bytes) -> None:
        if self._folder is None:
            return
        partial = self._folder / f"{uuid4().hex}.part"
        try:
            with partial.open("wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._folder / f"{name}.npy")
        except OSError as error:  # A full disk: the model is opened all the same, and converted again the next time.
            _log.warning("converted weights are not kept: %s", error.strerror)
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            self._folder = None
