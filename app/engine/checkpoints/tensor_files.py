"""The tensors of a model folder: found, checked against the files' sizes, and mapped into memory.

Format: https://github.com/huggingface/safetensors#format. Eight bytes hold the length of a JSON header, which gives
each tensor's dtype, shape and place; the rest is data. The header is read here and not by the library because that
has no numpy type for bfloat16, and because a damaged file should be told from a wrong one in words.
"""

import hashlib
import json
import math
import mmap
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.errors import CheckpointError
from app.engine.checkpoints.config import read_json

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
MAX_HEADER_BYTES = 100 * 1024 * 1024
ITEM_BYTES = {"F32": 4, "F16": 2, "BF16": 2, "I32": 4, "I64": 8, "U8": 1, "I8": 1, "BOOL": 1, "F64": 8, "I16": 2}
_DOWNLOAD_AGAIN = "Download that file again."


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor: safetensors' name of its dtype, its shape, and its bytes [begin, end) in `file`."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class TensorFiles:
    """All tensors of a checkpoint by name. Files are mapped when first read and stay mapped until `close`."""

    def __init__(self, entries: Mapping[str, TensorEntry]) -> None:
        self.entries = entries
        self._maps: dict[Path, mmap.mmap] = {}

    def data(self, name: str) -> memoryview:
        """The tensor's bytes, writable and private to this process (copy on write), backed by the file."""
        entry = self.entries[name]
        if entry.file not in self._maps:
            try:
                with entry.file.open("rb") as file:
                    self._maps[entry.file] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            except (OSError, ValueError) as error:
                raise _unreadable(entry.file, error) from error
        return memoryview(self._maps[entry.file])[entry.begin : entry.end]

    @property
    def digest(self) -> str:
        """A name for the files as they are, 32 hex digits: another one when any is written again."""
        names = [(entry.file.name, entry.begin, name, entry.dtype, entry.shape) for name, entry in self.entries.items()]
        files = sorted({entry.file for entry in self.entries.values()})
        states = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        return hashlib.sha256(repr((states, sorted(names))).encode()).hexdigest()[:32]

    def release(self) -> None:
        """Give back the memory that reading has taken; what is read again comes from the files again."""
        for mapping in self._maps.values():
            give_back(mapping)

    def close(self) -> None:
        """Drop the mappings that nothing refers to any more."""
        for mapping in self._maps.values():
            try:
                mapping.close()
            except BufferError:  # A tensor still looks at it; the mapping ends with the tensor.
                continue
        self._maps.clear()


def give_back(mapping: mmap.mmap) -> None:
    """Let the system take back the pages of a mapped file that nobody has changed, where it can be told to."""
    if hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def find_tensors(folder: Path) -> TensorFiles:
    """Every tensor of the checkpoint in `folder`, from one file or from an index of shards. Raises CheckpointError."""
    if not (folder / INDEX).exists():
        if not (folder / SINGLE).exists():
            raise _no_weights(folder)
        return TensorFiles(_read_header(folder / SINGLE))
    weight_map = read_json(folder / INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(name, str) for name in weight_map.values()):
        raise CheckpointError(f"{INDEX} does not say which file holds which tensor.", todo=_DOWNLOAD_AGAIN)
    shards = {name: _read_header(_inside(folder, name)) for name in sorted(set(weight_map.values()))}
    entries = {}
    for tensor, shard in weight_map.items():
        if tensor not in shards[shard]:
            raise CheckpointError(f"{shard} does not hold {tensor[:120]}, as {INDEX} says.", todo=_DOWNLOAD_AGAIN)
        entries[tensor] = shards[shard][tensor]
    return TensorFiles(entries)


def _inside(folder: Path, name: str) -> Path:
    """The shard's path; a name that could lead out of the folder is refused before it is touched."""
    if not re.fullmatch(r"[\w.\-]+\.safetensors", name):
        raise CheckpointError(
            f"{INDEX} points to “{name[:80]}”, which is not a file of the model folder.",
            kept="Nothing was opened.",
            todo="Delete this folder and get the model from a source you trust.",
        )
    return folder / name


def _read_header(path: Path) -> dict[str, TensorEntry]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > size - 8:
                raise _truncated(path)
            if length > MAX_HEADER_BYTES:
                raise _not_safetensors(path)
            header = json.loads(file.read(length))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"The model's file {path.name} is missing.", todo="Download it into the same folder."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _not_safetensors(path) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if not isinstance(header, dict):
        raise _not_safetensors(path)
    start = 8 + length
    return {name: _entry(path, raw, start, size) for name, raw in header.items() if name != "__metadata__"}


def _entry(path: Path, raw: Any, start: int, size: int) -> TensorEntry:  # noqa: ANN401 - JSON
    try:
        begin, end = raw["data_offsets"]
        dtype, shape = raw["dtype"], tuple(raw["shape"])
        if not all(type(number) is int and number >= 0 for number in (begin, end, *shape)):
            raise _not_safetensors(path)
        expected = math.prod(shape) * ITEM_BYTES.get(dtype, 1)
    except (KeyError, TypeError, ValueError) as error:
        raise _not_safetensors(path) from error
    if dtype in ITEM_BYTES and end - begin != expected:
        raise _not_safetensors(path)
    if start + end > size:
        raise _truncated(path)
    return TensorEntry(path, dtype, shape, start + begin, start + end)


def _no_weights(folder: Path) -> CheckpointError:
    pickled = [path.name for path in _some(folder.glob("*.bin"))] + [path.name for path in _some(folder.glob("*.pt*"))]
    if pickled:
        return CheckpointError(
            f"The weights in this folder are pickled ({pickled[0]}), which can run programs when opened.",
            kept="They were not opened.",
            todo="Choose a folder with .safetensors files.",
        )
    if gguf := _some(folder.glob("*.gguf")):
        return CheckpointError(
            f"This folder holds a GGUF file ({gguf[0].name}), which is not supported.",
            todo="Choose a folder with .safetensors files.",
        )
    return CheckpointError(
        f"The folder “{folder.name}” has no {SINGLE} and no {INDEX}.",
        todo="Finish the download, or choose the folder that holds the .safetensors files.",
    )


def _some(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths)[:1]


def _truncated(path: Path) -> CheckpointError:
    return CheckpointError(
        f"The model's file {path.name} ends early: its download was not finished.", todo=_DOWNLOAD_AGAIN
    )


def _not_safetensors(path: Path) -> CheckpointError:
    return CheckpointError(f"The model's file {path.name} is damaged.", todo=_DOWNLOAD_AGAIN)


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"The model's file {path.name} cannot be read ({error.__class__.__name__}).",
        todo="Check its permissions and the drive.",
    )
