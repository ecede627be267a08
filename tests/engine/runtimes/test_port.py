"""What the port promises of every runtime beyond right numbers: a cache that survives a stop, and can be cut."""

import numpy as np
import pytest

from app.domain.chat import Role, Turn
from app.domain.errors import Cancelled
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.prompt import build_prompt, text_positions
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.choose import Choice, openvino_choice, torch_choice
from app.engine.runtimes.port import DecoderRuntime, FloatArray
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout

LONG = 600
"""Tokens of a prompt that no runtime takes in one piece without looking for Stop."""


def go_on() -> None:
    """Never cancelled."""


def ignore(part: float) -> None:
    """No progress is looked at."""


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: TinyCheckpoint) -> Checkpoint:
    return open_checkpoint(tiny_checkpoint(Layout.AUTO_GPTQ))


@pytest.fixture(scope="module", params=["torch", "openvino"])
def choice(request: pytest.FixtureRequest) -> Choice:
    return {"torch": torch_choice, "openvino": openvino_choice}[request.param]()


@pytest.fixture
def runtime(choice: Choice, checkpoint: Checkpoint) -> DecoderRuntime:
    return choice.open(checkpoint, ignore, go_on)


@pytest.fixture(scope="module")
def tokens(checkpoint: Checkpoint) -> list[int]:
    tokenizer = ChatTokenizer(checkpoint)
    prompt = build_prompt([Turn(Role.USER, "Describe the station.")], [], tokenizer, checkpoint.config)
    return [int(token) for token in prompt.token_ids]


def prefill(
    runtime: DecoderRuntime, tokens: list[int], progress: ProgressCallback = ignore, check: CancelCheck = go_on
) -> FloatArray:
    positions = text_positions(runtime.length, len(tokens))
    return runtime.prefill(np.array(tokens, np.int64), positions, [], progress, check)


def test_whole_in_parts_and_one_by_one_are_the_same(runtime: DecoderRuntime, tokens: list[int]) -> None:
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


def test_a_stopped_prefill_leaves_no_trace(runtime: DecoderRuntime, tokens: list[int]) -> None:
    prefill(runtime, tokens[:6])
    expected = prefill(runtime, tokens[6:])
    runtime.truncate(6)
    done: list[float] = []

    def stop_behind_first_part() -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        prefill(runtime, [40] * LONG, done.append, stop_behind_first_part)

    assert 0 < done[-1] < 1
    assert runtime.length == 6
    assert np.array_equal(prefill(runtime, tokens[6:]), expected)


def test_a_cache_is_cut_only_where_there_is_one(runtime: DecoderRuntime, tokens: list[int]) -> None:
    prefill(runtime, tokens)
    with pytest.raises(ValueError, match="cannot cut"):
        runtime.truncate(len(tokens) + 1)
