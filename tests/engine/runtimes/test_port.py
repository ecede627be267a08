"""What the port promises of every runtime beyond right numbers: a cache that survives a stop, and can be cut."""

import numpy as np
import pytest

from app.domain.chat.chat import Role, Turn
from app.domain.errors import Cancelled
from app.domain.ports import NEVER_CANCELLED, CancelCheck, ProgressCallback
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.mrope_positions import text_positions
from app.engine.generation.prompt import build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes import graph_sequence
from app.engine.runtimes.port import DecoderRuntime, DecoderSequence, FloatArray, ImagePatches
from app.engine.runtimes.registry import Choice
from app.engine.runtimes.torch.layer_ops import PlainOps
from tests.engine.conftest import TinyCheckpoint
from tests.support.runtimes import RUNTIMES
from tests.support.tiny_checkpoint import Layout

TOP = 20
"""Tokens that sampling may draw, so that a runtime's logits of them are exact; the others' may be approximate."""
LONG = 600
"""Tokens of a prompt that no runtime takes in one piece without looking for Stop."""


def ignore(part: float) -> None:
    """No progress is looked at."""


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: TinyCheckpoint) -> Checkpoint:
    return open_checkpoint(tiny_checkpoint(Layout.AUTO_GPTQ))


@pytest.fixture(scope="module", params=RUNTIMES)
def choice(request: pytest.FixtureRequest) -> Choice:
    return RUNTIMES[request.param](LoadOptions())


@pytest.fixture(scope="module")
def runtime(choice: Choice, checkpoint: Checkpoint) -> DecoderRuntime:
    return choice.open(checkpoint, LoadOptions(), ignore, NEVER_CANCELLED)


@pytest.fixture
def sequence(runtime: DecoderRuntime) -> DecoderSequence:
    return runtime.open_sequence()


@pytest.fixture(scope="module")
def tokens(checkpoint: Checkpoint) -> list[int]:
    tokenizer = ChatTokenizer(checkpoint)
    prompt = build_prompt([Turn(Role.USER, "Describe the station.")], [], tokenizer, checkpoint.config)
    return [int(token) for token in prompt.token_ids]


def prefill(
    sequence: DecoderSequence,
    tokens: list[int],
    progress: ProgressCallback = ignore,
    check: CancelCheck = NEVER_CANCELLED,
) -> FloatArray:
    positions = text_positions(sequence.length, len(tokens))
    return sequence.prefill(np.array(tokens, np.int64), positions, [], progress, check)


def assert_alike(logits: FloatArray, expected: FloatArray) -> None:
    likeliest = np.argpartition(expected, -TOP)[-TOP:]
    assert np.abs(logits - expected)[likeliest].max() < 0.15
    assert logits.max() < expected.max() + 0.15


def test_whole_in_parts_and_one_by_one_are_the_same(sequence: DecoderSequence, tokens: list[int]) -> None:
    whole = prefill(sequence, tokens)
    sequence.truncate(0)
    prefill(sequence, tokens[:5])
    parts = prefill(sequence, tokens[5:])
    sequence.truncate(3)
    steps = [
        sequence.step(np.array([token]), text_positions(3 + index, 1))[0] for index, token in enumerate(tokens[3:])
    ]
    sequence.truncate(3)
    batch = sequence.step(np.array(tokens[3:]), text_positions(3, len(tokens) - 3))

    for other in (parts, steps[-1], batch[-1]):
        assert_alike(other, whole)
    for one, another in zip(batch, steps, strict=True):
        assert_alike(one, another)


def test_a_stopped_prefill_leaves_no_trace(sequence: DecoderSequence, tokens: list[int]) -> None:
    prefill(sequence, tokens[:6])
    expected = prefill(sequence, tokens[6:])
    sequence.truncate(6)
    done: list[float] = []

    def stop_behind_first_part() -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        prefill(sequence, [40] * LONG, done.append, stop_behind_first_part)

    assert 0 < done[-1] < 1
    assert sequence.length == 6
    assert np.array_equal(prefill(sequence, tokens[6:]), expected)


def test_a_cache_is_cut_only_where_there_is_one(sequence: DecoderSequence, tokens: list[int]) -> None:
    prefill(sequence, tokens)
    with pytest.raises(ValueError, match="cannot cut"):
        sequence.truncate(len(tokens) + 1)


def test_two_sequences_do_not_disturb_each_other(runtime: DecoderRuntime, tokens: list[int]) -> None:
    alone = runtime.open_sequence()
    expected = prefill(alone, tokens)
    first, second = runtime.open_sequence(), runtime.open_sequence()
    prefill(first, tokens[:6])
    prefill(second, [40] * 90)
    assert np.array_equal(prefill(first, tokens[6:]), prefill_in_two(runtime, tokens))
    assert np.array_equal(prefill(runtime.open_sequence(), tokens), expected)
    assert (first.length, second.length) == (len(tokens), 90)


def prefill_in_two(runtime: DecoderRuntime, tokens: list[int]) -> FloatArray:
    sequence = runtime.open_sequence()
    prefill(sequence, tokens[:6])
    return prefill(sequence, tokens[6:])


def test_a_sequence_has_an_end(sequence: DecoderSequence, runtime: DecoderRuntime) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        sequence.step(np.full(runtime.capacity + 1, 40), text_positions(0, runtime.capacity + 1))
    assert sequence.length == 0


def test_the_memory_that_a_longer_chat_needs_is_told(
    runtime: DecoderRuntime, sequence: DecoderSequence, checkpoint: Checkpoint
) -> None:
    """In numbers of 2 or 4 bytes."""
    text = checkpoint.config.text
    prefill(sequence, [40] * LONG)
    assert sequence.memory_to_hold(LONG) == 0
    more = sequence.memory_to_hold(runtime.capacity) - sequence.memory_to_hold(runtime.capacity // 2)
    numbers = 2 * text.layers * text.kv_heads * text.head_dim * runtime.capacity // 2
    assert more in {2 * numbers, 4 * numbers}
    assert runtime.free_memory() > more
    assert runtime.image_memory(2000) == 2 * runtime.image_memory(1000) > 0


def test_an_image_may_lie_on_the_border_of_two_passes(
    runtime: DecoderRuntime, tokens: list[int], checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    vision = checkpoint.config.vision
    pixels = np.random.default_rng(0).standard_normal((64, vision.patch_values)).astype(np.float32)
    halves = (ImagePatches(part, (1, 4, 8)) for part in (pixels[:32], pixels[32:]))
    features = [runtime.encode_image(half, ignore, NEVER_CANCELLED) for half in halves]
    image = [checkpoint.config.image_token] * 8
    prompt = np.array([*tokens[:4], *image, *tokens[4:6], *image, *tokens[6:]], np.int64)

    def logits() -> FloatArray:
        positions = text_positions(0, len(prompt))
        return runtime.open_sequence().prefill(prompt, positions, features, ignore, NEVER_CANCELLED)

    whole = logits()
    monkeypatch.setattr(graph_sequence, "CHUNK", 7)
    monkeypatch.setattr(PlainOps, "prefill_tokens", 7)
    assert_alike(logits(), whole)


def test_other_tokens_than_allowed_ones_are_out_and_those_are_exact(
    sequence: DecoderSequence, tokens: list[int]
) -> None:
    prefill(sequence, tokens)
    inputs = np.array(tokens[:2]), text_positions(len(tokens), 2)
    plain = sequence.step(*inputs)
    allowed = np.zeros(plain.shape, np.bool_)
    allowed[0, np.argsort(plain[0])[:5]] = True  # What no shortlist has.
    allowed[1, ::2] = True
    sequence.truncate(len(tokens))
    limited = sequence.step(*inputs, allowed)
    assert np.isneginf(limited[~allowed]).all()
    assert np.abs(limited - plain)[allowed].max() < 0.15
    sequence.truncate(len(tokens))
    assert np.array_equal(sequence.step(*inputs), plain)


def test_a_restored_cache_goes_on_as_the_one_that_was_read(
    runtime: DecoderRuntime, sequence: DecoderSequence, tokens: list[int]
) -> None:
    prefill(sequence, tokens)
    length = len(tokens)
    parts = [(start, min(start + 5, length)) for start in range(0, length, 5)]
    kept = [(start, end, sequence.read(start, end)) for start, end in parts]
    expected = prefill(sequence, tokens[:3])
    other = runtime.open_sequence()
    other.reserve(length)
    assert other.allocated_tokens >= length
    assert other.memory_to_hold(length) == 0
    for start, end, data in kept:
        other.restore(start, end, data.copy())
    assert other.length == length
    assert np.array_equal(prefill(other, tokens[:3]), expected)


def test_what_is_restored_takes_the_place_of_what_followed(sequence: DecoderSequence, tokens: list[int]) -> None:
    prefill(sequence, tokens)
    kept = sequence.read(2, 9)
    sequence.truncate(9)
    expected = prefill(sequence, tokens[:3])
    sequence.truncate(5)
    prefill(sequence, tokens[:3])
    sequence.restore(2, 9, kept)
    assert sequence.length == 9
    assert np.array_equal(prefill(sequence, tokens[:3]), expected)


def test_data_of_another_size_is_refused_and_changes_nothing(sequence: DecoderSequence, tokens: list[int]) -> None:
    prefill(sequence, tokens)
    kept = sequence.read(0, len(tokens))
    with pytest.raises(ValueError, match=r"."):
        sequence.restore(0, len(tokens), kept[:-4])
    with pytest.raises(ValueError, match=r"."):
        sequence.restore(len(tokens) + 1, len(tokens) + 2, kept)
    with pytest.raises(ValueError, match=r"."):
        sequence.read(0, len(tokens) + 1)
    assert sequence.length == len(tokens)


def test_features_return_from_their_bytes_exactly(
    runtime: DecoderRuntime, checkpoint: Checkpoint, tokens: list[int]
) -> None:
    vision = checkpoint.config.vision
    side = 4 * vision.merge_size
    pixels = np.random.default_rng(1).standard_normal((side * side, vision.patch_values)).astype(np.float32)
    features = runtime.encode_image(ImagePatches(pixels, (1, side, side)), ignore, NEVER_CANCELLED)
    again = runtime.features_from(features.to_bytes().copy(), features.visual_tokens)
    assert again.visual_tokens == features.visual_tokens
    image = [tokens[0], *[checkpoint.config.visual_tokens[0]] * features.visual_tokens, tokens[-1]]
    positions = text_positions(0, len(image))
    logits = [
        runtime.open_sequence().prefill(np.array(image), positions, [given], ignore, NEVER_CANCELLED)
        for given in (features, again)
    ]
    assert np.array_equal(logits[0], logits[1])
    with pytest.raises(ValueError, match=r"."):
        runtime.features_from(features.to_bytes()[:-4], features.visual_tokens)
