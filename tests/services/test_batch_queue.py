"""The window's batch over fake engines: pausing, giving way to a chat, going on after a problem."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.batch import BatchOptions, BatchState, ItemState, Job, Output
from app.domain.chat import Role, Turn
from app.domain.engine_status import EngineState
from app.domain.errors import ImageError, Problem
from app.domain.fields import Field
from app.domain.generation import FinishReason, GenerationOptions
from app.engine.process.backend import BackendKind
from app.engine.process.messages import Ask, Cancel, Done, Event, Failed, OpenModel, ReadText, Ready, Request, Token
from app.services import batch_run
from app.services.background import BackgroundThread
from app.services.batch_queue import BatchQueue
from app.services.engine import Engine
from app.storage.batch_journal import BatchJournal
from tests.services.conftest import INFO, BuildHouse, House
from tests.support.batch_backends import TextFileBackend

FILLED = '{"date": {"value": "2024", "text": "2024"}}'


def reads(request: Request) -> Iterator[Event]:
    if isinstance(request, Cancel):
        return
    events: list[Event] = []
    try:
        TextFileBackend().handle(request, events.append, lambda: None)
    except ImageError as error:
        yield Failed(request.request_id, error.problem)
        return
    yield from events
    yield Done(request.request_id, FinishReason.COMPLETE)


class Model:
    """Answers the batch only when it is `let`; until then a question is open until it is cancelled."""

    def __init__(self) -> None:
        self.is_let = False

    def __call__(self, request: Request) -> Iterator[Event]:
        match request:
            case OpenModel(request_id=number):
                yield Ready(number, INFO)
                yield Done(number, FinishReason.COMPLETE)
            case Cancel(request_id=number):
                yield Done(number, FinishReason.STOPPED)
            case Ask(request_id=number) if self.is_let or "Extract" not in request.turns[0].text:
                yield Token(number, FILLED)
                yield Done(number, FinishReason.COMPLETE)


class Bench:
    """A queue with what it needs, and what it has said."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.out = folder / "out"
        self.scans = folder / "scans"
        self.scans.mkdir()
        self.thread = BackgroundThread("batch")
        images, reader = (Engine(kind, house.engines) for kind in (BackendKind.IMAGES, BackendKind.READER))
        self.queue = BatchQueue(
            images, reader, house.model, lambda: Engine(BackendKind.MODEL, house.engines), self.thread
        )
        self.states: list[BatchState] = []
        self.problems: list[Problem] = []
        self.queue.state_changed.connect(self.states.append)
        self.queue.problem_met.connect(self.problems.append)

    def fill(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.scans / f"{name}.png").write_text(text)

    def job(self, options: BatchOptions) -> Job:
        return Job((str(self.scans),), options)

    def start(self, options: BatchOptions | None = None) -> None:
        self.queue.start(self.job(options or BatchOptions()), self.out)

    def reads(self) -> list[str]:
        requests = self.house.engines.requests(BackendKind.READER)
        return [Path(request.path).name for request in requests if isinstance(request, ReadText)]

    def asked(self) -> list[Ask]:
        return [request for request in self.house.engines.requests(BackendKind.MODEL) if isinstance(request, Ask)]


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def bench(build_house: BuildHouse, tmp_path: Path, qtbot: QtBot, model: Model) -> Iterator[Bench]:
    made = Bench(build_house(images=reads, reader=reads, model=model), tmp_path)
    yield made
    made.queue.shut_down()
    made.thread.close()


FIELDS = BatchOptions(outputs=(Output.JSON,), fields=(Field("date"),), model=INFO.folder)


def test_a_batch_runs_to_its_end_and_its_processes_end_with_it(bench: Bench, qtbot: QtBot) -> None:
    bench.fill(a="one", b="refuse", c="three")
    changed: list[int] = []
    bench.queue.item_changed.connect(changed.append)
    with qtbot.waitSignal(bench.queue.progress_changed, check_params_cb=lambda progress: progress.left == 0):
        bench.start()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert bench.states == [BatchState.LOOKING, BatchState.RUNNING, BatchState.DONE]
    assert changed == [0, 1, 2]
    run = bench.queue.run
    assert run
    assert run.states == [ItemState.DONE, ItemState.FAILED, ItemState.DONE]
    assert list(run.problems) == [1]
    assert (bench.out / "c.png.txt").read_text() == "three\n"
    assert not any(caller._engine.is_running for caller in bench.queue._callers.values())
    bench.fill(b="two")
    bench.queue.retry()
    qtbot.waitUntil(lambda: (bench.out / "b.png.txt").exists() and bench.queue.state is BatchState.DONE)
    assert bench.reads() == ["a.png", "c.png", "b.png"]


def test_a_pause_holds_the_next_image_and_is_gone_on_from(bench: Bench, qtbot: QtBot) -> None:
    bench.fill(**{f"p{number}": "text" for number in range(6)})
    bench.queue.item_changed.connect(lambda index: bench.queue.pause() if index == 1 else None)
    bench.start()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.PAUSED)
    qtbot.wait(100)
    assert len(list(bench.out.glob("*.txt"))) == 2
    bench.queue.resume()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert bench.reads() == [f"p{number}.png" for number in range(6)]


def test_a_question_of_a_chat_goes_first(bench: Bench, qtbot: QtBot, model: Model) -> None:
    bench.house.model.open(INFO.folder)
    qtbot.waitUntil(lambda: bench.house.model.status.state is EngineState.READY)
    bench.fill(a="2024")
    bench.start(FIELDS)
    qtbot.waitUntil(lambda: len(bench.asked()) == 1)
    bench.house.model.ask((Turn(Role.USER, "Hello"),), GenerationOptions())
    qtbot.waitUntil(lambda: len(bench.asked()) == 3)
    assert ["Extract" in request.turns[0].text for request in bench.asked()] == [True, False, True]
    model.is_let = True
    bench.house.model.ask((Turn(Role.USER, "And?"),), GenerationOptions())
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert '"value": "2024"' in (bench.out / "a.png.json").read_text()


def test_without_its_model_a_batch_pauses_and_says_so(bench: Bench, qtbot: QtBot, model: Model) -> None:
    model.is_let = True
    bench.fill(a="2024")
    bench.start(FIELDS)
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.PAUSED)
    assert ["is not open" in problem.sentence for problem in bench.problems] == [True]
    bench.house.model.open(INFO.folder)
    qtbot.waitUntil(lambda: bench.house.model.status.state is EngineState.READY)
    bench.queue.resume()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert bench.reads() == ["a.png"]


def test_a_full_disk_pauses_and_the_batch_goes_on_when_there_is_room(
    bench: Bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.fill(a="one", b="refuse", c="three")
    monkeypatch.setattr(batch_run, "LEAST_FREE", 1 << 80)
    bench.start()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.PAUSED)
    assert ["is full" in problem.sentence for problem in bench.problems] == [True]
    monkeypatch.undo()
    bench.queue.resume()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert bench.reads() == ["a.png", "c.png"]


def test_a_stopped_batch_lets_go_of_its_folder_and_is_recalled(bench: Bench, qtbot: QtBot) -> None:
    bench.fill(**{f"p{number}": "text" for number in range(4)})
    bench.queue.item_changed.connect(lambda index: bench.queue.stop() if index == 1 else None)
    bench.start()
    qtbot.waitUntil(lambda: BatchState.RUNNING in bench.states and bench.queue.state is BatchState.IDLE)
    with qtbot.waitSignal(bench.queue.recalled) as recalled:
        bench.queue.recall(bench.out)
    assert recalled.args == [bench.job(BatchOptions()), bench.out]
    bench.queue.item_changed.disconnect()
    bench.start()
    qtbot.waitUntil(lambda: bench.queue.state is BatchState.DONE)
    assert bench.reads() == [f"p{number}.png" for number in range(4)]


def test_a_folder_that_another_works_on_is_told(bench: Bench, qtbot: QtBot) -> None:
    bench.fill(a="one")
    with BatchJournal(bench.out):
        bench.start()
        qtbot.waitUntil(lambda: bool(bench.problems))
    assert "Another Lorgnette" in bench.problems[0].sentence
    assert bench.queue.state is BatchState.IDLE
