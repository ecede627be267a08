"""A thinking model's prompts, as its published template renders them, and its answers without their reasoning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.errors import Cancelled
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.settings.generation_options import GREEDY, Sampling
from app.engine.answering import NO_STAGE, GenerationCallbacks
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation import generate as generate_module
from app.engine.generation.generate import generate
from app.engine.generation.prefix_cache import PrefixCache
from app.engine.generation.prompt import Prompt, build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.generation.vision_cache import VisionFeatureCache
from app.engine.runtimes.port import BoolArray, FloatArray, IntArray
from tests.engine.conftest import TinyCheckpoint
from tests.engine.generation.test_generate import ScriptedRuntime
from tests.support.thinking import make_thinking, rendered
from tests.support.tiny_checkpoint import Layout

IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"
THOUGHT = "Three lines, so nine.\n"
SAID = f"{THOUGHT}</think>\n\nNine euros."


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: TinyCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder: Path = tmp_path_factory.mktemp("thinking") / "tiny"
    return open_checkpoint(make_thinking(tiny_checkpoint(Layout.PLAIN), folder))


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Checkpoint) -> ChatTokenizer:
    return ChatTokenizer(checkpoint)


def build(checkpoint: Checkpoint, turns: Sequence[Turn], *, is_unfinished: bool = False) -> Prompt:
    images = sum(len(turn.images) for turn in turns)
    grids = [(1, 2, 2)] * images
    tokenizer = ChatTokenizer(checkpoint)
    return build_prompt(turns, grids, tokenizer, checkpoint.config, thinks=True, is_unfinished=is_unfinished)


def ids(checkpoint: Checkpoint, text: str) -> list[int]:
    plain = Tokenizer.from_file(str(checkpoint.tokenizer_path))
    return list(plain.encode(text, add_special_tokens=False).ids)


CONVERSATIONS = [
    [("user", "What is the total?", 0, "")],
    [("user", "What is the total?", 2, "")],
    [("user", "Total?", 1, ""), ("assistant", "Nine.", 0, "Three lines."), ("user", "Sure?\n", 0, "")],
    [("user", "A?", 1, ""), ("assistant", "<think>\nHm.\n</think>\n\nB.", 0, ""), ("user", "C?", 1, "")],
    [("user", "A?", 0, ""), ("assistant", "B.", 0, "x"), ("user", "C?", 0, ""), ("assistant", "D.", 0, "y"),
     ("user", "E? <think> is a tag.", 0, "")],
]  # fmt: skip


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_prompts_are_those_of_the_template(
    checkpoint: Checkpoint, conversation: Sequence[tuple[str, str, int, str]]
) -> None:
    turns = [Turn(Role(role), text, (SeenImage("a.png"),) * images) for role, text, images, _ in conversation]
    messages = []
    for role, text, images, thought in conversation:
        content = [*({"type": "image"} for _ in range(images)), {"type": "text", "text": text}] if images else text
        messages.append({"role": role, "content": content} | ({"reasoning_content": thought} if thought else {}))

    prompt = build(checkpoint, turns)

    expected = rendered(messages, add_generation_prompt=True)
    assert expected.endswith("<|im_start|>assistant\n<think>\n")
    assert expected.count(IMAGE) == sum(images for _, _, images, _ in conversation)
    assert prompt.token_ids.tolist() == ids(checkpoint, expected)
    assert prompt.opens_thought


@pytest.mark.parametrize(("thought", "text"), [("Three lines.\n", "Nine eu"), ("", "Nine eu")])
def test_an_answer_is_continued_behind_its_reasoning(checkpoint: Checkpoint, thought: str, text: str) -> None:
    turns = [Turn(Role.USER, "Total?"), Turn(Role.ASSISTANT, text, thought=thought)]
    messages = [
        {"role": "user", "content": "Total?"},
        {"role": "assistant", "content": text, "reasoning_content": thought},
    ]

    prompt = build(checkpoint, turns, is_unfinished=True)

    expected = rendered(messages, add_generation_prompt=False).removesuffix("<|im_end|>\n")
    assert prompt.token_ids.tolist() == ids(checkpoint, expected)
    assert not prompt.opens_thought


def test_reasoning_that_was_cut_off_is_continued(checkpoint: Checkpoint) -> None:
    turns = [Turn(Role.USER, "Total?"), Turn(Role.ASSISTANT, "", thought="Three li")]
    prompt = build(checkpoint, turns, is_unfinished=True)
    expected = "<|im_start|>user\nTotal?<|im_end|>\n<|im_start|>assistant\n<think>\nThree li"
    assert prompt.token_ids.tolist() == ids(checkpoint, expected)
    assert prompt.opens_thought


class CertainRuntime(ScriptedRuntime):
    """Its next token is all but certain, so that sampling takes it, too; drafts that are dropped are said again."""

    def step(self, token_ids: IntArray, positions: IntArray, allowed: BoolArray | None = None) -> FloatArray:
        self._step = self.length - self._start + 1
        return super().step(token_ids, positions, allowed)

    def _logits(self) -> FloatArray:
        if self._step == 0:
            self._start = self.length
        return super()._logits() * 10


@dataclass
class Heard:
    """What an answer's callbacks were told."""

    thought: str = ""
    text: str = ""
    order: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stops: Callable[["Heard"], bool] = lambda _: False

    def callbacks(self) -> GenerationCallbacks:
        return GenerationCallbacks(
            NO_STAGE, lambda delta: self._text(delta.text), self._check, on_thought=self._thought
        )

    def _text(self, text: str) -> None:
        self.text += text
        self.order.append("text")

    def _thought(self, text: str, seconds: float) -> None:
        self.thought += text
        self.order.append("thought")
        self.seconds.append(seconds)

    def _check(self) -> None:
        if self.stops(self):
            raise Cancelled


class Thinker:
    """The tiny model with a script in place of its weights."""

    def __init__(self, checkpoint: Checkpoint, tokenizer: ChatTokenizer) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = checkpoint.config.text.vocab_size
        self.prompt = build(checkpoint, [Turn(Role.USER, "Total?")])
        self._features = VisionFeatureCache(checkpoint.config.vision, checkpoint.preprocessor, max_tokens=64)
        self._placeholders = checkpoint.config.visual_tokens

    def say(
        self, text: str, heard: Heard, most: int = 100, sampling: Sampling = GREEDY
    ) -> tuple[FinishReason, AnswerStats, ScriptedRuntime]:
        runtime = CertainRuntime([*self._tokenizer.encode(text), self._tokenizer.turn_end], self._vocabulary)
        session = PrefixCache(runtime, self._features, self._placeholders)
        reason, stats = generate(session, self._tokenizer, self.prompt, [], sampling, most, heard.callbacks())
        return reason, stats, runtime


@pytest.fixture
def thinker(checkpoint: Checkpoint, tokenizer: ChatTokenizer) -> Thinker:
    return Thinker(checkpoint, tokenizer)


def test_reasoning_and_answer_come_apart(thinker: Thinker) -> None:
    heard = Heard()
    reason, stats, _ = thinker.say(SAID, heard)
    assert (reason, heard.thought, heard.text) == (FinishReason.COMPLETE, THOUGHT, "Nine euros.")
    assert heard.order == sorted(heard.order, reverse=True)  # The thought, then the text.
    assert heard.seconds == sorted(heard.seconds)
    assert stats.context_tokens < stats.prompt_tokens + stats.new_tokens


def test_a_finished_answer_leaves_the_prompt_for_the_next_one(thinker: Thinker) -> None:
    _, _, runtime = thinker.say(SAID, Heard())
    assert runtime.length == len(thinker.prompt.token_ids)


def test_reasoning_that_is_stopped_is_kept_apart(thinker: Thinker) -> None:
    heard = Heard(stops=lambda heard: len(heard.thought) > 5)
    reason, _, runtime = thinker.say(SAID, heard)
    assert reason is FinishReason.STOPPED
    assert heard.thought
    assert THOUGHT.startswith(heard.thought)
    assert not heard.text
    assert runtime.length > len(thinker.prompt.token_ids)


def test_reasoning_and_answer_have_limits_of_their_own(
    thinker: Thinker, tokenizer: ChatTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = len(tokenizer.encode(f"{THOUGHT}</think>"))
    monkeypatch.setattr(generate_module, "MAX_THOUGHT_TOKENS", needed + 1)
    heard = Heard()
    reason, stats, _ = thinker.say(SAID, heard, most=3)
    assert (reason, heard.thought) == (FinishReason.LENGTH, THOUGHT)
    assert "Nine euros.".startswith(heard.text.lstrip("\n"))
    assert stats.new_tokens == needed + 3

    monkeypatch.setattr(generate_module, "MAX_THOUGHT_TOKENS", 4)
    heard = Heard()
    reason, stats, _ = thinker.say(SAID, heard, most=100)
    assert (reason, heard.text, stats.new_tokens) == (FinishReason.LENGTH, "", 4)
    assert THOUGHT.startswith(heard.thought)


class Wavering(ScriptedRuntime):
    """Two tokens are about as likely, whatever was said; the first one a little more."""

    def _logits(self) -> FloatArray:
        logits = super()._logits() * 0
        logits[self._tokens[:2]] = 20.1, 20.0
        return logits


def test_reasoning_is_drawn_even_if_the_answer_is_to_be_greedy(
    checkpoint: Checkpoint, tokenizer: ChatTokenizer, thinker: Thinker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate_module, "MAX_THOUGHT_TOKENS", 20)
    one, other = tokenizer.encode("a")[0], tokenizer.encode("e")[0]

    def thought() -> str:
        heard = Heard()
        runtime = Wavering([one, other], checkpoint.config.text.vocab_size)
        features = VisionFeatureCache(checkpoint.config.vision, checkpoint.preprocessor, max_tokens=64)
        session = PrefixCache(runtime, features, checkpoint.config.visual_tokens)
        generate(session, tokenizer, thinker.prompt, [], GREEDY, 5, heard.callbacks())
        return heard.thought

    assert set(thought()) == {"a", "e"}
    assert thought() == thought()
