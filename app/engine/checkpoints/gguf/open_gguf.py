"""Opens a GGUF model: its files are found, and described as those of a model folder are."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.domain.models.model_catalog import model_display_name
from app.engine.checkpoints.gguf.block_types import QUANTIZED
from app.engine.checkpoints.gguf.description import (
    config_fields,
    deepstack_layers,
    generation_fields,
    preprocessor_fields,
)
from app.engine.checkpoints.gguf.header import GgufHeader
from app.engine.checkpoints.gguf.model_files import headers
from app.engine.checkpoints.gguf.names import PATCHES, text_name, vision_name
from app.engine.checkpoints.gguf.ollama import store_of
from app.engine.checkpoints.gguf.tokenizer import check_tokenizer
from app.engine.checkpoints.quantization import GGUF, Quantization
from app.engine.checkpoints.tensor_files import TensorEntry, TensorFiles
from app.engine.checkpoints.thinking import is_thinking

_PATCHES = "model.visual.patch_embed.proj.weight"


@dataclass(frozen=True, slots=True)
class GgufModel:
    """A GGUF model: `path` of Ollama's manifest or of the language model, and the fields of a folder's JSON files.

    `quantization` is that of most layers of the language model, None if none of them is quantised. `thinks` is True if
    the prompt of its chat template opens the reasoning.
    """

    path: Path
    text_path: Path
    vision_path: Path
    config: dict[str, Any]
    preprocessor: dict[str, Any]
    generation: dict[str, Any]
    tensors: TensorFiles
    quantization: Quantization | None
    thinks: bool


def open_gguf(path: Path) -> GgufModel:
    """Open the GGUF model that is meant by `path`, a file or a folder. Raises CheckpointError."""
    text, vision = headers(path)
    check_tokenizer(text)
    named = path if store_of(path) else text.path
    return GgufModel(
        path=named,
        text_path=text.path,
        vision_path=vision.path,
        config=config_fields(text, vision),
        preprocessor=preprocessor_fields(vision),
        generation=generation_fields(text),
        tensors=_tensors(text, vision),
        quantization=_quantization(text),
        thinks=is_thinking(text.metadata.get("tokenizer.chat_template"), model_display_name(named)),
    )


def _quantization(text: GgufHeader) -> Quantization | None:
    layers = (entry.dtype for name, entry in text.tensors.items() if name.startswith("blk."))
    counts = Counter(kind for kind in layers if kind in QUANTIZED)
    if not counts:
        return None
    block = QUANTIZED[counts.most_common(1)[0][0]]
    return Quantization(GGUF, block.group, block.bits, block.name, is_symmetric=not block.has_offsets)


def _tensors(text: GgufHeader, vision: GgufHeader) -> TensorFiles:
    """Return the tensors by Hugging Face's names. Raises CheckpointError for one that Qwen3-VL does not have."""
    layers = deepstack_layers(vision)
    entries = {_known(text_name(name), name): entry for name, entry in text.tensors.items()}
    entries |= {
        _known(vision_name(name, layers), name): entry for name, entry in vision.tensors.items() if name not in PATCHES
    }
    halves = [vision.tensors[name] for name in PATCHES if name in vision.tensors]
    if len(halves) < len(PATCHES) or halves[0].shape != halves[1].shape or len(halves[0].shape) != 4:
        raise CheckpointError(checkpoint_texts.NO_TENSOR, tensor=PATCHES[-1])
    hidden, channels, height, width = halves[0].shape
    shape = (hidden, channels, len(PATCHES), height, width)
    entries[_PATCHES] = TensorEntry(vision.path, "F32", shape, halves[0].begin, halves[0].end)
    return _GgufTensors(entries, TensorFiles(dict(zip(PATCHES, halves, strict=True))))


def _known(current: str | None, name: str) -> str:
    if current is None:
        raise CheckpointError(checkpoint_texts.GGUF_OTHER_TENSOR, tensor=name[:120])
    return current


class _GgufTensors(TensorFiles):
    """Tensors of which one, the patch embedding, is put together from two `halves`."""

    def __init__(self, entries: dict[str, TensorEntry], halves: TensorFiles) -> None:
        super().__init__(entries)
        self._halves = halves

    def data(self, name: str) -> memoryview:
        """The tensor's bytes; see `TensorFiles`."""
        return self._patches if name == _PATCHES else super().data(name)

    @cached_property
    def _patches(self) -> memoryview:
        import numpy as np  # noqa: PLC0415 - NumPy is not needed for --help

        from app.engine.checkpoints.arrays import float_array  # noqa: PLC0415

        patches = np.stack([float_array(self._halves, name) for name in PATCHES], axis=2)
        self._halves.close()
        return patches.data.cast("B")
