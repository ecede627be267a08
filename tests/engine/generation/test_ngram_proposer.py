"""Speculative decoding changes how fast an answer comes, and never a token of it."""

import random
import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from app.domain.chat.chat import Role, Turn
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.ports import CancelCheck, ProgressCallback
from app.domain.settings.generation_options import GREEDY, Sampling
from app.engine.answering import GenerationCallbacks
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.generate import generate
from app.engine.generation.ngram_proposer import (
    COST_PER_DRAFT_TOKEN,
    INITIAL_BALANCE,
    INITIAL_DRAFT_TOKENS,
    MAX_DRAFT_TOKENS,
    MAX_OVERHEAD,
    VERIFY_COST,
    NgramProposer,
)
from app.engine.generation.prefix_cache import PrefixCache
from app.engine.generation.prompt import build_prompt
from app.engine.generation.repetition import MIN_TOKENS
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.generation.vision_cache import VisionFeatureCache
from app.engine.runtimes.port import BoolArray, FloatArray, ImagePatches, IntArray
from app.paths import DEMO_MODEL
from tests.support.unread_cache import UnreadCache

MAX_NEW = 120
VOCABULARY = 8
"""So small that three tokens come again all the time, now with the same behind them and now with another."""


TABLE = 3 * np.random.default_rng(8).standard_normal((997, VOCABULARY)).astype(np.float32)


class HashRuntime(UnreadCache):
    """A runtime and its sequence whose next token depends on all that its cache holds, by `memory` tokens or whole."""

    capacity = cache_tokens = 4096
    table = TABLE

    def __init__(self, seed: int, memory: int | None) -> None:
        self._seed, self._memory = seed, memory
        self._held: list[int] = []
        self.passes = 0

    @property
    def length(self) -> int:
        return len(self._held)

    @property
    def allocated_tokens(self) -> int:
        return len(self._held)

    @property
    def visual_tokens(self) -> int:
        return 1

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> "HashRuntime":
        return self

    def free_memory(self) -> int:
        return 10**9

    def image_memory(self, patches: int) -> int:
        return 1000 * patches

    def memory_to_hold(self, length: int) -> int:
        return 1000 * length

    def open_sequence(self) -> "HashRuntime":
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

    def step(self, token_ids: IntArray, positions: IntArray, allowed: BoolArray | None = None) -> FloatArray:
        self.passes += 1
        rows = np.stack(self._read(token_ids))
        return rows if allowed is None else np.where(allowed, rows, np.float32(-np.inf))

    def truncate(self, length: int) -> None:
        assert length <= len(self._held)
        del self._held[length:]

    def _read(self, tokens: IntArray) -> list[FloatArray]:
        rows = []
        for token in tokens.tolist():
            self._held.append(token)
            seen = self._held if self._memory is None else self._held[-self._memory :]
            rows.append(self.table[zlib.crc32(bytes([self._seed, *(token % 256 for token in seen)])) % len(self.table)])
        return rows


class RandomProposer(NgramProposer):
    """Proposes anything, of any length, accepted now and then."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._random = random.Random(5)
        super().__init__(tokens)

    def propose(self, most: int) -> list[int]:
        return [self._random.randrange(VOCABULARY) for _ in range(self._random.randint(0, min(most, 20)))]


class NoProposer(NgramProposer):
    """Proposes nothing."""

    def propose(self, most: int) -> list[int]:
        return []


def answer(
    monkeypatch: pytest.MonkeyPatch,
    proposer: type[NgramProposer],
    seed: int,
    sampling: Sampling,
    memory: int | None,
    most: int = MAX_NEW,
    ends: FinishReason = FinishReason.LENGTH,
) -> tuple[list[int], AnswerStats, HashRuntime]:
    checkpoint = open_checkpoint(DEMO_MODEL)
    tokenizer = ChatTokenizer(checkpoint)
    monkeypatch.setattr("app.engine.generation.generate.NgramProposer", proposer)
    monkeypatch.setattr(tokenizer, "end_tokens", frozenset({VOCABULARY}))
    said: list[int] = []
    monkeypatch.setattr("app.engine.generation.generate.Detokenizer", lambda _: TokenRecorder(said))
    prompt = build_prompt([Turn(Role.USER, "Hello")], [], tokenizer, checkpoint.config)
    runtime = HashRuntime(seed, memory)
    images = VisionFeatureCache(checkpoint.config.vision, checkpoint.preprocessor, max_tokens=8192)
    session = PrefixCache(runtime, images, checkpoint.config.visual_tokens)
    callbacks = GenerationCallbacks(lambda *_: None, lambda _: None, lambda: None)
    reason, stats = generate(session, tokenizer, prompt, [], sampling, most, callbacks)
    assert reason is ends
    return said, stats, runtime


class TokenRecorder:
    """Writes tokens down in place of turning them into text."""

    def __init__(self, said: list[int]) -> None:
        self._said = said

    def push(self, token: int) -> str:
        self._said.append(token)
        return ""

    def finish(self) -> str:
        return ""


@pytest.mark.parametrize("memory", [None, 2])
@pytest.mark.parametrize("proposer", [NgramProposer, RandomProposer])
@pytest.mark.parametrize("sampling", [GREEDY, Sampling(seed=3)], ids=["greedy", "drawn"])
def test_the_answer_is_the_one_without_drafts(
    monkeypatch: pytest.MonkeyPatch, proposer: type[NgramProposer], sampling: Sampling, memory: int | None
) -> None:
    for seed in range(6):
        expected, plain, _ = answer(monkeypatch, NoProposer, seed, sampling, memory)
        said, stats, _ = answer(monkeypatch, proposer, seed, sampling, memory)
        assert said == expected
        assert plain.drafted_tokens == 0
        assert stats.new_tokens == len(said) == MAX_NEW


def test_an_answer_that_repeats_itself_takes_fewer_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a memory of two tokens and greedy choice, the answer ends in a loop."""
    said, stats, runtime = answer(monkeypatch, NgramProposer, 1, GREEDY, 2)
    assert stats.drafted_tokens > MAX_NEW / 2
    assert runtime.passes == len(said) - 1 - stats.drafted_tokens
    assert runtime.passes < MAX_NEW / 2


def test_what_followed_last_time_is_proposed() -> None:
    proposer = NgramProposer([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2])
    assert proposer.propose(10) == []
    proposer.push(3)
    assert proposer.propose(10) == [4, 5, 6, 7]
    assert proposer.propose(2) == [4, 5]


def test_drafts_grow_while_they_are_accepted() -> None:
    proposer = NgramProposer([*range(40), 0, 1, 2])
    lengths = []
    for _ in range(4):
        lengths.append(len(proposer.propose(100)))
        proposer.record_acceptance(lengths[-1], lengths[-1])
    assert lengths == [INITIAL_DRAFT_TOKENS, 2 * INITIAL_DRAFT_TOKENS, MAX_DRAFT_TOKENS, MAX_DRAFT_TOKENS]
    proposer.record_acceptance(MAX_DRAFT_TOKENS, 5)
    assert len(proposer.propose(100)) == 5


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("chance", [0.0, 0.3, 0.6])
def test_rejected_drafts_cost_a_small_share_of_an_answer(chance: float, seed: int) -> None:
    rng = random.Random(f"{seed} {chance}")
    proposer = NgramProposer([7] * 20)  # There is always something to propose.
    passes, said, count = 0.0, 0, 0
    while said < 1000:
        draft = proposer.propose(100)
        right = next((number for number in range(len(draft)) if rng.random() > chance), len(draft))
        passes += 1 + (VERIFY_COST + COST_PER_DRAFT_TOKEN * len(draft) if draft else 0)
        for _ in range(1 + right):
            proposer.push(7)
        if draft:
            proposer.record_acceptance(len(draft), right)
            count += 1
        said += 1 + right
    assert passes <= said * (1 + MAX_OVERHEAD) + INITIAL_BALANCE + VERIFY_COST + COST_PER_DRAFT_TOKEN * MAX_DRAFT_TOKENS
    assert count > said * MAX_OVERHEAD / 4  # It goes on trying.


def test_a_text_that_was_left_is_met_again() -> None:
    proposer = NgramProposer([*range(40), 0, 1, 2])
    proposer.push(77)  # in place of 3
    assert proposer.propose(3) == [4, 5, 6]
    proposer.push(6)  # 4 and 5 left out
    assert proposer.propose(3) == [7, 8, 9]
    for token in (78, 79):
        proposer.push(token)
    assert proposer.propose(3) == [9, 10, 11]
    proposer.push(80)
    assert proposer.propose(3) == []


def test_an_answer_that_repeats_itself_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    said, stats, _ = answer(monkeypatch, NgramProposer, 1, GREEDY, 2, most=3000, ends=FinishReason.REPEATING)
    assert MIN_TOKENS <= len(said) == stats.new_tokens < 1000
