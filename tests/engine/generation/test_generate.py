"""The loop over a runtime that says what the test wants."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from app.domain.chat.chat import Role, Turn
from app.domain.errors import Cancelled, EngineError
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.engine_status import Stage
from app.domain.ports import CancelCheck, ProgressCallback
from app.domain.settings.generation_options import GREEDY
from app.domain.text.confidence import TextDelta
from app.engine.answering import GenerationCallbacks
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.generate import generate
from app.engine.generation.prefix_cache import PrefixCache
from app.engine.generation.prompt import Prompt, build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.generation.vision_cache import VisionFeatureCache
from app.engine.runtimes.port import BoolArray, FloatArray, ImagePatches, IntArray
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout
from tests.support.unread_cache import UnreadCache


class ScriptedRuntime(UnreadCache):
    """A runtime and its only sequence, which knows one row of tokens by heart. `positions` are those of every step."""

    capacity = cache_tokens = 200

    def __init__(self, tokens: Sequence[int], vocabulary: int) -> None:
        self._tokens = list(tokens)
        self._vocabulary = vocabulary
        self._step = 0
        self.length = 0
        self.positions: list[list[list[int]]] = []

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> "ScriptedRuntime":
        check()
        progress(0.5)
        return self

    @property
    def visual_tokens(self) -> int:
        return 4

    @property
    def allocated_tokens(self) -> int:
        return self.length

    def prefill(
        self,
        token_ids: IntArray,
        positions: IntArray,
        features: Sequence[object],
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> FloatArray:
        check()
        progress(1.0)
        self.length += len(token_ids)
        return self._logits()

    def step(self, token_ids: IntArray, positions: IntArray, allowed: BoolArray | None = None) -> FloatArray:
        self.positions.append(positions.tolist())
        self.length += len(token_ids)
        rows = np.stack([self._logits() for _ in token_ids])
        return rows if allowed is None else np.where(allowed, rows, np.float32(-np.inf))

    def truncate(self, length: int) -> None:
        self.length = length

    def free_memory(self) -> int:
        return 10**9

    def image_memory(self, patches: int) -> int:
        return 1000 * patches

    def memory_to_hold(self, length: int) -> int:
        return 1000 * length

    def open_sequence(self) -> "ScriptedRuntime":
        return self

    def _logits(self) -> FloatArray:
        logits = np.zeros(self._vocabulary, np.float32)
        logits[self._tokens[self._step % len(self._tokens)]] = 5.0
        self._step += 1
        return logits


class RecordedCallbacks:
    """Callbacks that record everything, and stops the answer when `stop_when` says so."""

    def __init__(self, stop_when: Callable[["RecordedCallbacks"], bool] = lambda _: False) -> None:
        self.texts: list[str] = []
        self.deltas: list[TextDelta] = []
        self.stages: list[Stage] = []
        self.checks = 0
        self.return_logprobs = False
        self._stop_when = stop_when

    def callbacks(self) -> GenerationCallbacks:
        return GenerationCallbacks(
            lambda stage, _: self.stages.append(stage), self._on_text, self._check, return_logprobs=self.return_logprobs
        )

    def _on_text(self, piece: TextDelta) -> None:
        self.texts.append(piece.text)
        self.deltas.append(piece)

    def _check(self) -> None:
        self.checks += 1
        if self._stop_when(self):
            raise Cancelled


class Harness:
    """A tokenizer and a prompt."""

    def __init__(self, folder: TinyCheckpoint) -> None:
        checkpoint = open_checkpoint(folder(Layout.AUTO_GPTQ))
        self.tokenizer = ChatTokenizer(checkpoint)
        self.config = checkpoint.config
        self._preprocessor = checkpoint.preprocessor
        self.prompt: Prompt = build_prompt([Turn(Role.USER, "Hello")], [], self.tokenizer, checkpoint.config)

    def run(
        self, text: str, recorded: RecordedCallbacks, max_new_tokens: int = 2048
    ) -> tuple[FinishReason, AnswerStats, ScriptedRuntime]:
        runtime = ScriptedRuntime([*self.tokenizer.encode(text), self.tokenizer.turn_end], self.config.text.vocab_size)
        callbacks = recorded.callbacks()
        session = self.session(runtime)
        reason, stats = generate(session, self.tokenizer, self.prompt, [], GREEDY, max_new_tokens, callbacks)
        return reason, stats, runtime

    def session(self, runtime: ScriptedRuntime) -> PrefixCache:
        features = VisionFeatureCache(self.config.vision, self._preprocessor, max_tokens=8192)
        return PrefixCache(runtime, features, self.config.visual_tokens)


@pytest.fixture(scope="module")
def harness(tiny_checkpoint: TinyCheckpoint) -> Harness:
    return Harness(tiny_checkpoint)


def test_an_answer_streams_to_its_end(harness: Harness) -> None:
    recorded = RecordedCallbacks()

    reason, stats, runtime = harness.run("Nine euros für 日本.", recorded)

    assert reason is FinishReason.COMPLETE
    assert "".join(recorded.texts) == "Nine euros für 日本."
    assert len(recorded.texts) > 5
    assert all(recorded.texts)
    assert recorded.stages == [Stage.PREFILLING]
    tokens = len(harness.tokenizer.encode("Nine euros für 日本."))
    assert (stats.new_tokens, stats.prompt_tokens) == (tokens, len(harness.prompt.token_ids))
    assert stats.context_tokens == stats.prompt_tokens + tokens
    first = harness.prompt.next_position
    assert runtime.positions == [[[first + step]] * 3 for step in range(tokens)]


def test_deltas_carry_their_probability_where_it_is_asked_for(harness: Harness) -> None:
    recorded = RecordedCallbacks()
    harness.run("Nine euros für 日本.", recorded)
    assert {piece.probability for piece in recorded.deltas} == {1.0}

    recorded = RecordedCallbacks()
    recorded.return_logprobs = True
    harness.run("Nine euros für 日本.", recorded)
    likely = math.exp(5) / (math.exp(5) + harness.config.text.vocab_size - 1)  # Of one token, by the runtime's logits.
    tokens = len(harness.tokenizer.encode("Nine euros für 日本."))
    assert sum(math.log(piece.probability) for piece in recorded.deltas) == pytest.approx(tokens * math.log(likely))
    assert "".join(recorded.texts) == "Nine euros für 日本."


def test_alternatives_are_reported(harness: Harness) -> None:
    one, other = (harness.tokenizer.encode(word)[0] for word in ("A", "B"))

    class UndecidedRuntime(ScriptedRuntime):
        def _logits(self) -> FloatArray:
            logits = super()._logits()
            if logits[one]:
                logits[one], logits[other] = 30.0, 29.0
            return logits

    runtime = UndecidedRuntime([one, harness.tokenizer.turn_end], harness.config.text.vocab_size)
    recorded = RecordedCallbacks()
    recorded.return_logprobs = True
    generate(harness.session(runtime), harness.tokenizer, harness.prompt, [], GREEDY, 9, recorded.callbacks())
    (piece,) = recorded.deltas
    assert piece.probability == pytest.approx(1 / (1 + math.exp(-1)))
    assert [text for text, _ in piece.alternatives] == [harness.tokenizer.decode([other])]
    assert piece.alternatives[0][1] == pytest.approx(1 / (1 + math.e))


def test_the_length_limit_ends_it(harness: Harness) -> None:
    recorded = RecordedCallbacks()
    reason, stats, _ = harness.run("One two three four", recorded, max_new_tokens=3)
    assert (reason, stats.new_tokens) == (FinishReason.LENGTH, 3)
    assert "One two three four".startswith("".join(recorded.texts))


def test_the_context_limit_ends_it(harness: Harness) -> None:
    reason, stats, runtime = harness.run("word " * 300, RecordedCallbacks())
    assert reason is FinishReason.LENGTH
    assert stats.context_tokens == runtime.capacity


def test_stop_ends_it_within_one_token(harness: Harness) -> None:
    recorded = RecordedCallbacks(stop_when=lambda recorded: len(recorded.texts) == 2)

    reason, stats, _ = harness.run("One two three four", recorded)

    assert reason is FinishReason.STOPPED
    assert len(recorded.texts) == 2
    assert stats.new_tokens <= 3


def test_stop_before_the_first_token(harness: Harness) -> None:
    recorded = RecordedCallbacks(stop_when=lambda _: True)
    reason, stats, _ = harness.run("One", recorded)
    assert (reason, stats.new_tokens, recorded.texts) == (FinishReason.STOPPED, 0, [])


def test_stop_in_the_middle_of_a_character_shows_what_there_is(harness: Harness) -> None:
    recorded = RecordedCallbacks(stop_when=lambda recorded: recorded.checks == 4)
    harness.run("日本", recorded)
    assert "".join(recorded.texts) == "\N{REPLACEMENT CHARACTER}"[: len(recorded.texts)] or recorded.texts == ["日"]


def test_a_chat_too_long_for_the_model_is_refused_in_words(harness: Harness) -> None:
    prompt = build_prompt([Turn(Role.USER, "word " * 200)], [], harness.tokenizer, harness.config)
    runtime = ScriptedRuntime([0], harness.config.text.vocab_size)

    with pytest.raises(EngineError, match=r"more than the model's limit of 200.*Start a new chat"):
        generate(harness.session(runtime), harness.tokenizer, prompt, [], GREEDY, 2048, RecordedCallbacks().callbacks())
