"""What was read for one answer is not read again for the next, and the answers are those that they would be anyway."""

import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.errors import Cancelled, EngineError
from app.domain.models.answer_stats import AnswerStats
from app.domain.models.engine_status import Stage
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.process.messages import AnswerDelta, Ask, Event, OpenModel, Prefill, StageProgress, Stats
from app.engine.runtimes.onnxruntime import kv_cache as onnxruntime_cache
from app.engine.runtimes.port import DecoderRuntime, DecoderSequence
from app.engine.runtimes.registry import Choice, Choose
from app.engine.runtimes.torch import kv_cache as torch_cache
from app.paths import DEMO_MODEL
from tests.support.printed_text import print_text
from tests.support.runtimes import RUNTIMES

MAX_NEW = 64
READ, COUNT = "Read the text.", "How many lines are there?"


class Harness:
    """A backend with the demo model, its runtime, and its last events."""

    def __init__(self, choose: Choose) -> None:
        self._runtime: DecoderRuntime | None = None
        self._sequences: list[weakref.ref[DecoderSequence]] = []
        self._backend = ModelBackend(lambda options: self._remembering(choose(options)))
        self._events: list[Event] = []
        self.open()

    def open(self, options: LoadOptions = LoadOptions()) -> None:  # noqa: B008 - it is frozen
        self._backend.handle(OpenModel(str(DEMO_MODEL), options), self._events.append, lambda: None)

    def _remembering(self, choice: Choice) -> Choice:
        def opened(*arguments: Any) -> DecoderRuntime:  # noqa: ANN401 - OpenRuntime's own
            self._runtime = choice.open(*arguments)
            open_sequence = self._runtime.open_sequence

            def remembered() -> DecoderSequence:
                sequence = open_sequence()
                self._sequences.append(weakref.ref(sequence))
                return sequence

            self._runtime.open_sequence = remembered  # type: ignore[method-assign]
            return self._runtime

        return replace(choice, open=opened)

    def ask(self, *turns: Turn, pixel_budget: int = 1024 * 1024, stop_after: int | None = None) -> str:
        self._events = []

        def check() -> None:
            if sum(isinstance(event, AnswerDelta) for event in self._events) == stop_after:
                raise Cancelled

        options = GenerationOptions(pixel_budget=pixel_budget, max_new_tokens=MAX_NEW)
        self._backend.handle(Ask(turns, options), self._events.append, check)
        return "".join(event.text for event in self._events if isinstance(event, AnswerDelta))

    def limit(self, monkeypatch: pytest.MonkeyPatch, chats: int) -> None:
        """Memory for so many chats of at most 128 tokens, one of them with an answer to come."""
        for cache in (onnxruntime_cache, torch_cache):
            monkeypatch.setattr(cache, "STEP", 128)
        monkeypatch.setattr(self._runtime, "cache_tokens", chats * 128 + MAX_NEW)

    def leave_memory(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        """Let the device have so many bytes left."""
        monkeypatch.setattr(self._runtime, "free_memory", lambda: count)

    def leave_memory_to_chats(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        """Let the device have memory for so many chats."""
        monkeypatch.setattr(self._runtime, "free_memory", lambda: 10**9 if self.chats <= count else 0)

    def prefill(self, *turns: Turn) -> None:
        self._backend.handle(Prefill(turns, GenerationOptions()), self._events.append, lambda: None)

    @property
    def cache_tokens(self) -> int:
        assert self._runtime
        return self._runtime.cache_tokens

    @property
    def chats(self) -> int:
        """How many conversations are in the KV cache."""
        return sum(1 for sequence in self._sequences if sequence())

    @property
    def allocated_tokens(self) -> int:
        """Of all sequences that still exist."""
        return sum(sequence.allocated_tokens for held in self._sequences if (sequence := held()))

    @property
    def stats(self) -> AnswerStats:
        (stats,) = (event.stats for event in self._events if isinstance(event, Stats))
        return stats

    @property
    def encoded_image(self) -> bool:
        """Whether the vision tower was run: it says how far it is, and nothing else does."""
        return any(
            e.stage is Stage.ENCODING_IMAGE and e.progress > 0 for e in self._events if isinstance(e, StageProgress)
        )


@pytest.fixture(params=RUNTIMES)
def harness(request: pytest.FixtureRequest) -> Harness:
    return Harness(RUNTIMES[request.param])


@pytest.fixture
def image(tmp_path: Path) -> Path:
    print_text(tmp_path / "one.png", "Tanu 5093", "Rika 27")
    return tmp_path / "one.png"


def user(text: str, *images: Path) -> Turn:
    return Turn(Role.USER, text, tuple(SeenImage(str(image)) for image in images))


def test_a_follow_up_reads_its_new_tokens_alone(harness: Harness, image: Path) -> None:
    read = harness.ask(user(READ, image))
    assert (harness.encoded_image, harness.stats.reused_tokens) == (True, 0)
    before = harness.stats.context_tokens

    assert harness.ask(user(READ, image), Turn(Role.ASSISTANT, read), user(COUNT)) == "2 lines"

    assert not harness.encoded_image
    assert harness.stats.reused_tokens == before


def test_another_question_about_the_image_keeps_the_image(harness: Harness, image: Path) -> None:
    harness.ask(user(READ, image))
    assert harness.ask(user(COUNT, image)) == "2 lines"
    assert not harness.encoded_image
    assert harness.stats.visual_tokens < harness.stats.reused_tokens < harness.stats.prompt_tokens


def test_asking_the_same_again_reads_one_token(harness: Harness, image: Path) -> None:
    answers = {harness.ask(user(READ, image)) for _ in range(3)}
    assert answers == {"Tanu 5093\nRika 27"}
    assert harness.stats.reused_tokens == harness.stats.prompt_tokens - 1


def test_an_image_that_has_changed_is_encoded_again(harness: Harness, image: Path) -> None:
    harness.ask(user(READ, image))
    print_text(image, "Mebo Kupo", "Rika 27")
    assert harness.ask(user(READ, image)) == "Mebo Kupo\nRika 27"
    assert harness.encoded_image
    assert harness.stats.reused_tokens < 10


def test_the_same_image_with_another_budget_is_encoded_again(harness: Harness, image: Path) -> None:
    harness.ask(user(READ, image))
    harness.ask(user(READ, image), pixel_budget=160 * 160)
    assert harness.encoded_image
    assert harness.stats.visual_tokens <= 25


def test_images_are_cached_beyond_the_chat_and_evicted_one_by_one(
    harness: Harness, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    print_text(tmp_path / "other.png", "Mebo Kupo")
    print_text(tmp_path / "third.png", "Sota 11")
    harness.limit(monkeypatch, chats=1)
    harness.ask(user(READ, image))
    harness.ask(user(READ, tmp_path / "other.png"))
    assert harness.ask(user(READ, image)) == "Tanu 5093\nRika 27"
    assert not harness.encoded_image
    harness.open(LoadOptions(remembered_visual_tokens=2 * harness.stats.visual_tokens))
    harness.limit(monkeypatch, chats=1)
    for name in ("other", "one", "third"):
        harness.ask(user(READ, tmp_path / f"{name}.png"))
        assert harness.encoded_image
    assert harness.ask(user(READ, image)) == "Tanu 5093\nRika 27"
    assert not harness.encoded_image
    assert harness.ask(user(READ, tmp_path / "other.png")) == "Mebo Kupo"
    assert harness.encoded_image


def test_what_was_read_before_a_stop_is_used_and_right(harness: Harness, image: Path) -> None:
    said = harness.ask(user(READ, image), stop_after=4)
    assert 4 <= len(said) < len("Tanu 5093\nRika 27")
    assert "Tanu 5093\nRika 27".startswith(said)
    assert harness.ask(user(READ, image)) == "Tanu 5093\nRika 27"
    assert harness.stats.reused_tokens == harness.stats.prompt_tokens - 1


def test_two_chats_in_turn_are_both_kept(harness: Harness, image: Path, tmp_path: Path) -> None:
    print_text(tmp_path / "other.png", "Mebo Kupo")
    chats = {READ: [user(READ, image)], COUNT: [user(READ, tmp_path / "other.png")]}
    for chat in chats.values():
        chat.append(Turn(Role.ASSISTANT, harness.ask(*chat)))
    for chat, expected in zip(chats.values(), ("2 lines", "1 line"), strict=True):
        assert harness.ask(*chat, user(COUNT)) == expected
        assert harness.stats.reused_tokens > harness.stats.visual_tokens


def test_a_new_chat_like_a_short_one_continues_it_beside_a_long_one(harness: Harness, image: Path) -> None:
    """Both begin with the same tokens; the long one is not taken, for its rest would be lost."""
    begun = [user(READ, image)]
    long = [*begun, Turn(Role.ASSISTANT, harness.ask(*begun))]
    for _ in range(2):
        long.append(user(READ, image))
        long.append(Turn(Role.ASSISTANT, harness.ask(*long)))
    harness.ask(*begun)
    for _ in range(3):
        harness.ask(*begun)
        assert harness.stats.reused_tokens == harness.stats.prompt_tokens - 1
    assert harness.chats == 2


def test_memory_that_chats_take_counts_whatever_of_it_they_use(
    harness: Harness, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is allocated in steps, and kept when a chat gets shorter."""
    harness.limit(monkeypatch, chats=2)
    for number in range(4):
        print_text(tmp_path / f"{number}.png", f"Tanu {number}")
        harness.ask(user(READ, tmp_path / f"{number}.png"))
        assert harness.allocated_tokens <= harness.cache_tokens


def test_what_does_not_fit_into_free_memory_is_refused_before_it_is_computed(
    harness: Harness, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.leave_memory(monkeypatch, 10_000)
    with pytest.raises(EngineError, match=r"needs 0\.\d GB more memory, and 0\.0 GB are free\..*Lower the image"):
        harness.ask(user(READ, image))
    harness.prefill(user(READ, image))
    assert not harness.encoded_image

    harness.leave_memory(monkeypatch, 10**9)
    assert harness.ask(user(READ, image)) == "Tanu 5093\nRika 27"
    harness.leave_memory(monkeypatch, 10_000)  # The chat has what it needs for one more token.
    harness.prefill(user(READ, image))
    assert harness.chats == 1


def test_other_chats_give_their_memory_up_first(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Tanu", "Mebo", "Sota"):
        print_text(tmp_path / f"{name}.png", name)
    harness.ask(user(READ, tmp_path / "Tanu.png"))
    harness.ask(user(READ, tmp_path / "Mebo.png"))
    harness.leave_memory_to_chats(monkeypatch, 2)
    assert harness.ask(user(READ, tmp_path / "Sota.png")) == "Sota"
    assert harness.chats == 2
    harness.ask(user(COUNT, tmp_path / "Mebo.png"))
    assert harness.stats.reused_tokens > 0


def test_what_does_not_fit_is_forgotten_the_oldest_first(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.limit(monkeypatch, chats=2)
    names = ("Tanu", "Mebo", "Sota")
    for name in names:
        print_text(tmp_path / f"{name}.png", name)
        assert harness.ask(user(READ, tmp_path / f"{name}.png")) == name
    reused = {}
    for name in ("Sota", "Mebo", "Tanu"):
        assert harness.ask(user(COUNT, tmp_path / f"{name}.png")) == "1 line"
        reused[name] = harness.stats.reused_tokens > 0
    assert reused == {"Sota": True, "Mebo": True, "Tanu": False}
