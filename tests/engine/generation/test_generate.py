"""The loop over a runtime that says what the test wants."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from app.domain.chat import Role, Turn
from app.domain.doubt import Piece
from app.domain.engine_status import Stage
from app.domain.errors import Cancelled, EngineError
from app.domain.generation import GREEDY, AnswerStats, FinishReason
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.generate import Listener, generate
from app.engine.generation.image_memory import ImageMemory
from app.engine.generation.prompt import Prompt, build_prompt
from app.engine.generation.session_cache import SessionCache
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.port import FloatArray, ImagePatches, IntArray
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout


class Parrot:
    """A runtime and its only sequence, which knows one row of tokens by heart. `positions` are those of every step."""

    capacity = cache_tokens = 200

    def __init__(self, tokens: Sequence[int], vocabulary: int) -> None:
        self._tokens = list(tokens)
        self._vocabulary = vocabulary
        self._said = 0
        self.length = 0
        self.positions: list[list[list[int]]] = []

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> "Parrot":
        check()
        progress(0.5)
        return self

    @property
    def visual_tokens(self) -> int:
        return 4

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

    def step(self, token_ids: IntArray, positions: IntArray) -> FloatArray:
        self.positions.append(positions.tolist())
        self.length += len(token_ids)
        return np.stack([self._logits() for _ in token_ids])

    def truncate(self, length: int) -> None:
        self.length = length

    def open_sequence(self) -> "Parrot":
        return self

    def _logits(self) -> FloatArray:
        logits = np.zeros(self._vocabulary, np.float32)
        logits[self._tokens[self._said % len(self._tokens)]] = 5.0
        self._said += 1
        return logits


class Heard:
    """A listener that writes everything down, and stops the answer when `stop_when` says so."""

    def __init__(self, stop_when: Callable[["Heard"], bool] = lambda _: False) -> None:
        self.pieces: list[str] = []
        self.weighed: list[Piece] = []
        self.stages: list[Stage] = []
        self.checks = 0
        self.weighs = False
        self._stop_when = stop_when

    def listener(self) -> Listener:
        return Listener(lambda stage, _: self.stages.append(stage), self._hear, self._check, weighs=self.weighs)

    def _hear(self, piece: Piece) -> None:
        self.pieces.append(piece.text)
        self.weighed.append(piece)

    def _check(self) -> None:
        self.checks += 1
        if self._stop_when(self):
            raise Cancelled


class Room:
    """A tokenizer and a prompt."""

    def __init__(self, folder: TinyCheckpoint) -> None:
        checkpoint = open_checkpoint(folder(Layout.AUTO_GPTQ))
        self.tokenizer = ChatTokenizer(checkpoint)
        self.config = checkpoint.config
        self._preprocessor = checkpoint.preprocessor
        self.prompt: Prompt = build_prompt([Turn(Role.USER, "Hello")], [], self.tokenizer, checkpoint.config)

    def run(self, text: str, heard: Heard, max_new_tokens: int = 2048) -> tuple[FinishReason, AnswerStats, Parrot]:
        parrot = Parrot([*self.tokenizer.encode(text), self.tokenizer.turn_end], self.config.text.vocab_size)
        listener = heard.listener()
        session = self.session(parrot)
        reason, stats = generate(session, self.tokenizer, self.prompt, [], GREEDY, max_new_tokens, listener)
        return reason, stats, parrot

    def session(self, parrot: Parrot) -> SessionCache:
        memory = ImageMemory(self.config.vision, self._preprocessor, most_tokens=8192)
        return SessionCache(parrot, memory, self.config.image_token)


@pytest.fixture(scope="module")
def room(tiny_checkpoint: TinyCheckpoint) -> Room:
    return Room(tiny_checkpoint)


def test_an_answer_streams_to_its_end(room: Room) -> None:
    heard = Heard()

    reason, stats, parrot = room.run("Nine euros für 日本.", heard)

    assert reason is FinishReason.COMPLETE
    assert "".join(heard.pieces) == "Nine euros für 日本."
    assert len(heard.pieces) > 5
    assert all(heard.pieces)
    assert heard.stages == [Stage.THINKING]
    tokens = len(room.tokenizer.encode("Nine euros für 日本."))
    assert (stats.new_tokens, stats.prompt_tokens) == (tokens, len(room.prompt.token_ids))
    assert stats.context_tokens == stats.prompt_tokens + tokens
    first = room.prompt.next_position
    assert parrot.positions == [[[first + step]] * 3 for step in range(tokens)]


def test_pieces_carry_how_likely_they_were_where_it_is_asked(room: Room) -> None:
    heard = Heard()
    room.run("Nine euros für 日本.", heard)
    assert {piece.probability for piece in heard.weighed} == {1.0}

    heard = Heard()
    heard.weighs = True
    room.run("Nine euros für 日本.", heard)
    likely = math.exp(5) / (math.exp(5) + room.config.text.vocab_size - 1)  # Of one token, by the parrot's logits.
    tokens = len(room.tokenizer.encode("Nine euros für 日本."))
    assert sum(math.log(piece.probability) for piece in heard.weighed) == pytest.approx(tokens * math.log(likely))
    assert "".join(heard.pieces) == "Nine euros für 日本."


def test_what_else_was_likely_is_told(room: Room) -> None:
    one, other = (room.tokenizer.encode(word)[0] for word in ("A", "B"))

    class Torn(Parrot):
        def _logits(self) -> FloatArray:
            logits = super()._logits()
            if logits[one]:
                logits[one], logits[other] = 30.0, 29.0
            return logits

    parrot = Torn([one, room.tokenizer.turn_end], room.config.text.vocab_size)
    heard = Heard()
    heard.weighs = True
    generate(room.session(parrot), room.tokenizer, room.prompt, [], GREEDY, 9, heard.listener())
    (piece,) = heard.weighed
    assert piece.probability == pytest.approx(1 / (1 + math.exp(-1)))
    assert [text for text, _ in piece.alternatives] == [room.tokenizer.decode([other])]
    assert piece.alternatives[0][1] == pytest.approx(1 / (1 + math.e))


def test_the_length_limit_ends_it(room: Room) -> None:
    heard = Heard()
    reason, stats, _ = room.run("One two three four", heard, max_new_tokens=3)
    assert (reason, stats.new_tokens) == (FinishReason.LENGTH, 3)
    assert "One two three four".startswith("".join(heard.pieces))


def test_the_context_limit_ends_it(room: Room) -> None:
    reason, stats, parrot = room.run("word " * 300, Heard())
    assert reason is FinishReason.LENGTH
    assert stats.context_tokens == parrot.capacity


def test_stop_ends_it_within_one_token(room: Room) -> None:
    heard = Heard(stop_when=lambda heard: len(heard.pieces) == 2)

    reason, stats, _ = room.run("One two three four", heard)

    assert reason is FinishReason.STOPPED
    assert len(heard.pieces) == 2
    assert stats.new_tokens <= 3


def test_stop_before_the_first_token(room: Room) -> None:
    heard = Heard(stop_when=lambda _: True)
    reason, stats, _ = room.run("One", heard)
    assert (reason, stats.new_tokens, heard.pieces) == (FinishReason.STOPPED, 0, [])


def test_stop_in_the_middle_of_a_character_shows_what_there_is(room: Room) -> None:
    heard = Heard(stop_when=lambda heard: heard.checks == 4)
    room.run("日本", heard)
    assert "".join(heard.pieces) == "\N{REPLACEMENT CHARACTER}"[: len(heard.pieces)] or heard.pieces == ["日"]


def test_a_chat_too_long_for_the_model_is_refused_in_words(room: Room) -> None:
    prompt = build_prompt([Turn(Role.USER, "word " * 200)], [], room.tokenizer, room.config)
    parrot = Parrot([0], room.config.text.vocab_size)

    with pytest.raises(EngineError, match=r"more than the model's 200.*Start a new chat"):
        generate(room.session(parrot), room.tokenizer, prompt, [], GREEDY, 2048, Heard().listener())
