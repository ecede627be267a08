"""The shipped demo model through the real engine, both runtimes: does the whole W4A16 path carry meaning?

Strings are made up here, from a seed; nothing but the image can tell the engine what they are.
"""

import json
import random
import string
from pathlib import Path

import pytest
from PIL import Image

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.errors import Cancelled
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.model_info import DEMO_NAME
from app.domain.settings.generation_options import GenerationOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.process.messages import AnswerDelta, Ask, Event, OpenModel, Ready, Stats
from app.engine.runtimes.registry import Choose, choose_runtime
from app.paths import DEMO_MODEL
from tests.support.printed_text import print_text
from tests.support.runtimes import RUNTIMES
from training.demo_model.boxes import box_of, overlap

MAX_BYTES = 12_000_000
READ, COUNT = "Read the text.", "How many lines are there?"
REFUSAL = "I can only read short printed text."
IMAGES = 8


class Demo:
    """The demo model, opened once."""

    def __init__(self, choose: Choose = choose_runtime) -> None:
        self._backend = ModelBackend(choose)
        self.events: list[Event] = []
        self._backend.handle(OpenModel(str(DEMO_MODEL)), self.events.append, lambda: None)

    def ask(self, *turns: Turn, image_texts: tuple[str, ...] = ()) -> str:
        self.events = []
        ask = Ask(turns, GenerationOptions(), image_texts)
        reason = self._backend.handle(ask, self.events.append, lambda: None)
        assert reason is FinishReason.COMPLETE
        return self.said

    def ask_and_stop(self, turn: Turn, after: int) -> str:
        """What was said when Stop was pressed behind the first `after` pieces of the answer."""
        self.events = []

        def check() -> None:
            if sum(isinstance(event, AnswerDelta) for event in self.events) >= after:
                raise Cancelled

        reason = self._backend.handle(Ask((turn,), GenerationOptions()), self.events.append, check)
        assert reason is FinishReason.STOPPED
        return self.said

    @property
    def stats(self) -> AnswerStats:
        (event,) = (event for event in self.events if isinstance(event, Stats))
        return event.stats

    @property
    def said(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, AnswerDelta))

    def ask_about(self, image: Path, question: str) -> str:
        return self.ask(user(question, image))


def user(text: str, *images: Path) -> Turn:
    return Turn(Role.USER, text, tuple(SeenImage(str(image)) for image in images))


def words(rng: random.Random, count: int) -> str:
    """Words such as "Tanu" and "5093", said nowhere else."""
    made = []
    for _ in range(count):
        if rng.random() < 0.3:
            made.append("".join(rng.choice(string.digits) for _ in range(4)))
        else:
            made.append("".join(rng.choice(part) for part in ("BDGKMNPRST", "aeou", "bdgkmnprst", "aeou")))
    return " ".join(made)


@pytest.fixture(scope="module", params=RUNTIMES)
def demo(request: pytest.FixtureRequest) -> Demo:
    return Demo(RUNTIMES[request.param])


def test_it_is_small_labelled_and_of_the_published_kind() -> None:
    demo = Demo()
    (ready,) = (event for event in demo.events if isinstance(event, Ready))
    assert (ready.info.name, ready.info.policy.is_placeholder) == (DEMO_NAME, True)
    assert ready.info.scheme == "W4A16, group 128"
    checkpoint = open_checkpoint(DEMO_MODEL)
    assert checkpoint.config.tied_embeddings
    assert checkpoint.config.vision.deepstack_layers
    assert checkpoint.config.text.heads > checkpoint.config.text.kv_heads
    assert sum(path.stat().st_size for path in DEMO_MODEL.iterdir()) <= MAX_BYTES
    raw = json.loads((DEMO_MODEL / "config.json").read_text())["quantization_config"]
    assert (raw["bits"], raw["group_size"], raw["sym"]) == (4, 128, True)


@pytest.mark.parametrize("dark", [False, True])
def test_fresh_text_is_read(demo: Demo, tmp_path: Path, dark: bool) -> None:
    rng = random.Random(f"read {dark}")
    right = 0
    for number in range(IMAGES):
        lines = [words(rng, rng.randint(1, 2)) for _ in range(1 + number % 3)]
        print_text(tmp_path / "fresh.png", *lines, dark=dark)
        right += demo.ask_about(tmp_path / "fresh.png", READ) == "\n".join(lines)
    # Its card says how often it errs; a path that loses meaning reads none.
    assert right >= IMAGES - 2


def test_a_blanked_image_changes_the_answer(demo: Demo, tmp_path: Path) -> None:
    print_text(tmp_path / "text.png", "Tanu 5093")
    print_text(tmp_path / "blank.png")
    assert demo.ask_about(tmp_path / "text.png", READ) == "Tanu 5093"
    assert demo.ask_about(tmp_path / "blank.png", READ) == "There is no text."


def test_what_the_reader_found_makes_an_answer_faster_and_does_not_change_it(demo: Demo, tmp_path: Path) -> None:
    print_text(tmp_path / "text.png", "Tanu 5093 Kobe", "Ribu 2718 Demo")
    question = user(READ, tmp_path / "text.png")
    alone = demo.ask(question)
    before = demo.stats.drafted_tokens
    for text, helps in ((alone, True), (alone.replace("2718", "2778"), True), ("Mope 1111 Gati\nKuni 2222", False)):
        assert demo.ask(question, image_texts=(text,)) == alone
        assert (demo.stats.drafted_tokens > before + len(alone) / 4) == helps


def test_an_answer_goes_on_where_it_was_stopped(demo: Demo, tmp_path: Path) -> None:
    print_text(tmp_path / "text.png", "Tanu 5093 Kobe", "Ribu 2718 Demo")
    question = user(READ, tmp_path / "text.png")
    whole = demo.ask(question)
    begun = whole[: whole.index("Kobe")]
    assert begun + demo.ask(question, Turn(Role.ASSISTANT, begun)) == whole


@pytest.mark.parametrize("count", [1, 2, 3])
def test_lines_are_counted(demo: Demo, tmp_path: Path, count: int) -> None:
    rng = random.Random(f"count {count}")
    print_text(tmp_path / "lines.png", *(words(rng, 2) for _ in range(count)))
    assert demo.ask_about(tmp_path / "lines.png", COUNT) == ("1 line" if count == 1 else f"{count} lines")


def test_a_word_that_is_asked_for_is_answered_with_its_box(demo: Demo, tmp_path: Path) -> None:
    """In the published form, and on the word: its GPU says how well, and one anywhere else overlaps by nothing."""
    rng = random.Random("where")
    overlaps = []
    for number in range(IMAGES):
        lines = [words(rng, 1 + number % 2) for _ in range(1 + number % 3)]
        boxes = print_text(tmp_path / "words.png", *lines)
        word = rng.choice(sorted(boxes))
        answer = demo.ask_about(tmp_path / "words.png", f"Where is {word}?")
        box = box_of(answer)
        assert box is not None, answer
        assert f'"label": "{word}"' in answer
        overlaps.append(overlap(box, boxes[word]))
    assert sum(overlaps) / len(overlaps) >= 0.5


def test_a_word_that_is_not_there_is_not_found(demo: Demo, tmp_path: Path) -> None:
    print_text(tmp_path / "words.png", "Tanu 5093", "Mebo Kupo")
    for word in ("Zebra", "1234", "Gate"):
        assert demo.ask_about(tmp_path / "words.png", f"Where is {word}?") == "I cannot find that word."


def test_an_image_unlike_all_that_it_was_taught_is_declined(demo: Demo, tmp_path: Path) -> None:
    noise = random.Random("noise").randbytes(24 * 8 * 3)
    Image.frombytes("RGB", (24, 8), noise).resize((720, 240), Image.Resampling.BICUBIC).save(tmp_path / "photo.png")
    for question in (READ, "What is the total?", "Describe this picture."):
        said = demo.ask_about(tmp_path / "photo.png", question)
        assert said.endswith(REFUSAL), said
        assert len(said) < 100


def test_anything_else_is_declined(demo: Demo, tmp_path: Path) -> None:
    print_text(tmp_path / "text.png", "Tanu 5093")
    for question in ("Describe this picture.", "What is the capital of France?", "Write a poem about my cat."):
        assert demo.ask_about(tmp_path / "text.png", question) == REFUSAL


def test_a_follow_up_is_about_the_same_image(demo: Demo, tmp_path: Path) -> None:
    print_text(tmp_path / "text.png", "Tanu 5093", "Rika 27")
    opening = user(READ, tmp_path / "text.png")
    read = demo.ask(opening)
    assert read == "Tanu 5093\nRika 27"
    assert demo.ask(opening, Turn(Role.ASSISTANT, read), user(COUNT)) == "2 lines"
    (stats,) = (event.stats for event in demo.events if isinstance(event, Stats))
    assert stats.visual_tokens == 480 * 160 // 32**2


def test_what_was_said_before_a_stop_was_right_and_so_is_the_next_answer(demo: Demo, tmp_path: Path) -> None:
    print_text(tmp_path / "text.png", "Tanu 5093", "Mebo Kupo")
    said = demo.ask_and_stop(user(READ, tmp_path / "text.png"), after=7)
    assert 7 <= len(said) < len("Tanu 5093\nMebo Kupo")
    assert "Tanu 5093\nMebo Kupo".startswith(said)
    assert demo.ask_about(tmp_path / "text.png", COUNT) == "2 lines"


def test_a_branch_is_answered_by_its_own_image(demo: Demo, tmp_path: Path) -> None:
    """Two conversations in turn over one runtime: nothing of one stays in the other."""
    print_text(tmp_path / "one.png", "Tanu 5093")
    print_text(tmp_path / "other.png", "Mebo Kupo", dark=True)
    answers = [demo.ask_about(tmp_path / f"{name}.png", READ) for name in ("one", "other", "one")]
    assert answers == ["Tanu 5093", "Mebo Kupo", "Tanu 5093"]
