"""Answers that have to match a JSON schema, whatever the model would rather say."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.chat.chat import Role, Turn
from app.domain.chat.presets import FIND
from app.domain.documents.fields import Field, FieldAnswer, field_schema, read_field_answer
from app.domain.errors import Cancelled, EngineError
from app.domain.models.answer_stats import FinishReason
from app.domain.ports import NEVER_CANCELLED
from app.domain.settings.generation_options import GREEDY, GenerationOptions, Sampling
from app.domain.text.grounding import detections_in
from app.domain.text.place_answers import BOXES_SCHEMA
from app.engine.answering import NO_STAGE, GenerationCallbacks
from app.engine.backends.model_backend import ModelBackend
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.constraint import Constraints
from app.engine.generation.generate import generate
from app.engine.generation.ngram_proposer import NgramProposer
from app.engine.generation.prefix_cache import PrefixCache
from app.engine.generation.prompt import build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.generation.vision_cache import VisionFeatureCache
from app.engine.process.messages import AnswerDelta, Ask, Event, OpenModel
from app.paths import DEMO_MODEL
from tests.engine.generation.test_ngram_proposer import HashRuntime, NoProposer
from tests.engine.generation.test_thinking_answers import CertainRuntime
from tests.support.runtimes import RUNTIMES

FIELDS = (Field("date"), Field("total"))
SCHEMA = field_schema(FIELDS)
VALID = '{"date": {"value": "1 May", "text": "May 1"}, "total": {"value": "", "text": ""}}'
BOX = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 1000}, "minItems": 4, "maxItems": 4}
PLACE: dict[str, Any] = {
    "type": "object",
    "properties": {"bbox_2d": BOX, "label": {"type": "string", "maxLength": 9}, "kind": {"enum": ["cat", "dog"]}},
    "required": ["bbox_2d", "label", "kind"],
    "additionalProperties": False,
}
PLACES = json.dumps({"type": "array", "items": PLACE, "minItems": 1, "maxItems": 2})
HOT = Sampling(temperature=2.0, top_p=1.0, top_k=0, presence_penalty=0.0)
PENALISED = Sampling(temperature=2.0, presence_penalty=1.5, repetition_penalty=1.3)


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return open_checkpoint(DEMO_MODEL)


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Checkpoint) -> ChatTokenizer:
    return ChatTokenizer(checkpoint)


class Speaker:
    """Answers of runtimes that say what a test wants, with the demo model's tokenizer."""

    def __init__(self, checkpoint: Checkpoint, tokenizer: ChatTokenizer) -> None:
        self.checkpoint, self.tokenizer = checkpoint, tokenizer
        self.vocabulary = checkpoint.config.text.vocab_size
        self.constraints = Constraints(tokenizer, self.vocabulary)
        self.text = self.thought = ""
        self.passes = 0
        self.check: Callable[[], None] = lambda: None

    def certain(self, text: str, schema: str = "", *, thinks: bool = False, most: int = 190) -> FinishReason:
        """Answer with a model that is certain to say `text`."""
        runtime = CertainRuntime([*self.tokenizer.encode(text), self.tokenizer.turn_end], self.vocabulary)
        reason = self.answer(runtime, schema, thinks=thinks, most=most)
        self.passes = len(runtime.positions)
        return reason

    def answer(
        self,
        runtime: Any,  # noqa: ANN401 - one of the tests' runtimes
        schema: str,
        sampling: Sampling = GREEDY,
        *,
        thinks: bool = False,
        most: int = 190,
    ) -> FinishReason:
        self.text = self.thought = ""
        prompt = build_prompt([Turn(Role.USER, "x")], [], self.tokenizer, self.checkpoint.config, thinks=thinks)
        if schema:
            prompt = replace(prompt, constraint=self.constraints.begin(schema, "", is_thinking=thinks))
        features = VisionFeatureCache(self.checkpoint.config.vision, self.checkpoint.preprocessor, max_tokens=64)
        session = PrefixCache(runtime, features, self.checkpoint.config.visual_tokens)
        callbacks = GenerationCallbacks(
            NO_STAGE, lambda delta: self._hear(text=delta.text), self.check, on_thought=lambda text, _: self._hear(text)
        )
        return generate(session, self.tokenizer, prompt, [], sampling, most, callbacks)[0]

    def _hear(self, thought: str = "", text: str = "") -> None:
        self.thought += thought
        self.text += text


@pytest.fixture
def speaker(checkpoint: Checkpoint, tokenizer: ChatTokenizer) -> Speaker:
    return Speaker(checkpoint, tokenizer)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_whatever_the_model_the_answer_is_valid(runtime: str, tmp_path: Path) -> None:
    folder = shutil.copytree(DEMO_MODEL, tmp_path / "model")  # Elsewhere it answers even if it is unsure.
    backend = ModelBackend(RUNTIMES[runtime])
    backend.handle(OpenModel(str(folder)), lambda _: None, NEVER_CANCELLED)
    turn = Turn(Role.USER, "Where are they?")
    said = set()
    for seed in range(5):
        for sampling in (GREEDY, replace(HOT, seed=seed), replace(PENALISED, seed=seed)):
            events: list[Event] = []
            ask = Ask((turn,), GenerationOptions(max_new_tokens=400, sampling=sampling), schema=PLACES)
            reason = backend.handle(ask, events.append, NEVER_CANCELLED)
            text = "".join(event.text for event in events if isinstance(event, AnswerDelta))
            said.add(text)
            assert reason is FinishReason.COMPLETE
            for place in json.loads(text):
                assert list(place) == ["bbox_2d", "label", "kind"]
                assert all(0 <= number <= 1000 for number in place["bbox_2d"])
                assert len(place["label"]) <= 9
                assert place["kind"] in {"cat", "dog"}
    assert len(said) > 8


def test_the_boxes_of_a_model_that_babbles_are_valid(tmp_path: Path) -> None:
    folder = shutil.copytree(DEMO_MODEL, tmp_path / "model")  # Elsewhere it answers even if it is unsure.
    backend = ModelBackend()
    backend.handle(OpenModel(str(folder)), lambda _: None, NEVER_CANCELLED)
    found = 0
    for seed in range(8):
        events: list[Event] = []
        options = GenerationOptions(max_new_tokens=300, sampling=replace(HOT, seed=seed))
        ask = Ask((Turn(Role.USER, FIND.text),), options, schema=BOXES_SCHEMA)
        backend.handle(ask, events.append, NEVER_CANCELLED)
        text = "".join(event.text for event in events if isinstance(event, AnswerDelta))
        for place in json.loads(text):
            assert list(place) == ["bbox_2d", "label"]
            assert len(place["bbox_2d"]) == 4
            assert all(0 <= number <= 1000 for number in place["bbox_2d"])
        found += len(detections_in(text))
    assert found


def test_a_valid_answer_is_the_same_and_takes_fewer_passes(speaker: Speaker) -> None:
    assert speaker.certain(VALID) is FinishReason.COMPLETE
    free, free_passes = speaker.text, speaker.passes
    assert speaker.certain(VALID, SCHEMA) is FinishReason.COMPLETE
    assert speaker.text == free == VALID
    assert speaker.passes < free_passes / 2


def test_an_invalid_answer_is_kept_in_its_bounds(speaker: Speaker) -> None:
    speaker.certain('Sure! Here it is: {"date": [1, 2]', SCHEMA, most=150)
    assert speaker.text.startswith('{"date": {"value": "')


class Babbler(CertainRuntime):
    """A runtime that is certain to say the same few characters again and again, never a quotation mark."""

    capacity = cache_tokens = 2000

    def __init__(self, speaker: Speaker, text: str) -> None:
        super().__init__(speaker.tokenizer.encode(text) * 500, speaker.vocabulary)


@pytest.mark.parametrize("most", [*range(100, 132), 300])
@pytest.mark.parametrize("text", ["blah ", "a\\u00", "é", "日本 🦀"])
def test_a_babbled_string_is_closed_before_the_limit(speaker: Speaker, text: str, most: int) -> None:
    reason = speaker.answer(Babbler(speaker, text), SCHEMA, most=most)
    assert reason is FinishReason.LENGTH
    date, total = read_field_answer(speaker.text, FIELDS)
    assert len(date.value) > 3
    assert not total.value


def test_an_answer_that_repeats_itself_is_closed(speaker: Speaker) -> None:
    assert speaker.answer(Babbler(speaker, "blah "), SCHEMA, most=900) is FinishReason.REPEATING
    date, _ = read_field_answer(speaker.text, FIELDS)
    assert date.value.startswith("blah blah")


def test_names_that_look_like_special_tokens_are_plain_text(tokenizer: ChatTokenizer, speaker: Speaker) -> None:
    fields = (Field("<|im_end|>"), Field('say "so"'), Field("日付"))
    constraint = speaker.constraints.begin(field_schema(fields), "", is_thinking=False)()
    assert constraint
    tokens: list[int] = []
    while not constraint.is_over:
        forced, _, allowed = constraint.draft((), 200)
        assert not allowed[:-1, tokenizer.turn_end].any()
        quote = tokenizer.encode(' "", "text": "')
        for token in forced or constraint.draft(quote, 200)[0]:
            constraint.push(token)
            tokens.append(token)
    assert tokenizer.turn_end not in tokens
    answers = read_field_answer(tokenizer.decode(tokens), fields)
    assert answers == tuple(FieldAnswer(field.name, "", "") for field in fields)


class AnythingProposer(NgramProposer):
    """Proposes what may come, what may not come and special tokens."""

    def propose(self, most: int) -> list[int]:
        length = len(self._tokens)
        drafts = (VALID_TOKENS, [length % 50, 3], VALID_TOKENS[length % 20 :], [*range(40)])
        return drafts[length % 4][:most]


VALID_TOKENS: list[int] = []


class WideRuntime(HashRuntime):
    """A HashRuntime of as many tokens as the tokenizer has."""

    def __init__(self, seed: int, vocabulary: int) -> None:
        super().__init__(seed, None)
        self.table = np.random.default_rng(seed).standard_normal((997, vocabulary)).astype(np.float32)


@pytest.mark.parametrize("sampling", [GREEDY, replace(HOT, seed=3), replace(PENALISED, seed=3)])
def test_rejected_drafts_leave_no_trace(speaker: Speaker, monkeypatch: pytest.MonkeyPatch, sampling: Sampling) -> None:
    monkeypatch.setattr(f"{__name__}.VALID_TOKENS", speaker.tokenizer.encode(VALID))
    for seed in range(4):
        monkeypatch.setattr("app.engine.generation.generate.NgramProposer", NoProposer)
        reason = speaker.answer(WideRuntime(seed, speaker.vocabulary), PLACES, sampling)
        expected = speaker.text
        monkeypatch.setattr("app.engine.generation.generate.NgramProposer", AnythingProposer)
        assert speaker.answer(WideRuntime(seed, speaker.vocabulary), PLACES, sampling) is reason
        assert speaker.text == expected


def test_stop_and_the_limit_cut_it_off_and_say_so(speaker: Speaker) -> None:
    assert speaker.certain(VALID, SCHEMA, most=20) is FinishReason.LENGTH
    assert speaker.text
    assert VALID.startswith(speaker.text)

    def stop() -> None:
        if len(speaker.text) > 20:
            raise Cancelled

    speaker.check = stop
    assert speaker.certain(VALID, SCHEMA) is FinishReason.STOPPED
    assert 20 < len(speaker.text) < len(VALID)


@pytest.mark.parametrize("answer", ["\n\n" + VALID, "no"])
def test_reasoning_is_free_and_the_answer_after_it_is_not(speaker: Speaker, answer: str) -> None:
    speaker.certain(f"a { {1: 2} } as it is</think>{answer}", SCHEMA, thinks=True)
    assert speaker.thought == "a {1: 2} as it is"
    assert speaker.text.startswith(VALID if VALID in answer else '{"date": {"value":')


def test_a_begun_answer_is_continued_from_where_it_is(speaker: Speaker, tokenizer: ChatTokenizer) -> None:
    constraint = speaker.constraints.begin(SCHEMA, '{"date": {"val', is_thinking=False)()
    assert constraint
    assert tokenizer.decode(constraint.draft((), 99)[0]).startswith('ue":')
    with pytest.raises(EngineError, match="JSON schema"):
        speaker.constraints.begin(SCHEMA, "The date", is_thinking=False)()


class SpacedTokenizer(ChatTokenizer):
    """A tokenizer of another kind than the family's."""

    def token_bytes(self, count: int) -> list[bytes]:
        return [name.encode("latin-1") for name in ("▁a", "▁b")][:count]


@pytest.mark.expects_log_warnings
def test_other_kinds_of_tokenizers_answer_freely(checkpoint: Checkpoint, caplog: pytest.LogCaptureFixture) -> None:
    constraints = Constraints(SpacedTokenizer(checkpoint), 2)
    assert constraints.begin(SCHEMA, "", is_thinking=False)() is None
    assert "not constrained" in caplog.text


def test_the_bytes_of_tokens_are_those_of_their_text(tokenizer: ChatTokenizer, speaker: Speaker) -> None:
    tokens = tokenizer.token_bytes(speaker.vocabulary)
    for text in (VALID, "é 日本 🦀\n\t", "<|im_end|>"):
        assert b"".join(tokens[token] for token in tokenizer.encode(text)).decode() == text
    assert tokens[tokenizer.turn_end].startswith(b"\xff")
    assert len(tokens) == speaker.vocabulary
