"""Guesses change how fast an answer comes, and never a token of it."""

import random
import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from app.domain.chat import Role, Turn
from app.domain.generation import GREEDY, AnswerStats, FinishReason, Sampling
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.drafts import COST, COST_OF_EACH, CREDIT, FIRST_LENGTH, MOST_LENGTH, SHARE, Drafts
from app.engine.generation.generate import Listener, generate
from app.engine.generation.image_memory import ImageMemory
from app.engine.generation.prompt import build_prompt
from app.engine.generation.repetition import LEAST_TOKENS
from app.engine.generation.session_cache import SessionCache
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.port import FloatArray, ImagePatches, IntArray
from app.paths import DEMO_MODEL

MOST_NEW = 120
VOCABULARY = 8
"""So small that three tokens come again all the time, now with the same behind them and now with another."""


TABLE = 3 * np.random.default_rng(8).standard_normal((997, VOCABULARY)).astype(np.float32)


class Chain:
    """A runtime and its sequence whose next token depends on all that its cache holds, by `memory` tokens or whole."""

    capacity = cache_tokens = 4096

    def __init__(self, seed: int, memory: int | None) -> None:
        self._seed, self._memory = seed, memory
        self._held: list[int] = []
        self.passes = 0

    @property
    def length(self) -> int:
        return len(self._held)

    @property
    def visual_tokens(self) -> int:
        return 1

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> "Chain":
        return self

    def open_sequence(self) -> "Chain":
        return self

    def prefill(
        self,
        token_ids: IntArray,
        positions: IntArray,
        features: Sequence[object],
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> FloatArray:
        return self._read(token_ids)[-1]

    def step(self, token_ids: IntArray, positions: IntArray) -> FloatArray:
        self.passes += 1
        return np.stack(self._read(token_ids))

    def truncate(self, length: int) -> None:
        assert length <= len(self._held)
        del self._held[length:]

    def _read(self, tokens: IntArray) -> list[FloatArray]:
        rows = []
        for token in tokens.tolist():
            self._held.append(token)
            seen = self._held if self._memory is None else self._held[-self._memory :]
            rows.append(TABLE[zlib.crc32(bytes([self._seed, *(token % 256 for token in seen)])) % len(TABLE)])
        return rows


class Liar(Drafts):
    """Guesses anything, of any length, right now and then."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._random = random.Random(5)
        super().__init__(tokens)

    def guess(self, most: int) -> list[int]:
        return [self._random.randrange(VOCABULARY) for _ in range(self._random.randint(0, min(most, 20)))]


class Silent(Drafts):
    """Guesses nothing."""

    def guess(self, most: int) -> list[int]:
        return []


def answer(
    monkeypatch: pytest.MonkeyPatch,
    drafts: type[Drafts],
    seed: int,
    sampling: Sampling,
    memory: int | None,
    most: int = MOST_NEW,
    ends: FinishReason = FinishReason.LENGTH,
) -> tuple[list[int], AnswerStats, Chain]:
    checkpoint = open_checkpoint(DEMO_MODEL)
    tokenizer = ChatTokenizer(checkpoint)
    monkeypatch.setattr("app.engine.generation.generate.Drafts", drafts)
    monkeypatch.setattr(tokenizer, "end_tokens", frozenset({VOCABULARY}))
    said: list[int] = []
    monkeypatch.setattr("app.engine.generation.generate.Detokenizer", lambda _: Scribe(said))
    prompt = build_prompt([Turn(Role.USER, "Hello")], [], tokenizer, checkpoint.config)
    chain = Chain(seed, memory)
    memory_of_images = ImageMemory(checkpoint.config.vision, checkpoint.preprocessor, most_tokens=8192)
    session = SessionCache(chain, memory_of_images, checkpoint.config.image_token)
    listener = Listener(lambda *_: None, lambda _: None, lambda: None)
    reason, stats = generate(session, tokenizer, prompt, [], sampling, most, listener)
    assert reason is ends
    return said, stats, chain


class Scribe:
    """Writes tokens down in place of turning them into text."""

    def __init__(self, said: list[int]) -> None:
        self._said = said

    def push(self, token: int) -> str:
        self._said.append(token)
        return ""

    def finish(self) -> str:
        return ""


@pytest.mark.parametrize("memory", [None, 2])
@pytest.mark.parametrize("drafts", [Drafts, Liar])
@pytest.mark.parametrize("sampling", [GREEDY, Sampling(seed=3)], ids=["greedy", "drawn"])
def test_the_answer_is_the_one_without_guesses(
    monkeypatch: pytest.MonkeyPatch, drafts: type[Drafts], sampling: Sampling, memory: int | None
) -> None:
    for seed in range(6):
        expected, plain, _ = answer(monkeypatch, Silent, seed, sampling, memory)
        said, stats, _ = answer(monkeypatch, drafts, seed, sampling, memory)
        assert said == expected
        assert plain.drafted_tokens == 0
        assert stats.new_tokens == len(said) == MOST_NEW


def test_an_answer_that_repeats_itself_takes_fewer_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a memory of two tokens and greedy choice, the chain ends in a circle."""
    said, stats, chain = answer(monkeypatch, Drafts, 1, GREEDY, 2)
    assert stats.drafted_tokens > MOST_NEW / 2
    assert chain.passes == len(said) - 1 - stats.drafted_tokens
    assert chain.passes < MOST_NEW / 2


def test_what_followed_last_time_is_offered() -> None:
    drafts = Drafts([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2])
    assert drafts.guess(10) == []
    drafts.push(3)
    assert drafts.guess(10) == [4, 5, 6, 7]
    assert drafts.guess(2) == [4, 5]


def test_guesses_grow_while_they_are_right() -> None:
    drafts = Drafts([*range(40), 0, 1, 2])
    lengths = []
    for _ in range(4):
        lengths.append(len(drafts.guess(100)))
        drafts.judge(lengths[-1], lengths[-1])
    assert lengths == [FIRST_LENGTH, 2 * FIRST_LENGTH, MOST_LENGTH, MOST_LENGTH]
    drafts.judge(MOST_LENGTH, 5)
    assert len(drafts.guess(100)) == 5


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("chance", [0.0, 0.3, 0.6])
def test_wrong_guesses_cost_a_small_share_of_an_answer(chance: float, seed: int) -> None:
    rng = random.Random(f"{seed} {chance}")
    drafts = Drafts([7] * 20)  # There is always something to guess.
    passes, said, count = 0.0, 0, 0
    while said < 1000:
        guessed = drafts.guess(100)
        right = next((number for number in range(len(guessed)) if rng.random() > chance), len(guessed))
        passes += 1 + (COST + COST_OF_EACH * len(guessed) if guessed else 0)
        for _ in range(1 + right):
            drafts.push(7)
        if guessed:
            drafts.judge(len(guessed), right)
            count += 1
        said += 1 + right
    assert passes <= said * (1 + SHARE) + CREDIT + COST + COST_OF_EACH * MOST_LENGTH
    assert count > said * SHARE / 4  # It goes on trying.


def test_a_text_that_was_left_is_met_again() -> None:
    drafts = Drafts([*range(40), 0, 1, 2])
    drafts.push(77)  # in place of 3
    assert drafts.guess(3) == [4, 5, 6]
    drafts.push(6)  # 4 and 5 left out
    assert drafts.guess(3) == [7, 8, 9]
    for token in (78, 79):
        drafts.push(token)
    assert drafts.guess(3) == [9, 10, 11]
    drafts.push(80)
    assert drafts.guess(3) == []


def test_an_answer_that_goes_in_a_circle_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    said, stats, _ = answer(monkeypatch, Drafts, 1, GREEDY, 2, most=3000, ends=FinishReason.REPEATING)
    assert LEAST_TOKENS <= len(said) == stats.new_tokens < 1000
