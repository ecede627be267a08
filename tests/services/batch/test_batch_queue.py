"""The window's batch over fake engines: pausing, giving way to a chat, going on after a problem."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.batch.batch import BatchJob, BatchOptions, BatchState, ItemState, Output
from app.domain.chat.chat import Role, Turn
from app.domain.documents.fields import Field
from app.domain.errors import ImageError, Problem
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
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
    ReadText,
    Ready,
    Request,
)
from app.services.batch import batch_run
from app.services.batch.batch_queue import BatchQueue
from app.services.engines.background import BackgroundThread
from app.services.engines.engine import Engine
from app.storage.batch.batch_journal import BatchJournal
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.batch_backends import TextFileBackend
from tests.support.fake_engine import ignore

FILLED = '{"date": {"value": "2024", "text": "2024"}}'


def reads(request: Request) -> Iterator[Event]:
    if isinstance(request, Cancel):
        return
    events: list[Event] = []
    try:
        TextFileBackend().handle(request, events.append, lambda: None)
    except ImageError as error:
        yield Failed(error.problem)
        return
    yield from events
    yield Done(FinishReason.COMPLETE)


class Model:
    """Answers the batch only when it is `let`; until then a question is open until it is cancelled."""

    def __init__(self) -> None:
        self.is_let = False

    def __call__(self, request: Request) -> Iterator[Event]:
        match request:
            case OpenModel():
                yield Ready(INFO)
                yield Done(FinishReason.COMPLETE)
            case Cancel():
                yield Done(FinishReason.STOPPED)
            case Ask() if self.is_let or "Extract" not in request.turns[0].text:
                yield AnswerDelta(FILLED)
                yield Done(FinishReason.COMPLETE)


class Harness:
    """A queue with what it needs, and what it has said."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services = services
        self.out = folder / "out"
        self.scans = folder / "scans"
        self.scans.mkdir()
        self.thread = BackgroundThread("batch")
        images, reader = (Engine(kind, services.engines) for kind in (BackendKind.IMAGES, BackendKind.READER))
        self.queue = BatchQueue(
            images, reader, services.model, lambda: Engine(BackendKind.SERVER, services.engines), self.thread
        )
        self.states: list[BatchState] = []
        self.problems: list[Problem] = []
        self.queue.state_changed.connect(self.states.append)
        self.queue.problem_met.connect(self.problems.append)

    def fill(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.scans / f"{name}.png").write_text(text)

    def job(self, options: BatchOptions) -> BatchJob:
        return BatchJob((str(self.scans),), options)

    def start(self, options: BatchOptions | None = None) -> None:
        self.queue.start(self.job(options or BatchOptions()), self.out)

    def reads(self) -> list[str]:
        requests = self.services.engines.requests(BackendKind.READER)
        return [Path(request.path).name for request in requests if isinstance(request, ReadText)]

    def asked(self) -> list[Ask]:
        kinds = (kind for kind in BackendKind if kind.answers)
        return [it for kind in kinds for it in self.services.engines.requests(kind) if isinstance(it, Ask)]


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def harness(build_services: BuildServices, tmp_path: Path, qtbot: QtBot, model: Model) -> Iterator[Harness]:
    made = Harness(build_services(images=reads, reader=reads, model=model), tmp_path)
    yield made
    made.queue.shut_down()
    made.thread.close()


FIELDS = BatchOptions(outputs=(Output.JSON,), fields=(Field("date"),), model=INFO.folder)


def test_a_batch_runs_to_its_end_and_its_processes_end_with_it(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(a="one", b="refuse", c="three")
    changed: list[int] = []
    harness.queue.item_changed.connect(changed.append)
    with qtbot.waitSignal(harness.queue.progress_changed, check_params_cb=lambda progress: progress.left == 0):
        harness.start()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.states == [BatchState.SCANNING, BatchState.RUNNING, BatchState.DONE]
    assert changed == [0, 1, 2]
    run = harness.queue.run
    assert run
    assert run.states == [ItemState.DONE, ItemState.FAILED, ItemState.DONE]
    assert list(run.problems) == [1]
    assert (harness.out / "c.png.txt").read_text() == "three\n"
    assert [harness.services.engines.running(kind) for kind in (BackendKind.IMAGES, BackendKind.READER)] == [0, 0]
    harness.fill(b="two")
    harness.queue.retry()
    qtbot.waitUntil(lambda: (harness.out / "b.png.txt").exists() and harness.queue.state is BatchState.DONE)
    assert harness.reads() == ["a.png", "c.png", "b.png"]


def test_a_pause_holds_the_next_image_and_is_gone_on_from(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(**{f"p{number}": "text" for number in range(6)})
    harness.queue.item_changed.connect(lambda index: harness.queue.pause() if index == 1 else None)
    harness.start()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    qtbot.wait(100)
    assert len(list(harness.out.glob("*.txt"))) == 2
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.reads() == [f"p{number}.png" for number in range(6)]


def test_a_question_of_a_chat_goes_first(harness: Harness, qtbot: QtBot, model: Model) -> None:
    harness.services.model.open(INFO.folder)
    qtbot.waitUntil(lambda: harness.services.model.status.state is EngineState.READY)
    harness.fill(a="2024")
    harness.start(FIELDS)
    qtbot.waitUntil(lambda: len(harness.asked()) == 1)
    harness.services.model.ask((Turn(Role.USER, "Hello"),), GenerationOptions(), ignore)
    qtbot.waitUntil(lambda: len(harness.asked()) == 3)
    assert ["Extract" in request.turns[0].text for request in harness.asked()] == [True, False, True]
    model.is_let = True
    harness.services.model.ask((Turn(Role.USER, "And?"),), GenerationOptions(), ignore)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert '"value": "2024"' in (harness.out / "a.png.json").read_text()


def test_without_its_model_a_batch_pauses_and_says_so(harness: Harness, qtbot: QtBot, model: Model) -> None:
    model.is_let = True
    harness.fill(a="2024")
    harness.start(FIELDS)
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    assert ["is not open" in problem.sentence for problem in harness.problems] == [True]
    harness.services.model.open(INFO.folder)
    qtbot.waitUntil(lambda: harness.services.model.status.state is EngineState.READY)
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.reads() == ["a.png"]


def test_a_full_disk_pauses_and_the_batch_goes_on_when_there_is_room(
    harness: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.fill(a="one", b="refuse", c="three")
    monkeypatch.setattr(batch_run, "MIN_FREE", 1 << 80)
    harness.start()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.PAUSED)
    assert ["is full" in problem.sentence for problem in harness.problems] == [True]
    monkeypatch.undo()
    harness.queue.resume()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.reads() == ["a.png", "c.png"]


def test_a_stopped_batch_lets_go_of_its_folder_and_is_recalled(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(**{f"p{number}": "text" for number in range(4)})
    harness.queue.item_changed.connect(lambda index: harness.queue.stop() if index == 1 else None)
    harness.start()
    qtbot.waitUntil(lambda: BatchState.RUNNING in harness.states and harness.queue.state is BatchState.IDLE)
    with qtbot.waitSignal(harness.queue.recalled) as recalled:
        harness.queue.recall(harness.out)
    assert recalled.args == [harness.job(BatchOptions()), harness.out]
    harness.queue.item_changed.disconnect()
    harness.start()
    qtbot.waitUntil(lambda: harness.queue.state is BatchState.DONE)
    assert harness.reads() == [f"p{number}.png" for number in range(4)]


def test_a_folder_that_another_works_on_is_told(harness: Harness, qtbot: QtBot) -> None:
    harness.fill(a="one")
    with BatchJournal(harness.out):
        harness.start()
        qtbot.waitUntil(lambda: bool(harness.problems))
    assert "Another Lorgnette" in harness.problems[0].sentence
    assert harness.queue.state is BatchState.IDLE
