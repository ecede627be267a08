"""The kernels for NVIDIA GPUs against torch's own operations; runs where there is such a GPU."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.torch.cuda_graph import capture_cuda_graph
from app.engine.runtimes.torch.cuda_ops import CudaOps, dequantized_on_gpu
from app.engine.runtimes.torch.gptq import GptqWeight, dequantized
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.layer_ops import LayerOps, PlainOps

if not torch.cuda.is_available():
    pytest.skip("there is no NVIDIA GPU here", allow_module_level=True)
CONFIG = TextConfig(
    vocab_size=8, hidden_size=512, layers=1, heads=16, kv_heads=8, head_dim=128, intermediate_size=640,
    rms_norm_eps=1e-6, rope_theta=1e4, mrope_section=(24, 20, 20), max_positions=40_000,
)  # fmt: skip
GPU = torch.device("cuda")


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    torch.manual_seed(0)
    with torch.inference_mode():
        yield


def random(*shape: int) -> Tensor:
    return torch.randn(shape, device=GPU).bfloat16()


def differ(own: Tensor, true: Tensor) -> float:
    return float((own.double() - true.double()).norm() / true.double().norm())


@pytest.mark.parametrize("count", [1, 7, 1000])
def test_norms_sums_and_gates(count: int) -> None:
    plain, gpu = PlainOps(CONFIG), CudaOps(CONFIG)
    x, delta, weight = random(count, 512) * 3, random(count, 512), random(512)
    assert differ(gpu.rms_norm(x, weight), plain.rms_norm(x, weight)) < 0.002
    own, true = gpu.add_rms_norm(x, delta, weight), plain.add_rms_norm(x, delta, weight)
    assert torch.equal(own[0], true[0])
    assert differ(own[1], true[1]) < 0.002
    gate_up = random(count, 2 * 640)
    gate, up = gate_up.double().chunk(2, dim=1)
    assert differ(gpu.silu_and_mul(gate_up), torch.nn.functional.silu(gate) * up) < 0.003


def run_attention(
    ops: LayerOps,
    config: TextConfig,
    past: Tensor,
    qkv: Tensor,
    norms: tuple[Tensor, Tensor],
    *,
    captured: bool,
) -> Tensor:
    """Attention of the tokens of `qkv` behind those in `past`, and what the cache then holds, in one row."""
    count, length = len(qkv), past.shape[2]
    cache = KvCache(config, 40_000, GPU, torch.bfloat16)
    cache.reserve(length + count)
    cache.layer(0)[:, :, :length] = past
    cache.length = length
    angles = torch.arange(length, length + count, device=GPU)[:, None] / torch.arange(1, 65, device=GPU)
    angles = torch.cat((angles, angles), dim=1)[:, : config.head_dim]
    start = torch.full((1,), length, dtype=torch.int32, device=GPU) if captured else None
    # NumPy hands them over column by column.
    cosines, sines = (part.t().contiguous().t() for part in (angles.cos(), angles.sin()))
    context = ops.begin((cosines, sines), cache, start)
    out = ops.attention(0, ops.rope_and_cache_kv(0, qkv, norms, context), context)
    return torch.cat((out.flatten(), cache.layer(0)[:, :, : length + count].flatten()))


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("count", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("length", [0, 5, 31, 32, 1020, 9000])
@pytest.mark.parametrize(("heads", "head_dim"), [(16, 128), (32, 128), (64, 128), (8, 64)])
def test_few_tokens_attend(heads: int, head_dim: int, length: int, count: int, captured: bool) -> None:
    config = replace(CONFIG, heads=heads, head_dim=head_dim)
    past, qkv = random(2, 8, length, head_dim), random(count, (heads + 16) * head_dim)
    norms = random(head_dim), random(head_dim)
    gpu = CudaOps(config)
    if captured and count not in gpu.capturable_sizes:
        pytest.skip("more queries than a thread has registers for")
    own = run_attention(gpu, config, past, qkv, norms, captured=captured)
    true = run_attention(PlainOps(config), config, past.double().bfloat16(), qkv, norms, captured=False)
    assert differ(own, true) < 0.006


@pytest.mark.parametrize("length", [0, 700])
@pytest.mark.parametrize("count", [3, 100, 1100])
def test_many_tokens_attend(length: int, count: int) -> None:
    past, qkv = random(2, 8, length, 128), random(count, 32 * 128)
    norms = random(128), random(128)
    own, true = (run_attention(ops(CONFIG), CONFIG, past, qkv, norms, captured=False) for ops in (CudaOps, PlainOps))
    assert differ(own, true) < 0.006


@pytest.mark.parametrize(("inputs", "outputs", "group"), [(256, 96, 32), (2048, 4096, 128), (320, 40, 64)])
def test_weights_are_dequantised(inputs: int, outputs: int, group: int) -> None:
    words = torch.randint(-(2**31), 2**31 - 1, (inputs // 8, outputs), dtype=torch.int32, device=GPU)
    weight = GptqWeight(words, torch.rand(inputs // group, outputs, device=GPU).half() + 0.01)
    assert differ(dequantized_on_gpu(weight, torch.bfloat16), dequantized(weight, torch.float64)) < 0.003


def test_a_graph_replays_what_was_captured() -> None:
    x, weight = random(4, 512), random(512)
    ops = CudaOps(CONFIG)
    replay = capture_cuda_graph(lambda: ops.rms_norm(x, weight))
    for _ in range(2):
        x.copy_(random(4, 512))
        assert torch.equal(replay(), ops.rms_norm(x, weight))
