"""Weights in 8-bit floats: the numbers of each byte, bfloat16's rounding, and layers whose scales do not fit."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from app.domain.errors import CheckpointError
from app.engine.checkpoints.arrays import float_array, float_as_bf16, float_rows
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.checkpoints.packings.float8 import float8_layer
from app.engine.checkpoints.quantization import read_quantization
from app.engine.checkpoints.tensor_files import TensorFiles, find_tensors
from app.engine.checkpoints.weights import check_weights
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout

NAME = "model.language_model.layers.0.mlp.up_proj"


def files(folder: Path, **tensors: torch.Tensor) -> TensorFiles:
    save_file({f"{NAME}.{suffix}": tensor for suffix, tensor in tensors.items()}, folder / "model.safetensors")
    return find_tensors(folder)


def every_byte() -> torch.Tensor:
    return torch.arange(256).to(torch.uint8).view(16, 16)


@pytest.mark.parametrize("scales", [(), (1,), (16,), (16, 1), (1, 1), (4, 2), (2, 16)], ids=str)
def test_each_byte_is_the_number_that_torch_says(tmp_path: Path, scales: tuple[int, ...]) -> None:
    stored = every_byte().view(torch.float8_e4m3fn)
    factors = torch.rand(scales, generator=torch.Generator().manual_seed(3)) + 0.5
    tensors = files(tmp_path, weight=stored, weight_scale_inv=factors)
    rows, columns = (*scales, 1, 1)[:2] if len(scales) != 1 else (scales[0], 1)
    spread = factors.reshape(rows, columns).repeat_interleave(16 // rows, 0).repeat_interleave(16 // columns, 1)
    expected = (stored.float() * spread).numpy()
    np.testing.assert_array_equal(float_array(tensors, f"{NAME}.weight"), expected)
    chosen = np.array([[3, 0], [15, 3]])
    np.testing.assert_array_equal(float_rows(tensors, f"{NAME}.weight", chosen), expected[chosen])


def test_bfloat16_is_rounded_as_torch_rounds_it() -> None:
    exact = torch.randn(4096, generator=torch.Generator().manual_seed(1))
    ties = (exact.to(torch.bfloat16).view(torch.int16).to(torch.int32) << 16 | 0x8000).view(torch.float32)
    for values in (exact, ties):
        expected = values.to(torch.bfloat16).view(torch.int16).numpy().view(np.uint16)
        np.testing.assert_array_equal(float_as_bf16(values.numpy()), expected)


@pytest.mark.parametrize("shape", [None, (3, 1), (16, 3), (0,), (2, 2, 2)], ids=str)
def test_scales_that_do_not_fit_are_not_taken(tmp_path: Path, shape: tuple[int, ...] | None) -> None:
    scales = {} if shape is None else {"weight_scale": torch.ones(shape)}
    tensors = files(tmp_path, weight=every_byte().view(torch.float8_e4m3fn), **scales)
    _, expected = float8_layer(tensors, NAME, 16, 16)
    entry = tensors.entries.get(expected.name)
    assert entry is None or entry.shape != expected.shape


def test_a_checkpoint_without_its_scales_is_refused(tmp_path: Path, tiny_checkpoint: TinyCheckpoint) -> None:
    plain = tiny_checkpoint(Layout.PLAIN)
    opened = open_checkpoint(plain)
    state = load_file(plain / "model.safetensors")
    state[f"{NAME}.weight"] = state[f"{NAME}.weight"].to(torch.float8_e4m3fn)
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="weight_scale_inv"):
        check_weights(find_tensors(tmp_path), opened.config, None)


@pytest.mark.parametrize(
    "config",
    [{"quant_method": "fp8", "fmt": "e5m2"}, {"quant_method": "compressed-tensors", "format": "float-quantized",
      "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "float"}}}}],
)  # fmt: skip
def test_other_floats_are_refused(tmp_path: Path, config: dict[str, object]) -> None:
    with pytest.raises(CheckpointError):
        read_quantization(tmp_path, json.loads(json.dumps({"quantization_config": config})))
