"""What the port promises beyond right numbers: caches that survive a stop, memory errors in words."""

from pathlib import Path

import numpy as np
import pytest
import torch

from app.domain.chat import Role, Turn
from app.domain.errors import Cancelled, CheckpointError
from app.engine.checkpoints.config import TextConfig
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.prompt import build_prompt, text_positions
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.port import FloatArray
from app.engine.runtimes.torch.devices import choose_device
from app.engine.runtimes.torch.kv_cache import STEP, KvCache
from app.engine.runtimes.torch.runtime import TorchRuntime
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout


def go_on() -> None:
    """Never cancelled."""


def ignore(part: float) -> None:
    """No progress is looked at."""


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: TinyCheckpoint) -> Checkpoint:
    return open_checkpoint(tiny_checkpoint(Layout.AUTO_GPTQ))


@pytest.fixture
def runtime(checkpoint: Checkpoint) -> TorchRuntime:
    return TorchRuntime(checkpoint, choose_device(), ignore, go_on)


@pytest.fixture(scope="module")
def tokens(checkpoint: Checkpoint) -> list[int]:
    tokenizer = ChatTokenizer(checkpoint)
    prompt = build_prompt([Turn(Role.USER, "Describe the station.")], [], tokenizer, checkpoint.config)
    return [int(token) for token in prompt.token_ids]


def prefill(runtime: TorchRuntime, tokens: list[int], check: object = go_on) -> FloatArray:
    positions = text_positions(runtime.length, len(tokens))
    return runtime.prefill(np.array(tokens, np.int64), positions, [], ignore, check)  # type: ignore[arg-type]


def test_whole_in_parts_and_one_by_one_are_the_same(runtime: TorchRuntime, tokens: list[int]) -> None:
    whole = prefill(runtime, tokens)
    runtime.truncate(0)
    prefill(runtime, tokens[:5])
    parts = prefill(runtime, tokens[5:])
    runtime.truncate(3)
    steps = [runtime.step(np.array([token]), text_positions(3 + index, 1))[0] for index, token in enumerate(tokens[3:])]
    runtime.truncate(3)
    batch = runtime.step(np.array(tokens[3:]), text_positions(3, len(tokens) - 3))

    for other in (parts, steps[-1], batch[-1]):
        assert np.abs(other - whole).max() < 0.15
        assert other.argmax() == whole.argmax()
    assert np.abs(batch - np.stack(steps)).max() < 0.15


def test_a_stopped_prefill_leaves_no_trace(runtime: TorchRuntime, tokens: list[int]) -> None:
    prefill(runtime, tokens[:6])
    expected = prefill(runtime, tokens[6:])
    runtime.truncate(6)
    asked = 0

    def stop_in_the_last_layer() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        prefill(runtime, [40] * 30, stop_in_the_last_layer)

    assert runtime.length == 6
    assert np.array_equal(prefill(runtime, tokens[6:]), expected)


def test_a_cache_is_cut_only_where_there_is_one(runtime: TorchRuntime, tokens: list[int]) -> None:
    prefill(runtime, tokens)
    with pytest.raises(ValueError, match="cannot cut"):
        runtime.truncate(len(tokens) + 1)


def test_lack_of_memory_is_a_memory_error(runtime: TorchRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> torch.Tensor:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(runtime._text, "forward", fail)
    with pytest.raises(MemoryError):
        runtime.step(np.array([1]), text_positions(0, 1))


def test_zeros_and_orders_that_a_symmetric_scheme_does_not_have(
    tmp_path: Path, tiny_checkpoint: TinyCheckpoint
) -> None:
    import shutil  # noqa: PLC0415

    from safetensors.torch import load_file, save_file  # noqa: PLC0415

    shutil.copytree(tiny_checkpoint(Layout.AUTO_GPTQ), tmp_path, dirs_exist_ok=True)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    name = "model.language_model.layers.1.mlp.down_proj"
    order = torch.arange(len(tensors[f"{name}.qweight"]) * 8, dtype=torch.int32) // 128
    for change, words in (
        ({f"{name}.qzeros": tensors[f"{name}.qzeros"] + 1}, "asymmetrically"),
        ({f"{name}.g_idx": order.flip(0).contiguous()}, "re-ordered"),
    ):
        save_file({**tensors, **change}, file)
        with pytest.raises(CheckpointError, match=words):
            TorchRuntime(open_checkpoint(tmp_path), choose_device(), ignore, go_on)


def test_the_cache_grows_in_steps_and_keeps_what_it_holds() -> None:
    config = TextConfig(
        vocab_size=8, hidden_size=8, layers=2, heads=2, kv_heads=1, head_dim=4, intermediate_size=8, rms_norm_eps=1e-6,
        rope_theta=1e4, mrope_section=(2, 0, 0), max_positions=4000,
    )  # fmt: skip
    cache = KvCache(config, choose_device(), capacity=STEP + 10)
    first = torch.randn(1, 5, 4).bfloat16()
    cache.reserve(5)
    cache.append(1, first, first + 1)
    cache.length = 5

    cache.reserve(STEP + 3)
    keys, values = cache.append(1, first[:, :2], first[:, :2])

    assert keys.shape == values.shape == (1, 7, 4)
    assert torch.equal(keys[:, :5], first)
    assert torch.equal(values[:, :5], first + 1)
    with pytest.raises(ValueError, match="do not fit"):
        cache.reserve(STEP + 11)
