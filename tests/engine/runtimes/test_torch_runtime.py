"""What is torch's own: errors of memory, schemes that its operators do not know, a cache that grows."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.domain.ports import NEVER_CANCELLED
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.config import TextConfig
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.mrope_positions import text_positions
from app.engine.runtimes.torch import kv_cache, vision
from app.engine.runtimes.torch.cuda_graph import WARM_UPS, Body
from app.engine.runtimes.torch.devices import Device, choose_device
from app.engine.runtimes.torch.kv_cache import STEP, KvCache
from app.engine.runtimes.torch.runtime import TorchRuntime
from app.engine.runtimes.torch.text_decoder import TextDecoder
from app.engine.runtimes.torch.vision import VisionTower
from app.engine.runtimes.torch.weights import Weights, fits_dequantized
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout


def ignore(part: float) -> None:
    """No progress is looked at."""


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: TinyCheckpoint) -> Checkpoint:
    return open_checkpoint(tiny_checkpoint(Layout.AUTO_GPTQ))


@pytest.fixture
def runtime(checkpoint: Checkpoint) -> TorchRuntime:
    return TorchRuntime(choose_device(), checkpoint, LoadOptions(), ignore, NEVER_CANCELLED)


def test_lack_of_memory_is_a_memory_error(runtime: TorchRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> torch.Tensor:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(TextDecoder, "forward", fail)
    with pytest.raises(MemoryError):
        runtime.open_sequence().prefill(np.array([1]), text_positions(0, 1), [], ignore, NEVER_CANCELLED)


def test_a_captured_step_computes_what_a_step_computes(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaying is calling the same function again, here as on a GPU; only the capturing is missing here."""
    monkeypatch.setattr(kv_cache, "STEP", 8)
    graphs: list[Body] = []

    def capture(body: Body) -> Body:
        for _ in range(WARM_UPS):
            body()
        graphs.append(body)
        return body

    device = choose_device()
    plain, graphed = (
        TorchRuntime(kind, checkpoint, LoadOptions(), ignore, NEVER_CANCELLED).open_sequence()
        for kind in (device, replace(device, capture=capture))
    )
    for token in (*range(30, 50), -4, *range(60, 70)):
        if token < 0:
            for sequence in (plain, graphed):
                sequence.truncate(sequence.length + token)
            continue
        positions = text_positions(plain.length, 1)
        expected, logits = (sequence.step(np.array([token]), positions) for sequence in (plain, graphed))
        assert np.abs(logits - expected).max() < 0.1
        assert graphed.length == plain.length
    assert len(graphs) == 4  # Memory for 8, 16, 24 and 32 tokens.
    for several in (np.arange(70, 73), np.arange(75, 80), np.arange(80, 81)):  # Padded to 4, to 8, not at all.
        positions = text_positions(plain.length, len(several))
        expected, logits = (sequence.step(several, positions) for sequence in (plain, graphed))
        assert logits.shape == expected.shape
        assert np.abs(logits - expected).max() < 0.1
    allowed = np.zeros(expected.shape, np.bool_)
    allowed[0, 5:9] = True
    for mask in (allowed, None):
        positions = text_positions(plain.length, 1)
        expected, logits = (sequence.step(np.array([81]), positions, mask) for sequence in (plain, graphed))
        assert np.array_equal(np.isneginf(logits), np.isneginf(expected))
        assert np.isneginf(logits).sum() == (0 if mask is None else (~mask).sum())
        known = np.isfinite(expected)
        assert np.abs(logits[known] - expected[known]).max() < 0.1


def test_scores_of_large_images_are_held_in_parts(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vision, "MAX_SCORES", 3 * 2 * 64)  # Of three queries, with two heads.
    pixels = torch.randn(64, checkpoint.config.vision.patch_values, generator=torch.Generator().manual_seed(0))
    held: list[int] = []
    attention = torch.nn.functional.scaled_dot_product_attention

    def counted(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        held.append(queries.shape[2])
        return attention(queries, keys, values)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", counted)

    def features(device: Device) -> torch.Tensor:
        tower = VisionTower(Weights(checkpoint, device), checkpoint.config.vision, ignore, NEVER_CANCELLED)
        return tower.encode(pixels, (1, 8, 8), ignore, NEVER_CANCELLED).embeddings.float()

    whole = features(choose_device())
    assert set(held) == {64}
    held.clear()
    parts = features(replace(choose_device(), keeps_scores=True))
    assert set(held) == {3, 1}
    assert torch.nn.functional.cosine_similarity(whole.flatten(), parts.flatten(), dim=0) > 0.9999


def test_a_full_cache_is_not_padded(checkpoint: Checkpoint) -> None:
    """Where padding would not fit, the tokens themselves still do."""
    device = replace(choose_device(), capture=lambda body: body)
    sequence = TorchRuntime(device, checkpoint, LoadOptions(cache_tokens=12), ignore, NEVER_CANCELLED).open_sequence()
    sequence.prefill(np.arange(30, 38), text_positions(0, 8), [], ignore, NEVER_CANCELLED)
    assert sequence.step(np.arange(40, 43), text_positions(8, 3)).shape[0] == 3
    assert sequence.step(np.arange(43, 44), text_positions(11, 1)).shape[0] == 1
    assert sequence.length == 12


def test_the_cache_grows_in_steps_and_keeps_what_it_holds() -> None:
    config = TextConfig(
        vocab_size=8, hidden_size=8, layers=2, heads=2, kv_heads=1, head_dim=4, intermediate_size=8, rms_norm_eps=1e-6,
        rope_theta=1e4, mrope_section=(2, 0, 0), max_positions=4000,
    )  # fmt: skip
    cache = KvCache(config, STEP + 10, torch.device("cpu"), torch.bfloat16)
    first = torch.randn(1, 5, 4).bfloat16()
    cache.reserve(5)
    cache.layer(1)[:, :, :5] = torch.stack((first, first + 1))
    cache.length = 5

    cache.reserve(STEP + 3)

    assert cache.layer(1).shape == (2, 1, STEP + 10, 4)
    keys, values = cache.layer(1)
    assert torch.equal(keys[:, :5], first)
    assert torch.equal(values[:, :5], first + 1)
    assert not keys[:, 5:].any()
    with pytest.raises(ValueError, match="do not fit"):
        cache.reserve(STEP + 11)


def test_with_memory_to_spare_4_bit_layers_are_kept_dequantised_too(checkpoint: Checkpoint) -> None:
    """Long prompts then multiply at once; short passes still read the 4-bit ones."""
    device = replace(choose_device(), free_memory=lambda: 2**40)
    small = replace(device, free_memory=lambda: 2**20)
    assert fits_dequantized(checkpoint, device, LoadOptions())
    assert not fits_dequantized(checkpoint, small, LoadOptions())
    assert not fits_dequantized(checkpoint, replace(device, operator=None), LoadOptions())
    prompt = np.arange(30, 100)
    said = []
    for kind in (small, device):
        sequence = TorchRuntime(kind, checkpoint, LoadOptions(), ignore, NEVER_CANCELLED).open_sequence()
        wide = sequence.prefill(prompt, text_positions(0, len(prompt)), [], ignore, NEVER_CANCELLED)
        said.append((wide, sequence.step(prompt[:1], text_positions(len(prompt), 1))))
    for plain, dense in zip(*said, strict=True):
        assert np.abs(plain - dense).max() < 0.1
