"""The window's batch with a server's model: several questions at once, each worker through a process of its own."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.batch.batch import BatchOptions, BatchState, ItemState
from app.domain.chat.chat import Role, Turn
from app.domain.chat.presets import BUILT_IN
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.errors import Problem, ProblemKind
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.models.remote_servers import RemoteModel
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Cancel,
    Done,
    Event,
    Failed,
    OpenModel,
    OpenServer,
    Ready,
    Request,
)
from app.services.batch import batch_run
from tests.services.batch.test_batch_queue import Harness, reads
from tests.services.conftest import INFO, BuildServices
from tests.support.fake_engine import ignore

SERVER = RemoteModel("http://gpu-box:8000/v1", "qwen")
MODEL_READS = BatchOptions(reader=ReaderChoice.MODEL, model=SERVER.title)
GONE = Problem(ProblemKind.ENGINE, "The server is gone.")


class Server:
    """Says what stands in the image's file, once it is `let`; until then a question is open until it is cancelled.

    While it is `gone`, no process can connect to it, which they are told in their `turns`.
    """

    def __init__(self) -> None:
        self.is_let = True
        self.is_gone = False
        self.turns: list[threading.Event] = []
        self.refused = 0
        self.stopped = 0

    def __call__(self, request: Request) -> Iterator[Event]:
        match request:
            case OpenServer(offline=offline) if self.is_gone or offline:
                self.refused += 1
                if self.refused <= len(self.turns):
                    self.turns[self.refused - 1].wait()
                yield Failed(GONE)
            case OpenServer() | OpenModel():
                yield Ready(INFO)
                yield Done(FinishReason.COMPLETE)
            case Cancel():
                self.stopped += 1
                yield Done(FinishReason.STOPPED)
            case Ask(turns=turns) if self.is_let or not turns[0].images:
                yield AnswerDelta(
                    "\n".join(f"Server: {Path(image.path).read_text(encoding='utf-8')}" for image in turns[0].images),
                )
                yield Done(FinishReason.COMPLETE)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def harness(build_services: BuildServices, tmp_path: Path, qtbot: QtBot, server: Server) -> Iterator[Harness]:
    made = Harness(build_services(images=reads, reader=reads, model=server, server=server), tmp_path)
    made.services.model.open_server(SERVER, "key", offline=False)
    qtbot.waitUntil(lambda: made.services.model.status.state is EngineState.READY)
    yield made
    for turn in server.turns:
        turn.set()
    made.queue.shut_down()
    made.thread.close()


def start(harness: Harness, parallel: int = 3) -> None:
    harness.queue.start(harness.job(MODEL_READS), harness.out, parallel=parallel)


def texts(harness: Harness) -> list[str]:
    return [path.read_text() for path in sorted(harness.out.glob("*.txt"))]


def asked_by_batch(harness: Harness) -> list[Ask]:
    return [request for request in harness.asked() if request.turns[0].text == BUILT_IN[0].text]


def test_so_many_are_asked_at_once_and_each_image_has_its_answer(
    harness: Harness, qtbot: QtBot, server: Server
) -> None:
    server.is_let = False
    harness.fill(a="one", b="two", c="refuse", d="four", e="five", f="six")
    start(harness)
    qtbot.waitUntil(lambda: len(asked_by_batch(harness)) == 3)
    harness.queue.pause()
    qtbot.waitUntil(lambda: server.stopped == 3)
    assert texts(harness) == []
    server.is_let = True
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert texts(harness) == [f"Server: {number}\n" for number in ("one", "two", "four", "five", "six")]
    assert harness.queue.run
    assert harness.queue.run.states == [ItemState.DONE] * 2 + [ItemState.FAILED] + [ItemState.DONE] * 3
    assert harness.states == [
        BatchState.SCANNING, BatchState.RUNNING, BatchState.PAUSED, BatchState.RUNNING, BatchState.DONE,
    ]  # fmt: skip
    assert harness.services.engines.running(BackendKind.SERVER) == 1  # The chat's.


def test_a_chat_asks_the_server_beside_the_batch(harness: Harness, qtbot: QtBot, server: Server) -> None:
    server.is_let = False
    harness.fill(a="one", b="two")
    start(harness, 2)
    qtbot.waitUntil(lambda: len(asked_by_batch(harness)) == 2)
    with qtbot.waitSignal(harness.services.model.answering_ended):
        harness.services.model.ask((Turn(Role.USER, "Hello"),), GenerationOptions(), ignore)
    assert server.stopped == 0
    assert harness.queue.state is BatchState.RUNNING


def test_a_server_that_is_gone_pauses_the_batch_which_goes_on_when_it_is_back(
    harness: Harness, qtbot: QtBot, server: Server
) -> None:
    server.is_gone = True
    harness.fill(**{f"p{number}": str(number) for number in range(4)})
    start(harness)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    qtbot.waitUntil(lambda: GONE in harness.problems)
    server.is_gone = False
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert texts(harness) == [f"Server: {number}\n" for number in range(4)]


def test_what_failed_with_an_earlier_pause_does_not_pause_again(harness: Harness, qtbot: QtBot, server: Server) -> None:
    server.is_gone = True
    server.turns = [threading.Event(), threading.Event()]
    harness.fill(**{f"p{number}": str(number) for number in range(4)})
    start(harness, 2)
    qtbot.waitUntil(lambda: server.refused == 2)
    server.turns[0].set()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    server.is_gone = False
    harness.queue.resume()
    server.turns[1].set()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.states.count(BatchState.PAUSED) == 1
    assert harness.problems == [GONE]
    assert texts(harness) == [f"Server: {number}\n" for number in range(4)]


def test_a_process_that_dies_costs_its_image_only(harness: Harness, qtbot: QtBot, server: Server) -> None:
    server.is_let = False
    harness.fill(**{f"p{number}": str(number) for number in range(4)})
    start(harness, 2)
    qtbot.waitUntil(lambda: len(asked_by_batch(harness)) == 2)
    server.is_let = True
    harness.services.engines.latest(BackendKind.SERVER).kill()
    qtbot.waitUntil(lambda: bool(harness.queue.run and harness.queue.run.problems))
    harness.queue.pause()  # The other question is still open: it is asked again.
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.queue.run
    assert sorted(harness.queue.run.states) == [ItemState.DONE] * 3 + [ItemState.FAILED]
    assert ["gave no answer" in problem.sentence for problem in harness.queue.run.problems.values()] == [True]


def test_another_model_in_its_place_ends_what_is_asked_and_is_not_asked_itself(
    harness: Harness, qtbot: QtBot, server: Server
) -> None:
    server.is_let = False
    harness.fill(**{f"p{number}": str(number) for number in range(5)})
    start(harness, 2)
    qtbot.waitUntil(lambda: len(asked_by_batch(harness)) == 2)
    harness.services.model.open("/models/other")
    qtbot.waitUntil(lambda: server.stopped == 2)
    told = f"The batch was paused because its model, “{SERVER.title}”, is not open."
    assert [problem.what for problem in harness.problems] == [told]
    server.is_let = True
    harness.queue.resume()
    qtbot.waitUntil(lambda: len(harness.problems) == 2)
    assert harness.queue.state is BatchState.PAUSED
    assert texts(harness) == []


def test_offline_ends_what_a_server_elsewhere_is_asked(harness: Harness, qtbot: QtBot, server: Server) -> None:
    server.is_let = False
    harness.fill(a="one", b="two")
    start(harness, 2)
    qtbot.waitUntil(lambda: len(asked_by_batch(harness)) == 2)
    harness.services.model.set_offline(True)
    qtbot.waitUntil(lambda: server.stopped == 2)
    assert harness.queue.state is BatchState.PAUSED
    assert harness.problems == [GONE]
    harness.services.model.set_offline(False)
    qtbot.waitUntil(lambda: harness.services.model.status.state is EngineState.READY)
    server.is_let = True
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert texts(harness) == ["Server: one\n", "Server: two\n"]


def test_a_full_disk_stops_all_lanes_and_all_go_on(
    harness: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.fill(a="refuse", b="refuse", c="three", d="four")
    monkeypatch.setattr(batch_run, "MIN_FREE", 1 << 80)
    start(harness)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    assert all("is full" in problem.sentence for problem in harness.problems)
    monkeypatch.undo()
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert texts(harness) == ["Server: three\n", "Server: four\n"]


def test_a_stopped_batch_ends_its_processes_and_is_gone_on_with(harness: Harness, qtbot: QtBot, server: Server) -> None:
    server.is_let = False
    harness.fill(**{f"p{number}": str(number) for number in range(3)})
    start(harness)
    qtbot.waitUntil(lambda: len(asked_by_batch(harness)) == 3)
    harness.queue.stop()
    assert harness.services.engines.running(BackendKind.SERVER) == 1  # The chat's.
    server.is_let = True
    start(harness, 2)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert texts(harness) == [f"Server: {number}\n" for number in range(3)]


def test_a_model_that_rests_is_opened_again_for_a_batch(harness: Harness, qtbot: QtBot) -> None:
    harness.services.model.open(INFO.folder)
    qtbot.waitUntil(lambda: harness.services.model.status.state is EngineState.READY)
    harness.services.model.unload_idle()
    harness.fill(a="one")
    options = BatchOptions(reader=ReaderChoice.MODEL, model=INFO.folder)
    harness.queue.start(harness.job(options), harness.out)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert texts(harness) == ["Server: one\n"]
