"""The window's batch with a server's model: several questions at once, each lane through a process of its own."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.batch import BatchOptions, BatchState, ItemState
from app.domain.chat import Role, Turn
from app.domain.engine_status import EngineState
from app.domain.errors import EngineError, Problem
from app.domain.generation import FinishReason, GenerationOptions
from app.domain.presets import BUILT_IN
from app.domain.reader_choice import ReaderChoice
from app.domain.remote_servers import RemoteModel
from app.engine.process.backend import BackendKind
from app.engine.process.messages import Ask, Cancel, Done, Event, Failed, OpenModel, OpenServer, Ready, Request, Token
from app.services import batch_run
from tests.services.conftest import INFO, BuildHouse
from tests.services.test_batch_queue import Bench, reads

SERVER = RemoteModel("http://gpu-box:8000/v1", "qwen")
MODEL_READS = BatchOptions(reader=ReaderChoice.MODEL, model=SERVER.title)
GONE = Problem(EngineError.kind, "The server is gone.")


class Server:
    """Says what stands in the image's file, once it is `let`; until then a question is open until it is cancelled.

    While it is `gone`, no process can connect to it, which they are told in their `turns`.
    """

    def __init__(self) -> None:
        self.is_let = True
        self.is_gone = False
        self.turns: list[threading.Event] = []
        self.refused = 0
        self.stopped: list[int] = []

    def __call__(self, request: Request) -> Iterator[Event]:
        match request:
            case OpenServer(request_id=number, offline=offline) if self.is_gone or offline:
                self.refused += 1
                if self.refused <= len(self.turns):
                    self.turns[self.refused - 1].wait()
                yield Failed(number, GONE)
            case OpenServer(request_id=number) | OpenModel(request_id=number):
                yield Ready(number, INFO)
                yield Done(number, FinishReason.COMPLETE)
            case Cancel(request_id=number):
                self.stopped.append(number)
                yield Done(number, FinishReason.STOPPED)
            case Ask(request_id=number, turns=turns) if self.is_let or not turns[0].images:
                yield Token(
                    number,
                    "\n".join(f"Server: {Path(image.path).read_text(encoding='utf-8')}" for image in turns[0].images),
                )
                yield Done(number, FinishReason.COMPLETE)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def bench(build_house: BuildHouse, tmp_path: Path, qtbot: QtBot, server: Server) -> Iterator[Bench]:
    made = Bench(build_house(images=reads, reader=reads, model=server), tmp_path)
    made.house.model.open_server(SERVER, "key", offline=False)
    qtbot.waitUntil(lambda: made.house.model.status.state is EngineState.READY)
    yield made
    for turn in server.turns:
        turn.set()
    made.queue.shut_down()
    made.thread.close()


def start(bench: Bench, at_once: int = 3) -> None:
    bench.queue.start(bench.job(MODEL_READS), bench.out, at_once=at_once)


def texts(bench: Bench) -> list[str]:
    return [path.read_text() for path in sorted(bench.out.glob("*.txt"))]


def asked_by_batch(bench: Bench) -> list[Ask]:
    return [request for request in bench.asked() if request.turns[0].text == BUILT_IN[0].text]


def test_so_many_are_asked_at_once_and_each_image_has_its_answer(bench: Bench, qtbot: QtBot, server: Server) -> None:
    server.is_let = False
    bench.fill(a="one", b="two", c="refuse", d="four", e="five", f="six")
    start(bench)
    qtbot.waitUntil(lambda: len(asked_by_batch(bench)) == 3)
    bench.queue.pause()
    qtbot.waitUntil(lambda: len(server.stopped) == 3)
    assert texts(bench) == []
    server.is_let = True
    bench.queue.resume()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert texts(bench) == [f"Server: {number}\n" for number in ("one", "two", "four", "five", "six")]
    assert bench.queue.run
    assert bench.queue.run.states == [ItemState.DONE] * 2 + [ItemState.FAILED] + [ItemState.DONE] * 3
    assert bench.states == [
        BatchState.LOOKING, BatchState.RUNNING, BatchState.PAUSED, BatchState.RUNNING, BatchState.DONE,
    ]  # fmt: skip
    assert not any(caller._engine.is_running for caller in bench.queue._server_callers)


def test_a_chat_asks_the_server_beside_the_batch(bench: Bench, qtbot: QtBot, server: Server) -> None:
    server.is_let = False
    bench.fill(a="one", b="two")
    start(bench, 2)
    qtbot.waitUntil(lambda: len(asked_by_batch(bench)) == 2)
    with qtbot.waitSignal(bench.house.model.answering_ended):
        bench.house.model.ask((Turn(Role.USER, "Hello"),), GenerationOptions())
    assert server.stopped == []
    assert bench.queue.state is BatchState.RUNNING


def test_a_server_that_is_gone_pauses_the_batch_which_goes_on_when_it_is_back(
    bench: Bench, qtbot: QtBot, server: Server
) -> None:
    server.is_gone = True
    bench.fill(**{f"p{number}": str(number) for number in range(4)})
    start(bench)
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.PAUSED)
    qtbot.waitUntil(lambda: GONE in bench.problems)
    server.is_gone = False
    bench.queue.resume()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert texts(bench) == [f"Server: {number}\n" for number in range(4)]


def test_what_failed_with_an_earlier_pause_does_not_pause_again(bench: Bench, qtbot: QtBot, server: Server) -> None:
    server.is_gone = True
    server.turns = [threading.Event(), threading.Event()]
    bench.fill(**{f"p{number}": str(number) for number in range(4)})
    start(bench, 2)
    qtbot.waitUntil(lambda: server.refused == 2)
    server.turns[0].set()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.PAUSED)
    server.is_gone = False
    bench.queue.resume()
    server.turns[1].set()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert bench.states.count(BatchState.PAUSED) == 1
    assert bench.problems == [GONE]
    assert texts(bench) == [f"Server: {number}\n" for number in range(4)]


def test_a_process_that_dies_costs_its_image_only(bench: Bench, qtbot: QtBot, server: Server) -> None:
    server.is_let = False
    bench.fill(**{f"p{number}": str(number) for number in range(4)})
    start(bench, 2)
    qtbot.waitUntil(lambda: len(asked_by_batch(bench)) == 2)
    server.is_let = True
    bench.house.engines.latest(BackendKind.MODEL).kill()
    qtbot.waitUntil(lambda: bool(bench.queue.run and bench.queue.run.problems))
    bench.queue.pause()  # The other question is still open: it is asked again.
    bench.queue.resume()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert bench.queue.run
    assert sorted(bench.queue.run.states) == [ItemState.DONE] * 3 + [ItemState.FAILED]
    assert ["got no answer" in problem.sentence for problem in bench.queue.run.problems.values()] == [True]


def test_another_model_in_its_place_ends_what_is_asked_and_is_not_asked_itself(
    bench: Bench, qtbot: QtBot, server: Server
) -> None:
    server.is_let = False
    bench.fill(**{f"p{number}": str(number) for number in range(5)})
    start(bench, 2)
    qtbot.waitUntil(lambda: len(asked_by_batch(bench)) == 2)
    bench.house.model.open("/models/other")
    qtbot.waitUntil(lambda: len(server.stopped) == 2)
    told = f"The batch's model, “{SERVER.title}”, is not open, so the batch was paused."
    assert [problem.what for problem in bench.problems] == [told]
    server.is_let = True
    bench.queue.resume()
    qtbot.waitUntil(lambda: len(bench.problems) == 2)
    assert bench.queue.state is BatchState.PAUSED
    assert texts(bench) == []


def test_offline_ends_what_a_server_elsewhere_is_asked(bench: Bench, qtbot: QtBot, server: Server) -> None:
    server.is_let = False
    bench.fill(a="one", b="two")
    start(bench, 2)
    qtbot.waitUntil(lambda: len(asked_by_batch(bench)) == 2)
    bench.house.model.set_offline(True)
    qtbot.waitUntil(lambda: len(server.stopped) == 2)
    assert bench.queue.state is BatchState.PAUSED
    assert bench.problems == [GONE]
    bench.house.model.set_offline(False)
    qtbot.waitUntil(lambda: bench.house.model.status.state is EngineState.READY)
    server.is_let = True
    bench.queue.resume()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert texts(bench) == ["Server: one\n", "Server: two\n"]


def test_a_full_disk_stops_all_lanes_and_all_go_on(bench: Bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.fill(a="refuse", b="refuse", c="three", d="four")
    monkeypatch.setattr(batch_run, "LEAST_FREE", 1 << 80)
    start(bench)
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.PAUSED)
    assert all("is full" in problem.sentence for problem in bench.problems)
    monkeypatch.undo()
    bench.queue.resume()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert texts(bench) == ["Server: three\n", "Server: four\n"]


def test_a_stopped_batch_ends_its_processes_and_is_gone_on_with(bench: Bench, qtbot: QtBot, server: Server) -> None:
    server.is_let = False
    bench.fill(**{f"p{number}": str(number) for number in range(3)})
    start(bench)
    qtbot.waitUntil(lambda: len(asked_by_batch(bench)) == 3)
    bench.queue.stop()
    assert not any(caller._engine.is_running for caller in bench.queue._server_callers)
    server.is_let = True
    start(bench, 2)
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert texts(bench) == [f"Server: {number}\n" for number in range(3)]


def test_a_model_that_rests_is_opened_again_for_a_batch(bench: Bench, qtbot: QtBot) -> None:
    bench.house.model.open(INFO.folder)
    qtbot.waitUntil(lambda: bench.house.model.status.state is EngineState.READY)
    bench.house.model.rest()
    bench.fill(a="one")
    options = BatchOptions(reader=ReaderChoice.MODEL, model=INFO.folder)
    bench.queue.start(bench.job(options), bench.out)
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert texts(bench) == ["Server: one\n"]
