"""Each operator's packing undone again, and the CPU's product against the dequantised weight."""

import numpy as np
import pytest
import torch
from torch import Tensor

from app.engine.runtimes.torch import int4_operators
from app.engine.runtimes.torch.gptq import GptqWeight, dequantized, nibbles, unpacked
from app.engine.runtimes.torch.w4a16 import DenseLinear, W4A16Linear

K, N = 256, 96


def random_weight(group_size: int, outputs: int = N, seed: int = 0) -> tuple[GptqWeight, Tensor]:
    """A GPTQ weight and its integers [N, K], packed here by the layout's definition."""
    generator = torch.Generator().manual_seed(seed)
    integers = torch.randint(0, 16, (K, outputs), generator=generator)
    shifts = torch.arange(0, 32, 4)[None, :, None]
    packed = (integers.view(K // 8, 8, outputs) << shifts).sum(dim=1)
    scales = torch.rand(K // group_size, outputs, generator=generator).half() * 0.02 + 0.001
    return GptqWeight(
        packed.to(torch.int64).where(packed < 2**31, packed - 2**32).to(torch.int32), scales
    ), integers.t()


def plain(weight: GptqWeight, integers: Tensor) -> Tensor:
    """(q - 8) * scale in float64."""
    return (integers.double() - 8) * weight.scales.double().t().repeat_interleave(weight.group_size, dim=1)


@pytest.mark.parametrize("group_size", [32, 64, 128])
def test_unpacking_finds_the_integers(group_size: int) -> None:
    weight, integers = random_weight(group_size)

    assert weight.group_size == group_size
    assert torch.equal(unpacked(nibbles(weight)).long(), integers)
    torch.testing.assert_close(dequantized(weight, torch.float32).double(), plain(weight, integers), rtol=1e-6, atol=0)


@pytest.mark.parametrize("group_size", [32, 64, 128])
@pytest.mark.parametrize("rows", [1, 2, 17, 47, 48, 200])
def test_the_linear_layer_multiplies_by_the_checkpoint(group_size: int, rows: int) -> None:
    """Both ways, by the operator and through a dense product, several layers side by side."""
    parts = [random_weight(group_size, outputs, seed) for seed, outputs in enumerate((N, 32, 64))]
    layer = W4A16Linear([weight for weight, _ in parts], int4_operators.CPU, torch.bfloat16)
    x = torch.randn(rows, K, generator=torch.Generator().manual_seed(1)).bfloat16()

    product = layer(x)

    expected = x.double() @ torch.cat([plain(*part) for part in parts]).t()
    assert product.shape == (rows, N + 32 + 64)
    assert product.dtype is torch.bfloat16
    error = (product.double() - expected).norm() / expected.norm()
    assert error < 0.006


def test_the_dense_layer() -> None:
    weight = torch.randn(N, K)
    x = torch.randn(3, K)
    torch.testing.assert_close(DenseLinear(weight)(x), x @ weight.t())


def test_graphics_gpus_operators_get_the_nibbles_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their kernels cannot run here; what is handed to them can be looked at, with the layouts torch documents."""
    weight, integers = random_weight(32)
    handed: list[tuple[Tensor, int]] = []

    class Operators:
        def _convert_weight_to_int4pack(self, pairs: Tensor, tiles: int) -> Tensor:
            handed.append((pairs, tiles))
            return pairs

    monkeypatch.setattr(int4_operators, "ATEN", Operators())

    _, scales_and_zeros = int4_operators.TILES.pack(nibbles(weight), weight.scales, torch.bfloat16)
    packed, scales, zeros = int4_operators.XPU.pack(nibbles(weight), weight.scales, torch.bfloat16)

    (pairs, tiles) = handed[0]
    assert (pairs.dtype, tiles) == (torch.uint8, 8)
    assert torch.equal((pairs >> 4).long(), integers[:, 0::2])
    assert torch.equal((pairs & 15).long(), integers[:, 1::2])
    assert torch.equal(scales_and_zeros[..., 0], weight.scales.bfloat16())
    assert not scales_and_zeros[..., 1].any()
    assert packed.shape == (N, K // 8)
    assert np.array_equal(packed.numpy().view(np.uint32)[:, 0] & 15, integers[:, 0].numpy())
    assert torch.equal(scales, weight.scales.bfloat16())
    assert bool((zeros == 8).all())
    assert zeros.dtype is torch.int8
