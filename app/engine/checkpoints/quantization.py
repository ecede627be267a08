"""The quantisation of a checkpoint, and the errors for those that are not supported.

Three packings are supported (see `packings`), under the names that AutoRound, GPTQModel, AutoGPTQ, AutoAWQ and LLM
Compressor give them. The config says which of them it is; bits and groups of each layer are those of its tensors, since
tools may give single layers others (`dynamic`, `extra_config`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError, ErrorText
from app.engine.checkpoints.config import read_json
from app.engine.checkpoints.required_tensors import BITS, MIN_GROUP, bits_of
from app.engine.checkpoints.tensor_files import TensorFiles

if TYPE_CHECKING:
    from app.engine.checkpoints.packings.stored_layer import StoredLayer

WHOLE_COLUMNS = -1
"""Value of `group_size` for one scale per output."""
FP8 = "fp8"
"""Value of `packing` for weights in 8-bit floats."""
GGUF = "gguf"
"""Value of `method` for GGUF files, which may mix types of several bits."""
_SHOWN_LETTERS = 80
"""Maximum number of characters of an unsupported value that are shown."""
_AUTO_ROUND = ("auto-round", "intel/auto-round")
_GPTQ_PACKINGS = (
    "auto_round:auto_gptq", "auto_round:gptq", "auto_round", "auto_round:exllamav2", "auto_round:gptq:exllamav2",
    "auto_round:gptqmodel", "auto_round:auto_round", "auto_gptq", "gptq:exllamav2", "gptq",
)  # fmt: skip
"""Names that versions of AutoRound have given to GPTQ's packing, some of them after the kernel that was to read it."""
_AWQ_PACKINGS = ("auto_round:auto_awq", "auto_round:awq", "auto_awq", "awq")


@dataclass(frozen=True, slots=True)
class Quantization:
    """How a checkpoint is quantised: W4A16 or W8A16.

    `method` is the `quant_method`, or "gguf"; `packing` one of "gptq", "gptq_v2", "awq", "compressed-tensors" and
    "fp8", or the type of most tensors of a GGUF file; `group_size` the number of weights along the inputs with one
    scale, -1 for whole columns. Weights in FP8 are dequantised when a model is opened, so their `bits` are 16.
    """

    method: str
    group_size: int
    bits: int = 4
    packing: str = "gptq"
    is_symmetric: bool = True

    @property
    def scheme(self) -> str:
        """The scheme as the status line shows it."""
        if self.method == GGUF:
            return f"GGUF {self.packing}"
        if self.packing == FP8:
            return "FP8"
        groups = "whole columns" if self.group_size == WHOLE_COLUMNS else f"group {self.group_size}"
        return f"W{self.bits}A16, {groups}"

    def layer(self, tensors: TensorFiles, name: str, outputs: int, inputs: int) -> "StoredLayer":
        """Return the layer `name` with the bits and groups of its tensors, which may still be missing.

        Raises CheckpointError if the layer cannot be in groups of this size.
        """
        # NumPy is not needed for --help.
        from app.engine.checkpoints.packings.awq import AwqLayer  # noqa: PLC0415
        from app.engine.checkpoints.packings.compressed_tensors import CompressedLayer  # noqa: PLC0415
        from app.engine.checkpoints.packings.gptq import GptqLayer  # noqa: PLC0415

        shapes = {suffix: _shape(tensors, f"{name}.{suffix}") for suffix in _SUFFIXES}
        bits, groups = self.bits, None
        match self.packing:
            case "awq":
                groups = _first(shapes["scales"])
            case "compressed-tensors":
                bits = bits_of(_last(shapes["weight_packed"]) or 0, inputs) or bits
                groups = _last(shapes["weight_scale"])
            case _:
                bits = bits_of(_first(shapes["qweight"]) or 0, inputs) or bits
                groups = _first(shapes["scales"])
        bits = bits if bits in BITS else self.bits
        group = inputs if self.group_size == WHOLE_COLUMNS else self.group_size
        if groups and inputs % groups == 0:
            group = inputs // groups
        if group < MIN_GROUP or group % MIN_GROUP or inputs % group or outputs * bits % 32:
            raise CheckpointError(
                checkpoint_texts.LAYER_INDIVISIBLE, layer=name, outputs=outputs, inputs=inputs, group=group
            )
        kind = {"awq": AwqLayer, "compressed-tensors": CompressedLayer}.get(self.packing, GptqLayer)
        fields: dict[str, Any] = {"version": 2} if self.packing == "gptq_v2" else {}
        return kind(
            tensors=tensors, name=name, outputs=outputs, inputs=inputs,
            bits=bits, group=group, is_symmetric=self.is_symmetric, **fields,
        )  # fmt: skip


_SUFFIXES = ("qweight", "scales", "weight_packed", "weight_scale")


def read_quantization(folder: Path, config: Mapping[str, Any]) -> Quantization | None:
    """Read the quantisation of the checkpoint in `folder`, None for 16 bits. Raises CheckpointError if unsupported."""
    raw = config.get("quantization_config", config.get("compression_config"))
    for name in ("quantization_config.json", "quantize_config.json"):
        if raw is None and (folder / name).exists():
            raw = read_json(folder / name)
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise CheckpointError(checkpoint_texts.QUANTIZATION_NOT_AN_OBJECT)
    if raw.get("quant_method") == "compressed-tensors":
        return _compressed_floats(raw) if raw.get("format") == "float-quantized" else _compressed_tensors(raw)
    if raw.get("quant_method") == "fp8":
        _refuse_first([(checkpoint_texts.OTHER_DATA_TYPE, raw.get("fmt"), raw.get("fmt", "e4m3") == "e4m3")])
        return Quantization("fp8", WHOLE_COLUMNS, 16, FP8)
    return _grouped(raw)


def _grouped(raw: Mapping[str, Any]) -> Quantization:
    """Read what AutoRound, GPTQModel, AutoGPTQ and AutoAWQ write."""
    method, layout = raw.get("quant_method", _old_method(raw)), raw.get("checkpoint_format", "gptq")
    is_auto_round = method in _AUTO_ROUND
    packing = raw.get("packing_format", raw.get("backend", "auto_round:auto_gptq")) if is_auto_round else None
    is_awq = method == "awq" or packing in _AWQ_PACKINGS
    bits, data_type = _number(raw.get("bits", raw.get("w_bit"))), raw.get("data_type", "int")
    activation_bits, group_size = raw.get("act_bits", 16), _number(raw.get("group_size", raw.get("q_group_size")))
    version = raw.get("version", "gemm")
    packings = _AWQ_PACKINGS if is_awq else _GPTQ_PACKINGS
    # Compared with tuples where the value may be any JSON: lists are unhashable.
    obstacles = (
        (checkpoint_texts.OTHER_METHOD, method or "MLX", method in (*_AUTO_ROUND, "gptq", "awq")),
        (checkpoint_texts.OTHER_PACKING, packing, packing is None or packing in packings),
        (checkpoint_texts.OTHER_LAYOUT, layout, is_awq or layout in ("gptq", "gptq_v2", "", None)),
        (checkpoint_texts.OTHER_LAYOUT, version, not is_awq or str(version).lower() == "gemm"),
        (checkpoint_texts.OTHER_BITS, raw.get("bits"), bits in ((4,) if is_awq else BITS)),
        (checkpoint_texts.OTHER_DATA_TYPE, data_type, data_type == "int"),
        (checkpoint_texts.OTHER_ACTIVATION_BITS, activation_bits, activation_bits in (None, 16, 32)),
        (checkpoint_texts.OTHER_GROUP_SIZE, raw.get("group_size"), _is_group(group_size)),
    )
    _refuse_first(obstacles)
    if is_awq:
        name, is_symmetric = "awq", raw.get("zero_point") is False
    else:
        is_version_2 = "gptq_v2" in (layout, raw.get("format"))
        name, is_symmetric = "gptq_v2" if is_version_2 else "gptq", raw.get("sym") is True
    return Quantization(str(method), int(group_size or 0), int(bits or 0), name, is_symmetric)


def _compressed_tensors(raw: Mapping[str, Any]) -> Quantization:
    """Read what LLM Compressor writes; all groups of layers must be quantised alike."""
    layout, groups = raw.get("format"), raw.get("config_groups")
    described = list(groups.values()) if isinstance(groups, dict) else []
    first = _object(described[0] if described else None)
    weights, activations = _object(first.get("weights")), first.get("input_activations")
    data_type = weights.get("type", "int")
    bits, strategy = _number(weights.get("num_bits")), weights.get("strategy")
    group_size = WHOLE_COLUMNS if strategy == "channel" else _number(weights.get("group_size"))
    activation_bits = activations.get("num_bits") if isinstance(activations, dict) else activations
    obstacles = (
        (checkpoint_texts.OTHER_LAYOUT, layout, layout == "pack-quantized"),
        (checkpoint_texts.OTHER_ACTIVATION_BITS, activation_bits, activation_bits in (None, 16)),
        (checkpoint_texts.OTHER_DATA_TYPE, data_type, data_type == "int"),
        (checkpoint_texts.OTHER_BITS, bits, bits in BITS),
        (checkpoint_texts.OTHER_GROUP_SIZE, group_size, _is_group(group_size)),
        (checkpoint_texts.OTHER_LAYOUT, strategy, strategy in ("group", "channel")),
    )
    _refuse_first(obstacles)
    is_symmetric = weights.get("symmetric", True) is not False
    return Quantization("compressed-tensors", int(group_size or 0), int(bits or 0), "compressed-tensors", is_symmetric)


def _compressed_floats(raw: Mapping[str, Any]) -> Quantization:
    """Read LLM Compressor's FP8; how activations are to be rounded does not matter, for they are not."""
    groups = raw.get("config_groups")
    for described in groups.values() if isinstance(groups, dict) else ():
        weights = _object(_object(described).get("weights"))
        bits = _number(weights.get("num_bits"))
        _refuse_first([(checkpoint_texts.OTHER_BITS, bits, bits == 8)])
    return Quantization("compressed-tensors", WHOLE_COLUMNS, 16, FP8)


def _refuse_first(obstacles: Iterable[tuple[ErrorText, object, bool]]) -> None:
    """Raise CheckpointError for the first of (text, value, whether it is supported) that is not."""
    for text, value, is_supported in obstacles:
        if not is_supported:
            raise CheckpointError(text.problem(value=str(value)[:_SHOWN_LETTERS]))


def _old_method(raw: Mapping[str, Any]) -> str | None:
    """Return the method of a file that does not name it, as the first versions of AutoGPTQ and AutoAWQ wrote it."""
    if "w_bit" in raw or "zero_point" in raw:
        return "awq"
    return "gptq" if "desc_act" in raw or "damp_percent" in raw else None


def _number(value: object) -> int | None:
    """Return a whole number that may be written as text."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,4}", value):
        return int(value)
    return value if type(value) is int else None


def _is_group(value: int | None) -> bool:
    return value is not None and (value == WHOLE_COLUMNS or (value >= MIN_GROUP and value % MIN_GROUP == 0))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _shape(tensors: TensorFiles, name: str) -> tuple[int, ...]:
    entry = tensors.entries.get(name)
    return entry.shape if entry else ()


def _first(shape: tuple[int, ...]) -> int | None:
    return shape[0] if shape else None


def _last(shape: tuple[int, ...]) -> int | None:
    return shape[-1] if shape else None
