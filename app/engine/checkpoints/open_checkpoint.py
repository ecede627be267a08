"""Opening a model folder: everything is checked before a byte of weights is used."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

from app.domain.errors import CheckpointError
from app.domain.generation import GREEDY, Sampling
from app.engine.checkpoints.config import ModelConfig, parse_config, read_json
from app.engine.checkpoints.preprocessor import Preprocessor, parse_preprocessor
from app.engine.checkpoints.quantization import Quantization, read_quantization
from app.engine.checkpoints.tensor_files import TensorFiles, find_tensors
from app.engine.checkpoints.weights import check_weights

TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A model folder whose files belong together.

    `quantization` is None for 16-bit weights. `end_tokens` are the ids that end an answer, empty where the folder
    does not say. `sampling` is what its publisher recommends.
    """

    folder: Path
    config: ModelConfig
    quantization: Quantization | None
    tensors: TensorFiles
    preprocessor: Preprocessor
    end_tokens: tuple[int, ...]
    sampling: Sampling

    @property
    def scheme(self) -> str:
        """The weights' format in words."""
        return self.quantization.scheme if self.quantization else "16 bit"

    @property
    def tokenizer_path(self) -> Path:
        """Where the tokenizer lies, in the format of Hugging Face's tokenizers library."""
        return self.folder / TOKENIZER


def open_checkpoint(folder: Path) -> Checkpoint:
    """Check the model in `folder` and return it, its weights not yet read.

    Raises CheckpointError: a missing, damaged or unfinished file, another architecture, an unsupported scheme.
    """
    if not folder.is_dir():
        raise CheckpointError(
            f"The model folder “{folder.name}” is not there any more.", todo="Choose where the model lies now."
        )
    raw = read_json(folder / "config.json")
    config = parse_config(raw)
    quantization = read_quantization(folder, raw)
    tensors = find_tensors(folder)
    check_weights(tensors.entries, config, quantization)
    if not (folder / TOKENIZER).is_file():
        raise CheckpointError(f"The model folder has no {TOKENIZER}.", todo="Download that file into the same folder.")
    generation = _optional(folder / "generation_config.json")
    return Checkpoint(
        folder=folder,
        config=config,
        quantization=quantization,
        tensors=tensors,
        preprocessor=parse_preprocessor(_optional(folder / "preprocessor_config.json")),
        end_tokens=_end_tokens(generation),
        sampling=_sampling(generation),
    )


def _optional(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}


def _sampling(raw: dict[str, Any]) -> Sampling:
    """What generation_config.json recommends; what it leaves open is as published for Qwen3-VL Instruct.

    The file has no field for the presence penalty, so that always is.
    """
    if raw.get("do_sample") is False:
        return GREEDY
    default = Sampling()
    temperature, top_p, top_k = raw.get("temperature"), raw.get("top_p"), raw.get("top_k")
    return replace(
        default,
        temperature=float(temperature) if _is_number(temperature, 0, 2) else default.temperature,
        top_p=float(top_p) if _is_number(top_p, 0, 1) else default.top_p,
        top_k=int(top_k) if _is_number(top_k, 0, 1000) else default.top_k,
    )


def _is_number(value: Any, least: float, most: float) -> TypeGuard[float]:  # noqa: ANN401 - JSON
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _end_tokens(raw: dict[str, Any]) -> tuple[int, ...]:
    value = raw.get("eos_token_id", [])
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values if type(item) is int)
