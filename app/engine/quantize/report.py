"""The report of a run, as it is printed and as it is saved in the new folder."""

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.quantize.recipe import Recipe

REPORT = "quantize_report.json"


@dataclass(frozen=True, slots=True)
class LayerError:
    """The quantisation error of a layer: `relative_error` is |W - Q| / |W| in Frobenius norms.

    `bits` is the number of bits per original weight, scales and zeros included; `shape` is (outputs, inputs).
    """

    name: str
    shape: tuple[int, int]
    bits: float
    relative_error: float


@dataclass(frozen=True, slots=True)
class SampleAnswer:
    """A question, the name of the image it is about ("" for none), and both models' answers."""

    question: str
    image: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All figures of a run.

    Sizes are bytes of weights on disk. `average_bits` counts every weight of the model, `average_linear_bits` those of
    the text model's linear layers. `calibration_tokens` includes image tokens. `seconds` is AutoRound's time.
    """

    base: str
    recipe: Recipe
    calibration_texts: int
    calibration_images: int
    calibration_tokens: int
    size_before: int
    size_after: int
    average_bits: float
    average_linear_bits: float
    mean_error: float
    seconds: float
    layers: tuple[LayerError, ...]
    answers: tuple[SampleAnswer, ...]

    @property
    def worst(self) -> list[LayerError]:
        """Return all layers, those with the largest errors first."""
        return sorted(self.layers, key=lambda layer: layer.relative_error, reverse=True)

    def write(self, folder: Path) -> None:
        """Save the report in the new folder."""
        text = json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False)
        (folder / REPORT).write_text(f"{text}\n", encoding="utf-8")


def weight_bytes(checkpoint: Checkpoint) -> int:
    """Return the bytes of all tensors."""
    return sum(entry.end - entry.begin for entry in checkpoint.tensors.entries.values())


def average_bits(base: Checkpoint, quantized: Checkpoint) -> float:
    """Return the bits on disk per weight of the original model."""
    weights = sum(math.prod(entry.shape) for entry in base.tensors.entries.values())
    return weight_bytes(quantized) * 8 / weights


def average_linear_bits(layers: Sequence[LayerError]) -> float:
    """Return the layers' mean bits, weighted by their size."""
    sizes = [layer.shape[0] * layer.shape[1] for layer in layers]
    return sum(layer.bits * size for layer, size in zip(layers, sizes, strict=True)) / sum(sizes)
