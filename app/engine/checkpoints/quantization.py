"""The quantisation of a checkpoint, and the errors for those that are not supported.

Two layouts are supported, both written by AutoRound: `quant_method: "auto-round"` with GPTQ packing, and `"gptq"`.
Their tensors are the same (GPTQ version 1): for a linear layer of K inputs and N outputs, `qweight` int32 [K/8, N] with
eight 4-bit numbers along K in each, lowest bits first; `scales` [K/g, N]; `qzeros` int32 [K/g, N/8] holding zero - 1,
which is 7 everywhere in a symmetric scheme; and, in the second layout, `g_idx` [K]. The weight is (q - 8) * scale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError, Problem
from app.engine.checkpoints.config import read_json

GROUP_SIZES = (32, 64, 128)
BITS = 4
SYMMETRIC_ZEROS = 0x77777777
_SHOWN_LETTERS = 80
"""Maximum number of characters of an unsupported value that are shown."""


@dataclass(frozen=True, slots=True)
class Quantization:
    """W4A16, symmetric; one scale per `group_size` weights along the inputs. `method` is the file's `quant_method`."""

    method: str
    group_size: int

    @property
    def scheme(self) -> str:
        """The scheme as the status line shows it."""
        return f"W4A16, group {self.group_size}"


def read_quantization(folder: Path, config: Mapping[str, Any]) -> Quantization | None:
    """Read the quantisation of the checkpoint in `folder`, None for 16 bits. Raises CheckpointError if unsupported."""
    raw = config.get("quantization_config")
    if raw is None and (folder / "quantization_config.json").exists():
        raw = read_json(folder / "quantization_config.json")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise CheckpointError(checkpoint_texts.QUANTIZATION_NOT_AN_OBJECT)
    if problem := _obstacle(raw):
        raise CheckpointError(problem)
    return Quantization(raw["quant_method"], int(raw["group_size"]))


def _obstacle(raw: Mapping[str, Any]) -> Problem | None:
    """Return what is unsupported in this quantization_config, None if nothing is."""
    method, layout = raw.get("quant_method"), raw.get("checkpoint_format", "gptq")
    packing = raw.get("packing_format", "auto_round:auto_gptq") if method == "auto-round" else None
    bits, data_type = raw.get("bits"), raw.get("data_type", "int")
    activation_bits, group_size = raw.get("act_bits", 16), raw.get("group_size")
    # Compared with tuples and not with sets: the value may be any JSON, and lists are unhashable.
    obstacles = (
        (checkpoint_texts.OTHER_METHOD, method, method in ("auto-round", "gptq")),
        (checkpoint_texts.OTHER_PACKING, packing, packing in (None, "auto_round:auto_gptq", "auto_round:gptq")),
        (checkpoint_texts.OTHER_LAYOUT, layout, layout in ("gptq", "", None)),
        (checkpoint_texts.OTHER_BITS, bits, bits == BITS),
        (checkpoint_texts.OTHER_DATA_TYPE, data_type, data_type == "int"),
        (checkpoint_texts.ASYMMETRIC, "", raw.get("sym") is True),
        (checkpoint_texts.REORDERED, "", raw.get("desc_act", False) is False),
        (checkpoint_texts.OTHER_ACTIVATION_BITS, activation_bits, activation_bits in (None, 16, 32)),
        (checkpoint_texts.OTHER_GROUP_SIZE, group_size, group_size in GROUP_SIZES),
    )
    return next(
        (text.problem(value=str(value)[:_SHOWN_LETTERS]) for text, value, is_met in obstacles if not is_met), None
    )
