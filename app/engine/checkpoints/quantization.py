"""Which quantisation a checkpoint has, and what is said about those that are not supported.

Two layouts are opened, both written by AutoRound: `quant_method: "auto-round"` with GPTQ packing, and `"gptq"`.
Their tensors are the same (GPTQ version 1): for a linear layer of K inputs and N outputs, `qweight` int32 [K/8, N] with
eight 4-bit numbers along K in each, lowest bits first; `scales` [K/g, N]; `qzeros` int32 [K/g, N/8] holding zero - 1,
which is 7 everywhere in a symmetric scheme; and, in the second layout, `g_idx` [K]. The weight is (q - 8) * scale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.errors import CheckpointError
from app.engine.checkpoints.config import read_json

GROUP_SIZES = (32, 64, 128)
BITS = 4
SYMMETRIC_ZEROS = 0x77777777
_SUPPORTED = "Choose a folder quantised W4A16, symmetric, with GPTQ packing, or one in 16 bits."


@dataclass(frozen=True, slots=True)
class Quantization:
    """W4A16, symmetric; one scale for `group_size` weights along the inputs. `method` is the file's own word."""

    method: str
    group_size: int

    @property
    def scheme(self) -> str:
        """In words for the status line."""
        return f"W4A16, group {self.group_size}"


def read_quantization(folder: Path, config: Mapping[str, Any]) -> Quantization | None:
    """The quantisation of the checkpoint in `folder`, None for 16 bits. Raises CheckpointError if unsupported."""
    raw = config.get("quantization_config")
    if raw is None and (folder / "quantization_config.json").exists():
        raw = read_json(folder / "quantization_config.json")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise CheckpointError("The model's quantization_config is not a JSON object.", todo="Download it again.")
    if why := _obstacle(raw):
        raise CheckpointError(f"This model cannot be opened: {why[:120]}, which is not supported.", todo=_SUPPORTED)
    return Quantization(raw["quant_method"], raw["group_size"])


def _obstacle(raw: Mapping[str, Any]) -> str | None:
    """What keeps a checkpoint with this quantization_config from being opened, in words."""
    packing = raw.get("packing_format", "auto_round:auto_gptq") if raw.get("quant_method") == "auto-round" else None
    layout = raw.get("checkpoint_format", "gptq")
    obstacles = {
        f"it is quantised with {raw.get('quant_method')}": raw.get("quant_method") not in {"auto-round", "gptq"},
        f"its weights are packed as {packing}": packing not in {None, "auto_round:auto_gptq", "auto_round:gptq"},
        f"its weights are stored as {layout}": layout not in {"gptq", "", None},
        f"it has {raw.get('bits')}-bit weights": raw.get("bits") != BITS,
        f"its weights are of the type {raw.get('data_type')}": raw.get("data_type", "int") != "int",
        "it is quantised asymmetrically": raw.get("sym") is not True,
        "its columns are re-ordered (desc_act)": raw.get("desc_act", False) is not False,
        f"its activations have {raw.get('act_bits')} bits": raw.get("act_bits", 16) not in {None, 16, 32},
        f"its group size is {raw.get('group_size')}": raw.get("group_size") not in GROUP_SIZES,
    }
    return next((why for why, is_met in obstacles.items() if is_met), None)
