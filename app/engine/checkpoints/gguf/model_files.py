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

_MAX_FILES = 100
"""Maximum number of files of a folder that are looked at."""
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")


def headers(path: Path) -> tuple[GgufHeader, GgufHeader]:
    """Return the headers of the language model and of its vision part. Raises CheckpointError."""
    store = store_of(path)
    if store is None:
        text = text_header(text_file(path))
        return text, vision_header(text)
    model, projector = blobs_of(path, store)
    text, vision = text_header(model), read_header(projector)
    if not fits(text, vision):
        raise CheckpointError(checkpoint_texts.OLLAMA_OWN, name=f"{path.parent.name}:{path.name}")
    return text, vision


def text_file(path: Path) -> Path:
    """Return the language model's file that is meant by `path`: itself, or the only one of a folder.

    Raises CheckpointError if there is none, or if there are several.
    """
    if not path.is_dir():
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
    tensors = dict(header.tensors)
    for shard in _other_shards(path):
        tensors |= read_header(shard).tensors
    return replace(header, tensors=tensors)


def vision_header(text: GgufHeader) -> GgufHeader:
    """Return the header of the fitting vision part beside the language model, in 16 bits if there are several.

    Raises CheckpointError if there is none.
    """
    kinds, refusals = _architectures([path for path in _files(text.path.parent) if path != text.path])
    fitting = []
    for path in (path for path, kind in kinds.items() if kind == VISION_ARCHITECTURE):
        try:
            part = read_header(path)
        except CheckpointError as error:
            refusals.append(error)
        else:
            fitting += [part] if fits(text, part) else []
    if not fitting:
        raise refusals[0] if refusals else CheckpointError(checkpoint_texts.GGUF_NO_VISION, file=text.path.name)
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


def _files(folder: Path) -> list[Path]:
    """Return the first shards and the whole files of a folder."""
    try:
        found = sorted(folder.glob(GGUF_FILES))[:_MAX_FILES]
    except OSError as error:
        raise unreadable(folder, error) from error
    return [path for path in found if not (match := _SHARD.fullmatch(path.name)) or int(match[2]) == 1]


def _other_shards(path: Path) -> list[Path]:
    match = _SHARD.fullmatch(path.name)
    if not match:
        return []
    count = min(int(match[3]), MAX_SHARDS)
    names = [f"{match[1]}-{number:05}-of-{match[3]}.gguf" for number in range(1, count + 1)]
    return [path.with_name(name) for name in names if name != path.name]
