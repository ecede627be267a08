"""Finds the files of a GGUF model: the language model, whole or in shards, and its vision part (`mmproj`)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.config import other_architecture, unreadable
from app.engine.checkpoints.gguf.block_types import QUANTIZED
from app.engine.checkpoints.gguf.description import TEXT_ARCHITECTURE, VISION_ARCHITECTURE, fits
from app.engine.checkpoints.gguf.header import GgufHeader, read_architecture, read_header
from app.engine.checkpoints.gguf.ollama import blobs_of, store_of
from app.engine.checkpoints.model_folder import GGUF_FILES
from app.engine.checkpoints.tensor_files import MAX_SHARDS

SPLIT, SPLIT_TENSORS = ("split.no", "split.count"), "split.tensors.count"
"""Metadata of shards: their number from 0, how many they are, and the number of tensors of all (llama.cpp, llama.h)."""
_MAX_FILES = 100
"""Maximum number of files of a folder that are looked at."""
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})(\.gguf)", re.IGNORECASE)


def headers(path: Path) -> tuple[GgufHeader, GgufHeader]:
    """Return the headers of the language model and of its vision part. Raises CheckpointError."""
    store = store_of(path)
    if store is None:
        text = text_header(text_file(path))
        return text, vision_header(text)
    model, projector = blobs_of(path, store)
    text, vision = text_header(model), read_header(projector)
    if not fits(text, vision):
        raise CheckpointError(checkpoint_texts.OLLAMA_OTHER_VISION, name=f"{path.parent.name}:{path.name}")
    return text, vision


def text_file(path: Path) -> Path:
    """Return the language model's file that is meant by `path`: itself, its first shard, or the only one of a folder.

    Raises CheckpointError if there is none, or if there are several.
    """
    if not path.is_dir():
        if shards := _shards(path):
            path = shards[0]
        if read_architecture(path) == VISION_ARCHITECTURE:
            raise CheckpointError(checkpoint_texts.GGUF_ONLY_VISION, file=path.name)
        return path
    kinds, refusals = _architectures(_files(path))
    texts = [file for file, kind in kinds.items() if kind != VISION_ARCHITECTURE]
    fitting = [file for file in texts if kinds[file] == TEXT_ARCHITECTURE]
    if refusals and not fitting:
        raise refusals[0]
    fitting = fitting or texts
    if not fitting:
        raise CheckpointError(checkpoint_texts.GGUF_ONLY_VISION, file=min(kinds).name)
    if len(fitting) > 1:
        names = ", ".join(file.name for file in fitting)
        raise CheckpointError(checkpoint_texts.GGUF_SEVERAL, folder=path.name, files=names[:200])
    return fitting[0]


def text_header(path: Path) -> GgufHeader:
    """Return the language model's header with the tensors of all its shards. Raises CheckpointError."""
    header = read_header(path)
    architecture = header.metadata.get("general.architecture")
    if architecture != TEXT_ARCHITECTURE:
        raise other_architecture(str(architecture))
    if f"{TEXT_ARCHITECTURE}.pooling_type" in header.metadata:
        raise CheckpointError(checkpoint_texts.NOT_A_CHAT_MODEL)
    return _with_all_shards(header)


def _with_all_shards(first: GgufHeader) -> GgufHeader:
    """Return the header with the tensors of all shards, which are to be of one model: see `SPLIT`."""
    parts = [first, *map(read_header, _shards(first.path)[1:])]
    tensors = {name: entry for part in parts for name, entry in part.tensors.items()}
    wanted = [(number, len(parts)) for number in range(len(parts))]
    told = [tuple(part.metadata.get(key) for key in SPLIT) for part in parts]
    total = first.metadata.get(SPLIT_TENSORS, len(tensors))
    if len(parts) > 1 and (
        any(None not in pair and pair != right for pair, right in zip(told, wanted, strict=True))
        or not len(tensors) == total == sum(len(part.tensors) for part in parts)
    ):
        raise CheckpointError(checkpoint_texts.GGUF_OTHER_SHARDS, file=first.path.name)
    return replace(first, tensors=tensors)


def vision_header(text: GgufHeader) -> GgufHeader:
    """Return the header of the fitting vision part beside the language model, in 16 bits if there are several.

    Raises CheckpointError if there is none.
    """
    kinds, refusals = _architectures([path for path in _files(text.path.parent) if path != text.path])
    fitting = []
    visions = [path for path, kind in kinds.items() if kind == VISION_ARCHITECTURE]
    for path in visions:
        try:
            part = read_header(path)
        except CheckpointError as error:
            refusals.append(error)
        else:
            fitting += [part] if fits(text, part) else []
    if not fitting:
        raise refusals[0] if refusals else _no_vision(text.path, visions)
    return min(fitting, key=lambda part: (any(entry.dtype in QUANTIZED for entry in part.tensors.values()), part.path))


def _architectures(files: Sequence[Path]) -> tuple[dict[Path, str], list[CheckpointError]]:
    """Return the architectures of the files that can be read, and why others cannot: those may be of something else."""
    kinds, refusals = {}, []
    for file in files:
        try:
            kinds[file] = read_architecture(file)
        except CheckpointError as error:
            refusals.append(error)
    return kinds, refusals


def _no_vision(text: Path, others: Sequence[Path]) -> CheckpointError:
    if others:
        return CheckpointError(checkpoint_texts.GGUF_OTHER_VISION, file=others[0].name, model=text.name)
    return CheckpointError(checkpoint_texts.GGUF_NO_VISION, file=text.name)


def _files(folder: Path) -> list[Path]:
    """Return the whole files of a folder, and the first shards of others, be they there or not."""
    try:
        found = sorted(folder.glob(GGUF_FILES))[:_MAX_FILES]
    except OSError as error:
        raise unreadable(folder, error) from error
    return list(dict.fromkeys(next(iter(_shards(path)), path) for path in found))


def _shards(path: Path) -> list[Path]:
    """Return all shards of the model that the file is one of by its name, none if it is whole."""
    match = _SHARD.fullmatch(path.name)
    if not match:
        return []
    count = min(int(match[3]), MAX_SHARDS)
    return [path.with_name(f"{match[1]}-{number:05}-of-{match[3]}{match[4]}") for number in range(1, count + 1)]
