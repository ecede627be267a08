"""The model process's backend over a real tiny model: what it says, in which order, and how soon it stops."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.errors import Cancelled, CheckpointError, ImageError, ModelMissing
from app.domain.ids import Digest
from app.domain.images.video_frames import video_tokens
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import Stage
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Event,
    OpenModel,
    Prefill,
    ProbeImage,
    Ready,
    StageProgress,
    Stats,
    VisualTokenSeconds,
)
from app.engine.runtimes.registry import Choose, onnxruntime_choice, openvino_choice
from tests.engine.conftest import TinyCheckpoint
from tests.support.printed_text import print_text
from tests.support.tiny_checkpoint import Layout
from tests.support.tiny_model import ANSWERS
from tests.support.videos import SIZE, make_video

LACKS_MEMORY = """
import resource
import sys
from pathlib import Path
from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.process.messages import AnswerDelta, Ask, OpenModel
from app.engine.runtimes import registry
from app.paths import DEMO_MODEL

backend, events = ModelBackend(getattr(registry, sys.argv[3])), []
backend.handle(OpenModel(str(DEMO_MODEL)), events.append, lambda: None)

def ask(image):
    turn = Turn(Role.USER, "Read the text.", (SeenImage(image),))
    backend.handle(Ask((turn,), GenerationOptions(sampling=GREEDY)), events.append, lambda: None)

ask(sys.argv[2])  # So that everything has been imported.
events.clear()
pages = int(Path("/proc/self/statm").read_text().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**23, resource.RLIM_INFINITY))
try:
    ask(sys.argv[1])
except MemoryError:
    print("no memory")
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
ask(sys.argv[2])
print("".join(event.text for event in events if isinstance(event, AnswerDelta)))
"""
OPTIONS = GenerationOptions(sampling=GREEDY, pixel_budget=80 * 1024)


class Talk:
    """A backend and what it has said; `checks_left` is how often it may ask before it is stopped."""

    def __init__(self) -> None:
        self.backend = ModelBackend()
        self.events: list[Event] = []
        self.checks_left = -1

    def check(self) -> None:
        self.checks_left -= 1
        if self.checks_left == 0:
            raise Cancelled

    def open(self, folder: Path) -> Ready:
        assert self.backend.handle(OpenModel(str(folder)), self.events.append, self.check) is FinishReason.COMPLETE
        ready = self.events[-1]
        assert isinstance(ready, Ready)
        return ready

    def ask(self, text: str, *images: Path, checks_left: int = -1) -> tuple[FinishReason, str]:
        self.events, self.checks_left = [], checks_left
        turn = Turn(Role.USER, text, tuple(SeenImage(str(image)) for image in images))
        reason = self.backend.handle(Ask((turn,), OPTIONS), self.events.append, self.check)
        return reason, "".join(event.text for event in self.events if isinstance(event, AnswerDelta))

    def prepare(self, *images: Path, checks_left: int = -1) -> FinishReason:
        self.events, self.checks_left = [], checks_left
        turn = Turn(Role.USER, "", tuple(SeenImage(str(image)) for image in images))
        return self.backend.handle(Prefill((turn,), OPTIONS), self.events.append, self.check)


@pytest.fixture(scope="module")
def folder(tiny_checkpoint: TinyCheckpoint) -> Path:
    return tiny_checkpoint(Layout.AUTO_ROUND)


@pytest.fixture
def talk(folder: Path) -> Talk:
    opened = Talk()
    opened.open(folder)
    return opened


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(2).integers(0, 256, (9, 9, 3), np.uint8)
    Image.fromarray(pixels).resize((300, 260)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_opening_tells_its_stages_and_what_was_opened(folder: Path) -> None:
    talk = Talk()

    ready = talk.open(folder)

    loadings = [event for event in talk.events if isinstance(event, StageProgress)]
    assert loadings[0].stage is Stage.CHECKING
    progress = [event.progress for event in loadings if event.stage is Stage.LOADING]
    assert progress == sorted(progress)
    assert (progress[0], progress[-1]) == (0.0, 1.0)
    assert (ready.info.name, ready.info.scheme) == (folder.name, "W4A16, group 128")
    assert ready.info.context_length == 4096
    assert ready.info.device_reason


@pytest.mark.parametrize("question", ANSWERS)
def test_it_answers_what_it_has_learned(talk: Talk, photo: Path, question: str) -> None:
    reason, text = talk.ask(question, photo)

    assert (reason, text) == (FinishReason.COMPLETE, ANSWERS[question])
    assert isinstance(talk.events[-1], Stats)
    assert talk.events[-1].stats.visual_tokens == 72
    stages = [event.stage for event in talk.events if isinstance(event, StageProgress)]
    assert stages[0] is Stage.ENCODING_IMAGE
    assert stages[-1] is Stage.PREFILLING


def test_stop_while_looking_and_thinking_comes_within_a_layer(talk: Talk, photo: Path) -> None:
    # Before the image is opened, before each of three pieces of the vision tower, and before the prompt.
    for checks_left in range(2, 6):
        Image.open(photo).rotate(checks_left).save(photo)  # What is remembered is not looked at again.
        reason, text = talk.ask("What is on the sign?", photo, checks_left=checks_left)
        assert (reason, text) == (FinishReason.STOPPED, "")
        assert talk.checks_left == 0, "the first check that raises ends the answer"


def test_after_a_stop_the_next_answer_is_right(talk: Talk, photo: Path) -> None:
    talk.ask("Describe the station.", photo, checks_left=9)
    reason, text = talk.ask("What is on the sign?", photo)
    assert (reason, text) == (FinishReason.COMPLETE, ANSWERS["What is on the sign?"])


def test_loading_can_be_stopped_and_the_model_is_then_closed(talk: Talk, folder: Path) -> None:
    talk.checks_left = 2
    with pytest.raises(Cancelled):
        talk.backend.handle(OpenModel(str(folder)), talk.events.append, talk.check)
    with pytest.raises(ModelMissing):
        talk.ask("Hello")


def test_a_folder_that_cannot_be_opened_leaves_the_model_that_is(talk: Talk, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        talk.open(tmp_path)
    assert talk.ask("What is on the sign?")[1] == ANSWERS["What is on the sign?"]


@pytest.mark.skipif(sys.platform != "linux", reason="limits a process's memory as Linux does")
@pytest.mark.parametrize("choice", [openvino_choice, onnxruntime_choice])
def test_a_lack_of_memory_is_told_and_the_next_answer_is_right(choice: Choose, tmp_path: Path) -> None:
    """In a process of its own, to which the system then gives no more: the runtime itself must find out."""
    print_text(tmp_path / "large.png", "Tanu 5093", size=(1000, 800))
    print_text(tmp_path / "small.png", "Tanu 5093")
    images = [str(tmp_path / "large.png"), str(tmp_path / "small.png")]
    command = [sys.executable, "-c", LACKS_MEMORY, *images, choice.__name__]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.stdout.splitlines(), result.returncode) == (["no memory", "Tanu 5093"], 0), result.stderr


def test_asking_without_a_model() -> None:
    with pytest.raises(ModelMissing, match="Your message is kept"):
        Talk().ask("Hello")


def test_an_image_that_is_gone_or_too_thin(talk: Talk, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="was not found"):
        talk.ask("Hello", tmp_path / "gone.png")
    Image.new("RGB", (2000, 8)).save(tmp_path / "thread.png")
    with pytest.raises(ImageError, match="too long and thin"):
        talk.ask("Hello", tmp_path / "thread.png")


def test_an_image_of_the_store_is_not_called_by_its_digest_and_the_question_is_kept(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = tmp_path / ("ab" * 32)
    Image.new("RGB", (64, 64)).save(stored, "PNG")

    def allocate(*_: object) -> Image.Image:
        raise MemoryError

    monkeypatch.setattr("app.engine.imaging.open_frames.to_rgb", allocate)
    monkeypatch.setattr("app.engine.imaging.open_image.to_rgb", allocate)
    with pytest.raises(ImageError) as met:
        talk.ask("Hello", stored)
    problem = met.value.problem
    assert problem.what == "There is not enough memory to open the image."
    assert problem.kept == "Your question is kept."
    stored.unlink()
    with pytest.raises(ImageError, match=r"^The image was not found"):
        talk.ask("Hello again", stored)


def test_other_requests_are_a_bug(talk: Talk) -> None:
    with pytest.raises(TypeError):
        talk.backend.handle(ProbeImage("a.png", 64), talk.events.append, talk.check)


def test_what_was_read_ahead_is_not_read_again(folder: Path, talk: Talk, photo: Path) -> None:
    assert talk.prepare(photo) is FinishReason.COMPLETE
    assert {event.stage for event in talk.events if isinstance(event, StageProgress)} == {
        Stage.ENCODING_IMAGE,
        Stage.PREFILLING,
    }
    answer = talk.ask("What is this?", photo)

    loadings = [
        event for event in talk.events if isinstance(event, StageProgress) and event.stage is Stage.ENCODING_IMAGE
    ]
    assert len(loadings) == 1  # The announcement.
    stats = talk.events[-1]
    assert isinstance(stats, Stats)
    assert stats.stats.reused_tokens > stats.stats.visual_tokens
    fresh = Talk()
    fresh.open(folder)
    assert fresh.ask("What is this?", photo) == answer


def test_reading_ahead_can_be_stopped_anywhere(talk: Talk, photo: Path) -> None:
    stops = 0
    for checks_left in range(1, 8):  # Ever later, and each goes on with what the one before has looked at.
        try:
            talk.prepare(photo, checks_left=checks_left)
        except Cancelled:
            stops += 1
    assert stops >= 3
    assert talk.ask("What is this?", photo)[0] is FinishReason.COMPLETE


def test_reading_ahead_what_is_too_long_is_left_to_the_answer(talk: Talk, photo: Path) -> None:
    assert talk.prepare(*[photo] * 60) is FinishReason.COMPLETE
    assert not any(isinstance(event, StageProgress) for event in talk.events)


def test_an_image_may_have_a_pixel_budget_of_its_own(talk: Talk, photo: Path) -> None:
    def visual_tokens(pixel_budget: int | None) -> int:
        talk.events = []
        turn = Turn(Role.USER, "Describe it.", (SeenImage(str(photo), pixel_budget),))
        talk.backend.handle(Ask((turn,), OPTIONS), talk.events.append, talk.check)
        (stats,) = [event.stats for event in talk.events if isinstance(event, Stats)]
        return stats.visual_tokens

    assert visual_tokens(16 * 1024) < visual_tokens(None) == visual_tokens(OPTIONS.pixel_budget)


def test_an_image_of_known_digest_is_not_hashed_again(talk: Talk, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A video of a gigabyte would be read to its end at every question of its chat."""
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()
    monkeypatch.setattr(hashlib, "file_digest", lambda file, _: pytest.fail(f"{file} was hashed"))
    turn = Turn(Role.USER, "What is on the sign?", (SeenImage(str(photo), None, Digest(digest)),))
    for _ in range(2):
        talk.events = []
        talk.backend.handle(Ask((turn,), OPTIONS), talk.events.append, talk.check)
        assert any(isinstance(event, Stats) for event in talk.events)


def test_what_images_take_is_told_when_they_are_new(talk: Talk, photo: Path) -> None:
    def seconds_per_visual_token() -> float:
        (found,) = [event.seconds_per_visual_token for event in talk.events if isinstance(event, VisualTokenSeconds)]
        return found

    talk.ask("Hello")
    assert seconds_per_visual_token() == 0
    talk.prepare(photo)
    measured = seconds_per_visual_token()
    assert measured > 0
    talk.ask("Describe it.", photo)  # Which has been read.
    assert seconds_per_visual_token() == measured


def test_a_video_is_seen_frame_by_frame(talk: Talk, tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4")
    reason, text = talk.ask("Describe it.", video)
    assert text
    assert reason in {FinishReason.COMPLETE, FinishReason.LENGTH, FinishReason.REPEATING}
    (stats,) = [event.stats for event in talk.events if isinstance(event, Stats)]
    assert stats.visual_tokens == video_tokens(*SIZE, 6, OPTIONS.pixel_budget)
    talk.ask("And now?", video)
    (again,) = [event.stats for event in talk.events if isinstance(event, Stats)]
    assert again.reused_tokens > stats.visual_tokens
