"""The config.json of a Qwen3-VL model, read field by field: keys that are not listed here have no effect.

Names and defaults are those of Hugging Face's `Qwen3VLConfig` (transformers, models/qwen3_vl).
"""

import json
import os
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError, ErrorText
from app.regular_files import NotRegular, TooLarge, open_regular, read_regular

ARCHITECTURE = "Qwen3VLForConditionalGeneration"
MAX_JSON_BYTES = 2 * 1024 * 1024
"""Maximum size in bytes of a JSON file of a model folder, five times that of the largest models' index.

Parsed JSON may take forty times its size in memory.
"""
MAX_REAL = 1e30
"""Maximum value of a real-valued field: far beyond any meaningful value, and within float32."""

_HEAD_BYTES = 512
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_WEB_PAGE = (b"<!doctype html", b"<html")


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
        """Number of values in one patch."""
        return self.channels * self.temporal_patch_size * self.patch_size**2


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A whole model. Token ids are those of the placeholders in the prompt."""

    text: TextConfig
    vision: VisionConfig
    tied_embeddings: bool
    image_token: int
    video_token: int
    vision_start_token: int
    vision_end_token: int

    @property
    def visual_tokens(self) -> tuple[int, int]:
        """Ids of the placeholders that features replace: of images, and of videos."""
        return self.image_token, self.video_token


def read_json(path: Path) -> dict[str, Any]:
    """Read the object in a JSON file of a model folder. Raises CheckpointError."""
    try:
        value = json.loads(read_regular(path, MAX_JSON_BYTES).decode())
    except FileNotFoundError as error:
        raise CheckpointError(checkpoint_texts.INCOMPLETE, folder=path.parent.name, file=path.name) from error
    except NotRegular as error:
        raise not_regular(path) from error
    except TooLarge as error:
        raise CheckpointError(checkpoint_texts.FILE_TOO_LARGE, file=path.name) from error
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise damaged(path, checkpoint_texts.JSON_DAMAGED) from error
    if not isinstance(value, dict):
        raise CheckpointError(checkpoint_texts.NOT_AN_OBJECT, file=path.name)
    return value


def damaged(path: Path, text: ErrorText = checkpoint_texts.FILE_DAMAGED) -> CheckpointError:
    """Return the error for a file that is not what its name says: `text`, unless another thing is in its place."""
    return instead_of(path) or CheckpointError(text, file=path.name)


def instead_of(path: Path) -> CheckpointError | None:
    """Return the error for what a download may have left in place of a file; None if it is not that.

    The format of pointers: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
    """
    try:
        with open_regular(path) as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return None
    if head.startswith(_LFS_POINTER):
        return CheckpointError(checkpoint_texts.LFS_POINTER, file=path.name)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_WEB_PAGE):
        return CheckpointError(checkpoint_texts.WEB_PAGE, file=path.name)
    return None


def unreadable(path: Path, error: OSError) -> CheckpointError:
    """Return the error for a file of a model folder that the system does not let us read."""
    if error.errno:
        return CheckpointError(checkpoint_texts.UNREADABLE, file=path.name, reason=os.strerror(error.errno))
    return CheckpointError(checkpoint_texts.UNREADABLE_FOR_NO_REASON, file=path.name)


def not_regular(path: Path) -> CheckpointError:
    """Return the error for a folder, a pipe or a device with the name of a model's file."""
    return CheckpointError(checkpoint_texts.NOT_REGULAR, file=path.name)


def other_architecture(kind: str) -> CheckpointError:
    """Return the error for a model of another architecture, as its files name it."""
    is_mixture = "moe" in kind.casefold()
    refusal = checkpoint_texts.MIXTURE_OF_EXPERTS if is_mixture else checkpoint_texts.OTHER_ARCHITECTURE
    return CheckpointError(refusal, architecture=kind[:80])


def parse_config(raw: Mapping[str, Any], file: str = "config.json") -> ModelConfig:
    """Parse the fields of a config.json, which were read from `file`.

    Raises CheckpointError for anything but a dense Qwen3-VL.
    """
    if raw.get("model_type") != "qwen3_vl":
        if kind := _first(raw.get("architectures")) or raw.get("model_type"):
            raise other_architecture(str(kind))
        raise CheckpointError(checkpoint_texts.UNNAMED_ARCHITECTURE)
    root = _Fields(raw, file)
    fields = root.inner("text_config")
    text = _parse_text(fields)
    return ModelConfig(
        text=text,
        vision=_parse_vision(root.inner("vision_config")),
        # Older files repeat it inside text_config; Hugging Face uses the outer one.
        tied_embeddings=bool(raw.get("tie_word_embeddings", fields.raw.get("tie_word_embeddings", False))),
        image_token=root.token("image_token_id", 151655, text.vocab_size),
        video_token=root.token("video_token_id", 151656, text.vocab_size),
        vision_start_token=root.token("vision_start_token_id", 151652, text.vocab_size),
        vision_end_token=root.token("vision_end_token_id", 151653, text.vocab_size),
    )


def _parse_text(fields: "_Fields") -> TextConfig:
    fields.require("hidden_act", "silu", default="silu")
    fields.require("attention_bias", expected=False, default=False)
    # transformers 5 writes rope_parameters; 4 wrote rope_theta and rope_scaling.
    name = "rope_parameters" if "rope_parameters" in fields.raw else "rope_scaling"
    rope = fields.inner(name) if fields.raw.get(name) is not None else _Fields({}, "config.json, text_config")
    rope.require("rope_type", "default", default="default")
    rope.require("mrope_interleaved", expected=True, default=True)
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
    """Reads one JSON object; errors name the field whose value is invalid."""

    def __init__(self, raw: Mapping[str, Any], where: str) -> None:
        self.raw = raw
        self._where = where

    def inner(self, name: str) -> "_Fields":
        value = self.raw.get(name)
        if not isinstance(value, dict):
            raise self.wrong(name, value)
        return _Fields(value, f"{self._where}, {name}")

    def count(self, name: str, default: int | None = None) -> int:
        value = self.raw.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 2**31:
            raise self.wrong(name, value)
        return value

    def token(self, name: str, default: int, vocabulary: int) -> int:
        value = self.raw.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < vocabulary:
            raise self.wrong(name, value)
        return value

    def counts(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self.raw.get(name, default)
        if not isinstance(value, list | tuple) or not all(type(item) is int and item >= 0 for item in value):
            raise self.wrong(name, value)
        return tuple(value)

    def real(self, name: str, default: float) -> float:
        value = self.raw.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= MAX_REAL:  # Nor NaN.
            raise self.wrong(name, value)
        return float(value)

    def require(self, name: str, expected: object, *, default: object) -> None:
        if (value := self.raw.get(name, default)) != expected:
            raise CheckpointError(
                checkpoint_texts.FIELD_UNSUPPORTED, name=name, value=reprlib.repr(value), place=self._where
            )

    def wrong(self, name: str, value: object) -> CheckpointError:
        if value is None:
            return CheckpointError(checkpoint_texts.FIELD_MISSING, name=name, place=self._where)
        shown = value[:60] if isinstance(value, str) else reprlib.repr(value)
        return CheckpointError(checkpoint_texts.FIELD_INVALID, name=name, value=shown, place=self._where)


def _first(value: object) -> str | None:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], str) else None
