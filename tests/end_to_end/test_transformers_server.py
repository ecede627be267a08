"""A real server that is not ours answers: Hugging Face's, with a tiny Qwen3-VL that knows four sentences."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.commands import batch, server_choice
from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.models.remote_servers import RemoteModel
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import AnswerDelta, Done, Event, Failed, Stats
from app.paths import Paths
from app.services.engines.background import BackgroundThread
from app.services.engines.engine import Engine
from app.services.engines.reader_engine import ReaderEngine
from app.services.models.image_texts import ImageTexts
from app.services.models.model_engine import ModelEngine
from app.services.models.server_link import ServerLink
from tests.end_to_end.conftest import LONG
from tests.support.printed_text import print_text
from tests.support.tiny_checkpoint import Layout, make_checkpoint, make_endless
from tests.support.tiny_model import ANSWERS
from tests.support.transformers_server import PACKAGES, transformers_server

TINY, ENDLESS = "lorgnette/tiny", "lorgnette/endless"
missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(
    bool(missing), reason=f"transformers' server needs {', '.join(missing)}: packaging/check.sh installs them"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("transformers")
    tiny = make_checkpoint(folder / "tiny", Layout.PLAIN)
    checkpoints = {TINY: tiny, ENDLESS: make_endless(tiny, folder / "endless")}
    with transformers_server(folder, checkpoints) as address:
        yield address


class Harness:
    """The services between the window and a server, with real processes."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self._reader = Engine(BackendKind.READER)
        self._thread = BackgroundThread("files")
        self._model, self._server = Engine(BackendKind.MODEL), Engine(BackendKind.SERVER)
        texts = ImageTexts(ReaderEngine(self._reader))
        self.model = ModelEngine(self._model, self._server, texts, LoadOptions)
        self.link = ServerLink(self.model, self._thread, lambda _: "", lambda *_: True, lambda: True)
        self.events: list[Event] = []

    def close(self) -> None:
        for engine in (self._model, self._server, self._reader):
            engine.shut_down()
        self._thread.close()

    def connect(self, model: RemoteModel) -> None:
        self.link.connect_to(model, "")
        self._qtbot.waitUntil(lambda: self.model.status.state is not EngineState.LOADING, timeout=LONG)

    def ask(self, turn: Turn, options: GenerationOptions, stop_after: int | None = None) -> Done | Failed:
        """Ask, and wait for the end; press Stop once so many pieces have come."""
        self.events.clear()
        asked = self.model.ask((turn,), options, self.events.append)
        if stop_after is not None:
            self._qtbot.waitUntil(lambda: len(self.pieces) >= stop_after, timeout=LONG)
            self.model.stop(asked)
        self._qtbot.waitUntil(lambda: self._has_ended, timeout=LONG)
        (end,) = (event for event in self.events if isinstance(event, Done | Failed))
        return end

    @property
    def _has_ended(self) -> bool:
        return any(isinstance(event, Done | Failed) for event in self.events)

    @property
    def pieces(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, AnswerDelta)]


@pytest.fixture
def harness(qtbot: QtBot) -> Iterator[Harness]:
    made = Harness(qtbot)
    yield made
    made.close()


@pytest.fixture
def question(tmp_path: Path) -> Turn:
    print_text(tmp_path / "sign.png", "Gate 4")
    return Turn(Role.USER, "What is on the sign?", (SeenImage(str(tmp_path / "sign.png")),))


def test_its_models_are_listed(harness: Harness, address: str, qtbot: QtBot) -> None:
    with qtbot.waitSignal(harness.link.listed, timeout=LONG) as listed:
        harness.link.list_models(address, "")
    assert listed.args == [(ENDLESS, TINY)]
    harness.connect(RemoteModel(address, "lorgnette/gone"))
    assert harness.model.status.problem is not None
    assert f"Choose another: “{ENDLESS}”, “{TINY}”." in harness.model.status.problem.sentence


def test_a_question_about_an_image_is_answered_piece_by_piece(harness: Harness, address: str, question: Turn) -> None:
    harness.connect(RemoteModel(address, TINY))
    end = harness.ask(question, GenerationOptions(sampling=GREEDY))
    assert isinstance(end, Done)
    assert end.reason is FinishReason.COMPLETE
    assert "".join(harness.pieces) == ANSWERS[question.text]
    (stats,) = (event.stats for event in harness.events if isinstance(event, Stats))
    # Its last token ends the turn and is not shown.
    assert len(harness.pieces) == stats.new_tokens - 1
    assert stats.prompt_tokens > 64  # As many as the image alone has.


def test_the_longest_answer_is_told_to_it(harness: Harness, address: str, question: Turn) -> None:
    harness.connect(RemoteModel(address, ENDLESS))
    end = harness.ask(question, GenerationOptions(sampling=GREEDY, max_new_tokens=7))
    assert isinstance(end, Done)
    assert end.reason is FinishReason.LENGTH
    assert len(harness.pieces) == 7


def test_stop_ends_its_work(harness: Harness, address: str, question: Turn) -> None:
    """It answers one question after the other: what goes on for hours would keep the next one waiting."""
    harness.connect(RemoteModel(address, ENDLESS))
    end = harness.ask(question, GenerationOptions(sampling=GREEDY, max_new_tokens=1_000_000), stop_after=5)
    assert isinstance(end, Done)
    assert end.reason is FinishReason.STOPPED
    again = harness.ask(question, GenerationOptions(sampling=GREEDY, max_new_tokens=3))
    assert isinstance(again, Done)
    assert len(harness.pieces) == 3


def test_a_batch_asks_it_about_two_images_at_once(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_choice, "default_paths", lambda: Paths.under(tmp_path / "data"))
    monkeypatch.setenv(server_choice.KEY, "none is wanted")
    scans, out = tmp_path / "scans", tmp_path / "out"
    scans.mkdir()
    for number in range(4):
        print_text(scans / f"{number}.png", f"Gate {number}")
    server = ("--server", address, "--server-model", TINY, "--at-once", "2")
    assert batch.main([str(scans), "-o", str(out), "--reader", "model", *server]) == 0
    texts = [path.read_text(encoding="utf-8") for path in sorted(out.glob("*.png.txt"))]
    assert len(texts) == 4
    assert all(len(text.split()) > 3 for text in texts), texts
