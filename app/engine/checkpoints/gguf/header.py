"""The header of a GGUF file: its metadata, and where its tensors are.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. It is read here and not by the package `gguf`, which
trusts the lengths in the file, and requires a client for the network.
"""

import math
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.config import damaged, not_regular, unreadable
from app.engine.checkpoints.gguf.block_types import BLOCK_TYPES, OTHER_TYPES
from app.engine.checkpoints.model_folder import GGUF_MAGIC
from app.engine.checkpoints.tensor_files import MAX_DIMENSION, TensorEntry
from app.regular_files import NotRegular, open_regular

ARCHITECTURE = "general.architecture"
MAX_HEADER_BYTES = 64 * 1024 * 1024
"""Maximum size in bytes of a header; that of Qwen3-VL, most of which is the tokenizer, has 6 MB."""
MAX_ITEMS = 4_000_000
"""Maximum number of values in a header, ten times those of Qwen3-VL's tokenizer."""
MAX_SETTINGS = 1000
"""Maximum length of an array whose numbers become decimals; longer ones, such as scores of tokens, are not settings."""
MAX_DIMENSIONS = 4
"""Maximum number of dimensions of a tensor (GGML_MAX_DIMS)."""
_VERSIONS = (2, 3)
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Formats (of `struct`) of the types of metadata that have a fixed size."""
_STRING, _ARRAY, _FLOAT = 8, 9, "f"
_ALIGNMENTS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The metadata of a file, and its tensors by llama.cpp's names; shapes are NumPy's, the innermost axis last.

    The dtype of a tensor is the name of its type.
    """

    path: Path
    metadata: dict[str, Any]
    tensors: dict[str, TensorEntry]


def read_header(path: Path) -> GgufHeader:
    """Read the header of the GGUF file at `path`. Raises CheckpointError."""
    with _opened(path) as file:
        cursor = _Cursor(file, path)
        tensors, pairs = cursor.counts()
        metadata = dict(cursor.pairs(pairs))
        return GgufHeader(path, metadata, _entries(cursor, tensors, metadata))


def read_architecture(path: Path) -> str:
    """Return the value of `general.architecture`, which is the first in all files. Raises CheckpointError."""
    with _opened(path) as file:
        cursor = _Cursor(file, path)
        _, pairs = cursor.counts()
        return next((str(value) for name, value in cursor.pairs(pairs) if name == ARCHITECTURE), "")


def _opened(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except FileNotFoundError as error:
        raise CheckpointError(checkpoint_texts.FILE_MISSING, file=path.name) from error
    except NotRegular as error:
        raise not_regular(path) from error
    except OSError as error:
        raise unreadable(path, error) from error


class _Cursor:
    """Reads values one after another; what the file claims to hold is compared with what it can hold."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self.path = path
        self.size = os.fstat(file.fileno()).st_size
        self.position = 0
        self._items = 0

    def counts(self) -> tuple[int, int]:
        """Read the fixed part; return the numbers of tensors and of pairs of metadata."""
        if self._take(len(GGUF_MAGIC)) != GGUF_MAGIC:
            raise self.damaged()
        version = self._number("I")
        if version not in _VERSIONS:
            raise CheckpointError(checkpoint_texts.GGUF_OTHER_VERSION, file=self.path.name)
        return self._number("Q"), self._number("Q")

    def pairs(self, count: int) -> Iterator[tuple[str, Any]]:
        """Yield names and values of the metadata."""
        for _ in range(self._counted(count)):
            name = self._string()
            yield name, self._value(self._number("I"))

    def tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        """Return name, shape, type, and offset from the start of the data."""
        self._counted(1)
        name, dimensions = self._string(), self._number("I")
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            raise self.damaged()
        shape = tuple(self._number("Q") for _ in range(dimensions))
        return name, shape[::-1], self._number("I"), self._number("Q")

    def damaged(self) -> CheckpointError:
        """Return the error for a file that is not as the format says."""
        return damaged(self.path)

    def truncated(self) -> CheckpointError:
        """Return the error for a file that is shorter than its header says."""
        return damaged(self.path, checkpoint_texts.FILE_CUT)

    def _value(self, kind: int) -> Any:  # noqa: ANN401 - any of the format's types
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array()
        return self._number(_NUMBERS.get(kind, ""))

    def _array(self) -> list[Any]:
        kind, count = self._number("I"), self._counted(self._number("Q"))
        if kind == _STRING:
            return [self._string() for _ in range(count)]
        if kind not in _NUMBERS:  # Arrays of arrays are allowed by the format and used by no model.
            raise self.damaged()
        unpacker = struct.Struct(f"<{count}{_NUMBERS[kind]}")
        numbers = unpacker.unpack(self._take(unpacker.size))
        is_setting = _NUMBERS[kind] == _FLOAT and count <= MAX_SETTINGS
        return [_shortest(number) for number in numbers] if is_setting else list(numbers)

    def _string(self) -> str:
        return self._take(self._number("Q")).decode(errors="replace")

    def _number(self, kind: str) -> Any:  # noqa: ANN401 - int, float or bool
        if not kind:
            raise self.damaged()
        unpacker = struct.Struct(f"<{kind}")
        number = unpacker.unpack(self._take(unpacker.size))[0]
        return _shortest(number) if kind == _FLOAT else number

    def _counted(self, count: int) -> int:
        self._items += count
        if self._items > MAX_ITEMS:
            raise CheckpointError(checkpoint_texts.TOO_MANY_TENSORS, file=self.path.name)
        return count

    def _take(self, length: int) -> bytes:
        if length > self.size - self.position:
            raise self.truncated()
        if self.position + length > MAX_HEADER_BYTES:
            raise CheckpointError(checkpoint_texts.TOO_MANY_TENSORS, file=self.path.name)
        try:
            taken = self._file.read(length)
        except OSError as error:
            raise unreadable(self.path, error) from error
        if len(taken) < length:
            raise self.truncated()
        self.position += length
        return taken


def _shortest(number: float) -> float:
    """Return the shortest decimal that is this float32, as it was in a JSON file: 1e-06, not 9.999999974752427e-07."""
    stored = struct.pack("<f", number)
    decimals = (float(f"{number:.{digits}g}") for digits in range(6, 10))
    return next((decimal for decimal in decimals if struct.pack("<f", decimal) == stored), number)


def _entries(cursor: _Cursor, count: int, metadata: dict[str, Any]) -> dict[str, TensorEntry]:
    found = [cursor.tensor() for _ in range(min(count, MAX_ITEMS + 1))]
    alignment = metadata.get("general.alignment", 32)
    if alignment not in _ALIGNMENTS:
        raise cursor.damaged()
    start = -(-cursor.position // alignment) * alignment
    entries = {}
    for name, shape, kind, offset in found:
        block = BLOCK_TYPES.get(kind)
        if block is None:
            other = OTHER_TYPES.get(kind, str(kind))
            raise CheckpointError(checkpoint_texts.GGUF_OTHER_TYPE, file=cursor.path.name, kind=other)
        if not all(0 < length <= MAX_DIMENSION for length in shape) or shape[-1] % block.weights or offset % alignment:
            raise cursor.damaged()
        begin = start + offset
        end = begin + math.prod(shape) // block.weights * block.size
        if end > cursor.size:
            raise cursor.truncated()
        entries[name] = TensorEntry(cursor.path, block.name, shape, begin, end)
    return entries
