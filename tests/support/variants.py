"""Checkpoints as other tools write them: the tiny model, quantised here in the plainest way and packed by description.

Nothing of the application's packing is used: integers are packed one by one, as the formats' descriptions say.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

_AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
"""Output in each place of an int32, from the lowest bits (AutoAWQ, awq/modules/linear/gemm.py)."""
_TEXT_LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True, slots=True)
class Quantized:
    """Integers `q` [N, K], `scales` and `zeros` [N, K/g], and `g_idx` [K], the group of each input."""

    q: Tensor
    scales: Tensor
    zeros: Tensor
    g_idx: Tensor
    bits: int

    @property
    def dequantized(self) -> Tensor:
        """The weight [N, K] in float32."""
        return (self.q - self.zeros[:, self.g_idx]).float() * self.scales.float()[:, self.g_idx]


@dataclass(frozen=True, slots=True)
class Float8:
    """Floats `q` [N, K] in 8 bits (E4M3), and the `scales` [a, b] of blocks of equal size."""

    q: Tensor
    scales: Tensor

    @property
    def dequantized(self) -> Tensor:
        """The weight [N, K] in float32."""
        return self.q.float() * _spread(self.scales, self.q.shape)


Pack = Callable[[Any], dict[str, Tensor]]
"""Writes a `Quantized` or a `Float8` layer."""


@dataclass(frozen=True, slots=True)
class Variant:
    """How a checkpoint is quantised (`group` -1: whole columns) and written; `config` is its quantization_config."""

    pack: Pack
    config: dict[str, Any]
    bits: int = 4
    group: int = 128
    is_symmetric: bool = True
    reorders: bool = False
    eight_bits: tuple[str, ...] = ()
    scales: torch.dtype = torch.float16
    drops: tuple[str, ...] = field(default=())
    block: tuple[int, int] | None = None
    """Rows and columns with one scale, 0 for all of them, of weights in 8-bit floats; None for integers."""


def quantized(weight: Tensor, variant: Variant, bits: int) -> Quantized:
    """Round a weight [N, K] to nearest."""
    outputs, inputs = weight.shape
    group = inputs if variant.group == -1 else variant.group
    g_idx = torch.arange(inputs) // group
    if variant.reorders:
        g_idx = g_idx[torch.randperm(inputs, generator=torch.Generator().manual_seed(7))]
    order = torch.argsort(g_idx, stable=True)
    groups = weight[:, order].reshape(outputs, -1, group)
    top = (1 << bits) - 1
    if variant.is_symmetric:
        scales = groups.abs().amax(2).clamp(min=1e-5) / (top // 2)
        zeros = torch.full(scales.shape, 1 << (bits - 1))
    else:
        low, high = groups.amin(2).clamp(max=0), groups.amax(2).clamp(min=0)
        scales = (high - low).clamp(min=1e-5) / top
        zeros = (-low / scales).round().clamp(1, top)
    scales = scales.to(variant.scales)
    q = torch.empty(outputs, inputs, dtype=torch.int64)
    q[:, order] = (
        ((groups / scales.float()[:, :, None]).round() + zeros[:, :, None]).clamp(0, top).reshape(outputs, -1).long()
    )
    return Quantized(q, scales, zeros.long(), g_idx, bits)


def in_float8(weight: Tensor, block: tuple[int, int]) -> Float8:
    """Round a weight [N, K] to nearest in blocks, whose largest number becomes E4M3's largest."""
    outputs, inputs = weight.shape
    rows, columns = (min(size or whole, whole) for size, whole in zip(block, weight.shape, strict=True))
    blocks = weight.reshape(outputs // rows, rows, inputs // columns, columns)
    scales = (blocks.abs().amax((1, 3)) / torch.finfo(torch.float8_e4m3fn).max).to(torch.bfloat16)
    return Float8((weight / _spread(scales, weight.shape)).clamp(-448, 448).to(torch.float8_e4m3fn), scales)


def _spread(scales: Tensor, shape: tuple[int, ...]) -> Tensor:
    rows, columns = (whole // count for whole, count in zip(shape, scales.shape, strict=True))
    return scales.float().repeat_interleave(rows, 0).repeat_interleave(columns, 1)


def packed(numbers: Tensor, bits: int, order: tuple[int, ...] | None = None) -> Tensor:
    """Pack the last axis into int32, lowest bits first, in this order."""
    count = 32 // bits
    parts = numbers.reshape(*numbers.shape[:-1], -1, count)
    words = sum((parts[..., number] << (place * bits)) for place, number in enumerate(order or range(count)))
    assert isinstance(words, Tensor)
    return torch.where(words >= 2**31, words - 2**32, words).to(torch.int32).contiguous()


def gptq(zero_offset: int, index: torch.dtype = torch.int32) -> Pack:
    """GPTQ's packing, with this offset of the stored zeros."""

    def pack(layer: Quantized) -> dict[str, Tensor]:
        stored = (layer.zeros + zero_offset) & ((1 << layer.bits) - 1)
        return {
            "qweight": packed(layer.q, layer.bits).t().contiguous(),
            "qzeros": packed(stored.t().contiguous(), layer.bits),
            "scales": layer.scales.t().contiguous(),
            "g_idx": layer.g_idx.to(index),
        }

    return pack


def awq(layer: Quantized) -> dict[str, Tensor]:
    """AWQ's packing for matrix products."""
    return {
        "qweight": packed(layer.q.t().contiguous(), 4, _AWQ_ORDER),
        "qzeros": packed(layer.zeros.t().contiguous(), 4, _AWQ_ORDER),
        "scales": layer.scales.t().contiguous(),
    }


def compressed(layer: Quantized) -> dict[str, Tensor]:
    """compressed-tensors' packing."""
    return {
        "weight_packed": packed(layer.q, layer.bits),
        "weight_scale": layer.scales,
        "weight_zero_point": packed(layer.zeros.t().contiguous(), layer.bits).t().contiguous(),
        "weight_shape": torch.tensor(layer.q.shape),
        "weight_g_idx": layer.g_idx.to(torch.int32),
    }


def float8(scales: str) -> Pack:
    """8-bit floats, with this name of their scales."""
    return lambda layer: {"weight": layer.q, scales: layer.scales}


def _gptq_config(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    config = {"quant_method": "gptq", "bits": 4, "group_size": 128, "sym": True, "desc_act": False}
    return {name: value for name, value in (config | fields).items() if value is not None}


def _compressed_config(**weights: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    scheme = {"num_bits": 4, "type": "int", "symmetric": True, "strategy": "group", "group_size": 128} | weights
    group = {"targets": ["Linear"], "weights": scheme, "input_activations": None, "output_activations": None}
    return {
        "quant_method": "compressed-tensors",
        "format": "pack-quantized",
        "quantization_status": "compressed",
        "config_groups": {"group_0": group},
        "ignore": ["lm_head"],
    }


_AWQ = {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "version": "gemm"}
_PLAIN_SYMMETRIC = ("weight_zero_point", "weight_g_idx")
VARIANTS: dict[str, Variant] = {
    "GPTQ, groups of 16": Variant(gptq(-1), _gptq_config(group_size=16), group=16),
    "GPTQ, groups of 32": Variant(gptq(-1), _gptq_config(group_size=32), group=32),
    "GPTQ, groups of 64, scales in bf16": Variant(
        gptq(-1), _gptq_config(group_size=64), group=64, scales=torch.bfloat16
    ),
    "GPTQ, whole columns": Variant(gptq(-1), _gptq_config(group_size=-1), group=-1),
    "GPTQ without qzeros": Variant(gptq(-1), _gptq_config(), drops=("qzeros", "g_idx")),
    "GPTQ, `g_idx` in 64 bits": Variant(gptq(-1, torch.int64), _gptq_config()),
    "GPTQ, `bits` as text, without `sym`": Variant(gptq(-1), _gptq_config(bits="4", sym=None)),
    "GPTQ version 2": Variant(gptq(0), _gptq_config(checkpoint_format="gptq_v2")),
    "GPTQ version 2 under the name of 1": Variant(gptq(0), _gptq_config(checkpoint_format="gptq")),
    "GPTQ, asymmetric": Variant(gptq(-1), _gptq_config(sym=False), is_symmetric=False),
    "GPTQ version 2, asymmetric": Variant(
        gptq(0), _gptq_config(sym=False, checkpoint_format="gptq_v2"), is_symmetric=False
    ),
    "GPTQ with `desc_act`": Variant(gptq(-1), _gptq_config(desc_act=True), reorders=True),
    "GPTQ with `desc_act`, asymmetric": Variant(
        gptq(-1), _gptq_config(desc_act=True, sym=False), is_symmetric=False, reorders=True
    ),
    "GPTQ, 8 bits": Variant(gptq(-1), _gptq_config(bits=8), bits=8),
    "GPTQ, 8 bits, asymmetric": Variant(gptq(-1), _gptq_config(bits=8, sym=False), bits=8, is_symmetric=False),
    "GPTQ, `down_proj` in 8 bits (`dynamic`)": Variant(
        gptq(-1), _gptq_config(dynamic={"+:.*down_proj": {"bits": 8}}), eight_bits=("down_proj",)
    ),
    "GPTQ, `v_proj` in 8 bits beside q and k in 4": Variant(
        gptq(-1), _gptq_config(dynamic={"+:.*v_proj": {"bits": 8}}), eight_bits=("v_proj",)
    ),
    "AutoRound 0.3 (`intel/auto-round`, `backend`)": Variant(
        gptq(-1), _gptq_config(quant_method="intel/auto-round", backend="auto_round:exllamav2"), drops=("g_idx",)
    ),
    "AutoRound, `auto_round:gptq:exllamav2`": Variant(
        gptq(-1), _gptq_config(quant_method="auto-round", packing_format="auto_round:gptq:exllamav2"), drops=("g_idx",)
    ),
    "AutoRound, asymmetric (`auto_round:auto_awq`)": Variant(
        awq,
        _gptq_config(quant_method="auto-round", packing_format="auto_round:auto_awq", sym=False),
        is_symmetric=False,
    ),
    "AWQ": Variant(awq, _AWQ, is_symmetric=False),
    "AWQ, symmetric": Variant(awq, _AWQ | {"zero_point": False}),
    "compressed-tensors W4A16": Variant(
        compressed, _compressed_config(), scales=torch.bfloat16, drops=_PLAIN_SYMMETRIC
    ),
    "compressed-tensors W4A16, asymmetric": Variant(
        compressed, _compressed_config(symmetric=False), is_symmetric=False, drops=("weight_g_idx",)
    ),
    "compressed-tensors W4A16, `actorder`": Variant(
        compressed, _compressed_config(actorder="group"), reorders=True, drops=("weight_zero_point",)
    ),
    "compressed-tensors W8A16, whole columns": Variant(
        compressed,
        _compressed_config(num_bits=8, strategy="channel", group_size=None),
        bits=8,
        group=-1,
        drops=_PLAIN_SYMMETRIC,
    ),
    "FP8 in blocks of 128 x 128 (`weight_scale_inv`)": Variant(
        float8("weight_scale_inv"),
        {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128]},
        block=(128, 128),
    ),
    "FP8, a scale a row (compressed-tensors `float-quantized`)": Variant(
        float8("weight_scale"),
        _compressed_config(num_bits=8, type="float", strategy="channel", group_size=None)
        | {"format": "float-quantized"},
        block=(1, 0),
    ),
}
"""The variants that open, by the names under which docs/models.md lists them."""


def make_variant(plain: Path, folder: Path, variant: Variant) -> Path:
    """Write the 16-bit checkpoint `plain` as this variant, and its dequantised twin in `folder`/twin; return it."""
    shutil.copytree(plain, folder)
    weights, twin = load_file(folder / "model.safetensors"), {}
    for name in list(weights):
        kind = name.removesuffix(".weight").rpartition(".")[2]
        if kind not in _TEXT_LINEARS or "language_model" not in name:
            continue
        weight, bits = weights.pop(name).float(), 8 if kind in variant.eight_bits else variant.bits
        layer = in_float8(weight, variant.block) if variant.block else quantized(weight, variant, bits)
        parts = {part: tensor for part, tensor in variant.pack(layer).items() if part not in variant.drops}
        weights |= {f"{name.removesuffix('weight')}{part}": tensor for part, tensor in parts.items()}
        twin[name] = layer.dequantized
    save_file(weights, folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shutil.copytree(plain, folder / "twin")
    save_file({**load_file(plain / "model.safetensors"), **twin}, folder / "twin" / "model.safetensors")
    config["quantization_config"] = variant.config
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder
