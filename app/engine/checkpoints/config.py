"""What config.json says about a Qwen3-VL model, read field by field: keys that are not listed here have no effect.

Names and defaults are those of Hugging Face's `Qwen3VLConfig` (transformers, models/qwen3_vl).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.errors import CheckpointError

ARCHITECTURE = "Qwen3VLForConditionalGeneration"
MAX_JSON_BYTES = 64 * 1024 * 1024
GET_ANOTHER = "Choose a folder with Qwen3-VL-2B-Instruct or another Qwen3-VL model of the dense kind."


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig:
    """The language model: grouped-query attention with per-head norms, SwiGLU, interleaved M-RoPE."""

    vocab_size: int
    hidden_size: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate_size: int
    rms_norm_eps: float
    rope_theta: float
    mrope_section: tuple[int, int, int]
    max_positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionConfig:
    """The vision tower. `deepstack_layers` are the blocks whose output is also fed to the first text layers."""

    depth: int
    hidden_size: int
    intermediate_size: int
    heads: int
    out_hidden_size: int
    channels: int
    patch_size: int
    temporal_patch_size: int
    merge_size: int
    position_embeddings: int
    deepstack_layers: tuple[int, ...]

    @property
    def patch_values(self) -> int:
        """Numbers that make up one patch."""
        return self.channels * self.temporal_patch_size * self.patch_size**2


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A whole model. Token ids are those of the placeholders in the prompt."""

    text: TextConfig
    vision: VisionConfig
    tied_embeddings: bool
    image_token: int
    vision_start_token: int
    vision_end_token: int


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file of a model folder. Raises CheckpointError."""
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise CheckpointError(f"“{path.name}” in the model folder is too large to be what its name says.")
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"The folder “{path.parent.name}” has no {path.name}, so it is not a complete model.",
            todo="Choose the folder that holds config.json and the .safetensors files.",
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"“{path.name}” in the model folder cannot be read ({type(error).__name__}).",
            todo="Download the model again.",
        ) from error
    if not isinstance(value, dict):
        raise CheckpointError(f"“{path.name}” in the model folder is not a JSON object.", todo="Download it again.")
    return value


def parse_config(raw: Mapping[str, Any]) -> ModelConfig:
    """The model that this config.json describes. Raises CheckpointError for anything but a dense Qwen3-VL."""
    if raw.get("model_type") != "qwen3_vl":
        kind = _first(raw.get("architectures")) or raw.get("model_type") or "an unnamed architecture"
        raise CheckpointError(f"This folder holds {str(kind)[:80]}, not a Qwen3-VL model.", todo=GET_ANOTHER)
    root = _Fields(raw, "config.json")
    text = root.inner("text_config")
    return ModelConfig(
        text=_parse_text(text),
        vision=_parse_vision(root.inner("vision_config")),
        # Older files repeat it inside text_config; the outer one is what Hugging Face obeys.
        tied_embeddings=bool(raw.get("tie_word_embeddings", text.raw.get("tie_word_embeddings", False))),
        image_token=root.count("image_token_id", 151655, least=0),
        vision_start_token=root.count("vision_start_token_id", 151652, least=0),
        vision_end_token=root.count("vision_end_token_id", 151653, least=0),
    )


def _parse_text(fields: "_Fields") -> TextConfig:
    fields.require("hidden_act", "silu", default="silu")
    fields.require("attention_bias", expected=False, default=False)
    # transformers 5 writes rope_parameters; 4 wrote rope_theta and rope_scaling.
    name = "rope_parameters" if "rope_parameters" in fields.raw else "rope_scaling"
    rope = fields.inner(name)
    rope.require("rope_type", "default", default="default")
    section = rope.counts("mrope_section", (24, 20, 20))
    head_dim = fields.count("head_dim", 128)
    heads, kv_heads = fields.count("num_attention_heads"), fields.count("num_key_value_heads")
    if len(section) != 3 or sum(section) * 2 != head_dim or max(section[1:]) * 3 > head_dim // 2:
        raise fields.wrong("mrope_section", section)
    if heads % kv_heads:
        raise fields.wrong("num_key_value_heads", kv_heads)
    return TextConfig(
        vocab_size=fields.count("vocab_size"),
        hidden_size=fields.count("hidden_size"),
        layers=fields.count("num_hidden_layers"),
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        intermediate_size=fields.count("intermediate_size"),
        rms_norm_eps=fields.real("rms_norm_eps", 1e-6),
        rope_theta=rope.real("rope_theta", fields.real("rope_theta", 5e6)),
        mrope_section=(section[0], section[1], section[2]),
        max_positions=fields.count("max_position_embeddings", 32_768),
    )


def _parse_vision(fields: "_Fields") -> VisionConfig:
    fields.require("hidden_act", "gelu_pytorch_tanh", default="gelu_pytorch_tanh")
    depth, hidden, heads = fields.count("depth"), fields.count("hidden_size"), fields.count("num_heads")
    positions = fields.count("num_position_embeddings", 2304)
    deepstack = fields.counts("deepstack_visual_indexes", ())
    if hidden % (heads * 4):
        raise fields.wrong("num_heads", heads)
    if round(positions**0.5) ** 2 != positions:
        raise fields.wrong("num_position_embeddings", positions)
    if sorted(set(deepstack)) != list(deepstack) or any(index >= depth for index in deepstack):
        raise fields.wrong("deepstack_visual_indexes", deepstack)
    return VisionConfig(
        depth=depth,
        hidden_size=hidden,
        intermediate_size=fields.count("intermediate_size"),
        heads=heads,
        out_hidden_size=fields.count("out_hidden_size"),
        channels=fields.count("in_channels", 3),
        patch_size=fields.count("patch_size", 16),
        temporal_patch_size=fields.count("temporal_patch_size", 2),
        merge_size=fields.count("spatial_merge_size", 2),
        position_embeddings=positions,
        deepstack_layers=deepstack,
    )


class _Fields:
    """Reads one JSON object, naming the field where its value cannot be."""

    def __init__(self, raw: Mapping[str, Any], where: str) -> None:
        self.raw = raw
        self._where = where

    def inner(self, name: str) -> "_Fields":
        value = self.raw.get(name)
        if not isinstance(value, dict):
            raise self.wrong(name, value)
        return _Fields(value, f"{self._where}, {name}")

    def count(self, name: str, default: int | None = None, *, least: int = 1) -> int:
        value = self.raw.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least or value > 2**31:
            raise self.wrong(name, value)
        return value

    def counts(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self.raw.get(name, default)
        if not isinstance(value, list | tuple) or not all(type(item) is int and item >= 0 for item in value):
            raise self.wrong(name, value)
        return tuple(value)

    def real(self, name: str, default: float) -> float:
        value = self.raw.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
            raise self.wrong(name, value)
        return float(value)

    def require(self, name: str, expected: object, *, default: object) -> None:
        if (value := self.raw.get(name, default)) != expected:
            raise CheckpointError(
                f"This model needs {name} = {str(value)[:40]!r}, which is not supported ({self._where}).",
                todo=GET_ANOTHER,
            )

    def wrong(self, name: str, value: object) -> CheckpointError:
        shown = "missing" if value is None else str(value)[:60]
        return CheckpointError(
            f"The model's description is not usable: {name} is {shown} ({self._where}).",
            todo="Download the model again, or choose another one.",
        )


def _first(value: object) -> str | None:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], str) else None
