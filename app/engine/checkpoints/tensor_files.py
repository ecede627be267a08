"""The tensors of a model folder: found, checked against the files' sizes, and mapped into memory.

Format: https://github.com/huggingface/safetensors#format. Eight bytes hold the length of a JSON header, which gives
each tensor's dtype, shape and offsets; the rest is data. The header is read here and not by the library because that
has no numpy type for bfloat16, and because errors should distinguish a damaged file from a wrong one.
"""

import hashlib
import json
import math
import mmap
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.config import damaged, not_regular, read_json, unreadable
from app.engine.checkpoints.model_folder import other_kind
from app.regular_files import NotRegular, open_regular

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
MAX_HEADER_BYTES = 2 * 1024 * 1024
"""Maximum size in bytes of all files' headers together; the largest dense models have a fifth of it.

Parsed JSON may take forty times its size in memory.
"""
_TEXT = "model.language_model."
MAX_SHARDS = 1000
MAX_DIMENSIONS, MAX_DIMENSION = 8, 2**40
ITEM_BYTES = {
    "F32": 4, "F16": 2, "BF16": 2, "I32": 4, "I64": 8, "U8": 1, "I8": 1, "BOOL": 1, "F64": 8, "I16": 2, "F8_E4M3": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor: its dtype as safetensors names it, its shape, and its byte range [begin, end) in `file`."""

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
                with open_regular(entry.file) as file:
                    self._maps[entry.file] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            except OSError as error:
                raise unreadable(entry.file, error) from error
            except ValueError as error:  # The file is empty by now.
                raise damaged(entry.file) from error
        return memoryview(self._maps[entry.file])[entry.begin : entry.end]

    @property
    def digest(self) -> str:
        """Fingerprint of the files' current state, 32 hex digits; it changes when any of them is rewritten."""
        names = [(entry.file.name, entry.begin, name, entry.dtype, entry.shape) for name, entry in self.entries.items()]
        files = sorted({entry.file for entry in self.entries.values()})
        states = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        return hashlib.sha256(repr((states, sorted(names))).encode()).hexdigest()[:32]

    def release(self) -> None:
        """Release the memory of pages that were read; later reads load them from the files again."""
        for mapping in self._maps.values():
            release_pages(mapping)

    def close(self) -> None:
        """Close the mappings that nothing refers to any more."""
        for mapping in self._maps.values():
            try:
                mapping.close()
            except BufferError:  # A tensor still refers to it; the mapping ends with the tensor.
                continue
        self._maps.clear()


def release_pages(mapping: mmap.mmap) -> None:
    """Let the system reclaim the unmodified pages of a mapped file, if it supports that."""
    if hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def find_tensors(folder: Path, *, is_tied: bool = False) -> TensorFiles:
    """Find every tensor of the checkpoint in `folder`, in one file, an index of shards, or shards alone.

    Names are those of today's transformers. With `is_tied`, an output head stands for an embedding that is not stored.
    Raises CheckpointError.
    """
    entries = _with_current_names(_find_entries(folder))
    embedding = f"{_TEXT}embed_tokens.weight"
    if is_tied and embedding not in entries and "lm_head.weight" in entries:
        entries[embedding] = entries["lm_head.weight"]
    return TensorFiles(entries)


def _find_entries(folder: Path) -> dict[str, TensorEntry]:
    if not (folder / INDEX).exists():
        return _of_files(folder, [SINGLE] if (folder / SINGLE).exists() else _shards_without_index(folder))
    weight_map = read_json(folder / INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(name, str) for name in weight_map.values()):
        raise CheckpointError(checkpoint_texts.INDEX_INVALID, index=INDEX)
    shards, header_budget = {}, MAX_HEADER_BYTES
    for name in sorted(set(weight_map.values())):
        shards[name], header_budget = _read_header(_inside(folder, name), header_budget)
    entries = {}
    for tensor, shard in weight_map.items():
        if tensor not in shards[shard]:
            raise CheckpointError(checkpoint_texts.INDEX_WRONG, file=shard, tensor=tensor[:120], index=INDEX)
        entries[tensor] = shards[shard][tensor]
    return entries


def _of_files(folder: Path, names: Iterable[str]) -> dict[str, TensorEntry]:
    entries: dict[str, TensorEntry] = {}
    header_budget = MAX_HEADER_BYTES
    for name in names:
        found, header_budget = _read_header(folder / name, header_budget)
        entries |= found
    return entries


def _shards_without_index(folder: Path) -> list[str]:
    """Return the names of all shards (`NAME-00001-of-00003`), or of the only file. Raises CheckpointError."""
    names = sorted(path.name for path in folder.glob("*.safetensors"))
    if not names:
        raise _no_weights(folder)
    numbered = [re.fullmatch(r"(.+)-(\d{5})-of-(\d{5})\.safetensors", name) for name in names]
    match = numbered[0]
    if match and all(numbered):
        count = min(int(match[3]), MAX_SHARDS)
        wanted = [f"{match[1]}-{number:05}-of-{match[3]}.safetensors" for number in range(1, count + 1)]
        for name in wanted:
            if name not in names:
                raise CheckpointError(checkpoint_texts.FILE_MISSING, file=name)
        return wanted
    if len(names) == 1:
        return names
    raise _no_weights(folder)


def _with_current_names(entries: Mapping[str, TensorEntry]) -> dict[str, TensorEntry]:
    """Return the tensors by the names of transformers from 4.52 on (`_checkpoint_conversion_mapping` of its models)."""
    renamed = {}
    for name, entry in entries.items():
        current = re.sub(r"^visual\.", "model.visual.", name)
        renamed[re.sub(r"^model\.(?!language_model\.|visual\.)", _TEXT, current)] = entry
    return renamed


def _inside(folder: Path, name: str) -> Path:
    """Return the shard's path; a name that could lead out of the folder is rejected before it is accessed."""
    if not re.fullmatch(r"[\w.\-]+\.safetensors", name):
        raise CheckpointError(checkpoint_texts.INDEX_LEADS_OUTSIDE, index=INDEX, file=name[:80])
    return folder / name


def _read_header(path: Path, header_budget: int) -> tuple[dict[str, TensorEntry], int]:
    """Return the tensors of a file whose header may take `header_budget` bytes, and the remaining budget."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > size - 8:
                raise _truncated(path)
            if length > header_budget:
                raise CheckpointError(checkpoint_texts.TOO_MANY_TENSORS, file=path.name)
            header = json.loads(file.read(length))
    except NotRegular as error:
        raise not_regular(path) from error
    except FileNotFoundError as error:
        raise CheckpointError(checkpoint_texts.FILE_MISSING, file=path.name) from error
    except (ValueError, RecursionError) as error:
        raise damaged(path) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if not isinstance(header, dict):
        raise damaged(path)
    start = 8 + length
    entries = {name: _entry(path, raw, start, size) for name, raw in header.items() if name != "__metadata__"}
    return entries, header_budget - length


def _entry(path: Path, raw: Any, start: int, size: int) -> TensorEntry:  # noqa: ANN401 - JSON
    try:
        begin, end = raw["data_offsets"]
        dtype, shape = raw["dtype"], tuple(raw["shape"])
        if len(shape) > MAX_DIMENSIONS or not all(
            type(number) is int and 0 <= number <= MAX_DIMENSION for number in (begin, end, *shape)
        ):
            raise damaged(path)
        expected = math.prod(shape) * ITEM_BYTES.get(dtype, 1)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path) from error
    if dtype in ITEM_BYTES and end - begin != expected:
        raise damaged(path)
    if start + end > size:
        raise _truncated(path)
    return TensorEntry(path, dtype, shape, start + begin, start + end)


def _no_weights(folder: Path) -> CheckpointError:
    nothing = CheckpointError(checkpoint_texts.NO_WEIGHTS, folder=folder.name, file=SINGLE, index=INDEX)
    return other_kind(folder) or nothing


def _truncated(path: Path) -> CheckpointError:
    return damaged(path, checkpoint_texts.FILE_CUT)
