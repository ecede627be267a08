"""Opens a model folder or a GGUF model: everything is checked before any weights are used."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.domain.models.model_catalog import model_display_name
from app.domain.settings.generation_options import GREEDY, THINKING, Sampling
from app.domain.settings.page_reading import published_sampling
from app.engine.checkpoints.config import ModelConfig, instead_of, not_regular, parse_config, read_json, unreadable
from app.engine.checkpoints.gguf.header import read_header
from app.engine.checkpoints.gguf.open_gguf import GgufModel, open_gguf
from app.engine.checkpoints.gguf.tokenizer import tokenizer_json
from app.engine.checkpoints.model_folder import CONFIG, checked_model, is_gguf
from app.engine.checkpoints.preprocessor import Preprocessor, parse_preprocessor, parse_video_preprocessor
from app.engine.checkpoints.quantization import Quantization, read_quantization
from app.engine.checkpoints.tensor_files import TensorFiles, find_tensors
from app.engine.checkpoints.thinking import folder_thinks
from app.engine.checkpoints.weights import check_weights
from app.regular_files import NotRegular, open_regular, read_regular

if TYPE_CHECKING:
    from app.engine.checkpoints.packings.stored_layer import StoredLayer

TOKENIZER = "tokenizer.json"
_PROCESSOR = "processor_config.json"
_OF_EMBEDDINGS = ("modules.json", "config_sentence_transformers.json")
"""Files of sentence-transformers, which Qwen3-VL-Embedding and -Reranker have beside the same architecture."""
MAX_TOKENIZER_BYTES = 64 * 1024 * 1024
"""Maximum size in bytes of a tokenizer file; published ones have up to 20 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A model whose files belong together, in `folder`, or those that the GGUF file or manifest of that path leads to.

    `quantization` is None for 16-bit weights; `layers` are the quantised ones, by name. `end_tokens` are the ids that
    end an answer, empty if the model does not specify them. `sampling` is the publisher's recommendation.
    `tokenizer_path` is a tokenizer.json, or a GGUF file. `thinks` is True if the prompt for an answer opens its
    reasoning.
    """

    folder: Path
    config: ModelConfig
    quantization: Quantization | None
    tensors: TensorFiles
    layers: Mapping[str, "StoredLayer"]
    preprocessor: Preprocessor
    end_tokens: tuple[int, ...]
    sampling: Sampling
    tokenizer_path: Path
    thinks: bool = False

    @property
    def scheme(self) -> str:
        """The weights' format, to be shown."""
        return self.quantization.scheme if self.quantization else "16 bit"

    def tokenizer_json(self) -> str:
        """Return the tokenizer in the format of Hugging Face's tokenizers library. Raises CheckpointError."""
        if self.tokenizer_path.name != TOKENIZER:
            return tokenizer_json(read_header(self.tokenizer_path))
        try:
            return read_regular(self.tokenizer_path, MAX_TOKENIZER_BYTES).decode()
        except (OSError, ValueError) as error:
            raise CheckpointError(checkpoint_texts.TOKENIZER_DAMAGED, file=TOKENIZER) from error


def open_checkpoint(path: Path) -> Checkpoint:
    """Check the model in the folder `path`, or one folder down, or in the GGUF file `path`; do not read its weights.

    Raises CheckpointError for a missing, damaged or incomplete file, another architecture or an unsupported scheme.
    """
    found = checked_model(path)
    return _of_gguf(open_gguf(found)) if is_gguf(found) else _of_folder(found)


def _of_folder(folder: Path) -> Checkpoint:
    raw = read_json(folder / CONFIG)
    config = parse_config(raw)
    if any((folder / name).exists() for name in _OF_EMBEDDINGS):
        raise CheckpointError(checkpoint_texts.NOT_A_CHAT_MODEL)
    quantization = read_quantization(folder, raw)
    tensors = find_tensors(folder, is_tied=config.tied_embeddings)
    layers = _checked(tensors, config, quantization)
    _check_tokenizer(folder / TOKENIZER)
    generation = _optional(folder / "generation_config.json")
    thinks = folder_thinks(folder)
    return Checkpoint(
        folder=folder,
        config=config,
        quantization=quantization,
        tensors=tensors,
        layers=layers,
        preprocessor=_preprocessor(folder),
        end_tokens=_end_tokens(generation),
        tokenizer_path=folder / TOKENIZER,
        sampling=_sampling(folder, generation, THINKING if thinks else Sampling()),
        thinks=thinks,
    )


def _of_gguf(model: GgufModel) -> Checkpoint:
    config = parse_config(model.config, model.path.name)
    return Checkpoint(
        folder=model.path,
        config=config,
        quantization=model.quantization,
        tensors=model.tensors,
        layers=_checked(model.tensors, config, None),
        preprocessor=parse_preprocessor(model.preprocessor, model.vision_path.name),
        end_tokens=_end_tokens(model.generation),
        tokenizer_path=model.text_path,
        sampling=_sampling(model.path, model.generation, THINKING if model.thinks else Sampling()),
        thinks=model.thinks,
    )


def _checked(
    tensors: TensorFiles, config: ModelConfig, quantization: Quantization | None
) -> "Mapping[str, StoredLayer]":
    """Return the quantised layers after all tensors were checked."""
    from app.engine.checkpoints.check_finite import check_finite  # noqa: PLC0415 - NumPy is not needed for --help

    layers = check_weights(tensors, config, quantization)
    check_finite(tensors)
    return layers


def _check_tokenizer(path: Path) -> None:
    """Check the tokenizer's size and that it is a regular file, as the library that reads it opens anything."""
    try:
        with open_regular(path) as file:
            is_too_large = os.fstat(file.fileno()).st_size > MAX_TOKENIZER_BYTES
    except FileNotFoundError as error:
        raise CheckpointError(checkpoint_texts.TOKENIZER_MISSING, file=TOKENIZER) from error
    except NotRegular as error:
        raise not_regular(path) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if is_too_large:
        raise CheckpointError(checkpoint_texts.TOKENIZER_TOO_LARGE, file=TOKENIZER)
    if other := instead_of(path):
        raise other


def _preprocessor(folder: Path) -> Preprocessor:
    """Return the settings of images and videos, which transformers 5 writes into processor_config.json alone."""
    together = _optional(folder / _PROCESSOR)

    def settings(own: str, inner: str) -> tuple[dict[str, Any], str]:
        if (folder / own).exists():
            return read_json(folder / own), own
        found = together.get(inner)
        return (found, _PROCESSOR) if isinstance(found, dict) else ({}, own)

    images = parse_preprocessor(*settings("preprocessor_config.json", "image_processor"))
    videos = settings("video_preprocessor_config.json", "video_processor")
    return replace(images, videos=parse_video_preprocessor(*videos, images.videos))


def _optional(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}


def _sampling(path: Path, raw: dict[str, Any], published: Sampling) -> Sampling:
    """Return the sampling of generation_config.json; missing values are those `published` for this kind of Qwen3-VL.

    The file has no field for the presence penalty, so that is always the published one. Publishers of document-reading
    models sample otherwise than the file beside their weights says, which is that of Qwen3-VL.
    """
    if own := published_sampling(model_display_name(path.resolve())):
        return own
    penalty = raw.get("repetition_penalty")
    repetition_penalty = float(penalty) if _is_number(penalty, 1, 2) else 1.0
    if raw.get("do_sample") is False:
        return replace(GREEDY, repetition_penalty=repetition_penalty)
    default = replace(published, repetition_penalty=repetition_penalty)
    temperature, top_p, top_k = raw.get("temperature"), raw.get("top_p"), raw.get("top_k")
    return replace(
        default,
        temperature=float(temperature) if _is_number(temperature, 0, 2) else default.temperature,
        top_p=float(top_p) if _is_number(top_p, 0, 1) else default.top_p,
        top_k=int(top_k) if _is_number(top_k, 0, 1000) else default.top_k,
    )


def _is_number(value: Any, minimum: float, maximum: float) -> TypeGuard[float]:  # noqa: ANN401 - JSON
    return isinstance(value, int | float) and not isinstance(value, bool) and minimum <= value <= maximum


def _end_tokens(raw: dict[str, Any]) -> tuple[int, ...]:
    value = raw.get("eos_token_id", [])
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values if type(item) is int)
