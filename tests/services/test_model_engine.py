"""Opening, replacing, losing and restarting the model's process."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.domain.engine_status import EngineState, Stage
from app.domain.errors import Problem, ProblemKind
from app.domain.generation import FinishReason, GenerationOptions, LoadOptions
from app.engine.process.backend import BackendKind
from app.engine.process.messages import Done, Event, Failed, Loading, OpenModel, Pace, Ready, Request
from app.services.engine import Engine
from app.services.image_texts import ImageTexts
from app.services.model_engine import ModelEngine
from tests.services.conftest import INFO
from tests.support.fake_engine import FakeEngines

DAMAGED = Problem(ProblemKind.CHECKPOINT, "The model's file is damaged.")


def opens(request: Request) -> Iterator[Event]:
    match request:
        case OpenModel(request_id=number, folder=folder) if "bad" in folder:
            yield Failed(number, DAMAGED)
        case OpenModel(request_id=number, folder=folder) if "slow" not in folder:
            yield Loading(number, Stage.LOADING, 0.5)
            yield Ready(number, INFO)
            yield Pace(number, 0.25)
            yield Done(number, FinishReason.COMPLETE)


@pytest.fixture
def fakes() -> FakeEngines:
    return FakeEngines(model=opens)


@pytest.fixture
def model(qtbot: QtBot, fakes: FakeEngines) -> Iterator[ModelEngine]:
    engine, reader = Engine(BackendKind.MODEL, fakes), Engine(BackendKind.READER, fakes)
    yield ModelEngine(engine, ImageTexts(reader), LoadOptions)
    engine.shut_down()
    reader.shut_down()


def test_opening_is_shown_step_by_step(model: ModelEngine, qtbot: QtBot) -> None:
    states: list[tuple[EngineState, float]] = []
    model.status_changed.connect(lambda status: states.append((status.state, status.progress)))
    with qtbot.waitSignal(model.opened) as opened:
        model.open("/models/tiny")
    assert opened.args == ["/models/tiny"]
    assert states == [(EngineState.LOADING, 0.0), (EngineState.LOADING, 0.5), (EngineState.READY, 0.0)]
    assert model.status.info == INFO


def test_a_folder_that_cannot_be_opened(model: ModelEngine, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(model.opened):
        model.open("/models/bad")
        qtbot.waitUntil(lambda: model.status.state is EngineState.FAILED)
    assert model.status.problem == DAMAGED


def test_another_model_gets_a_process_of_its_own_even_while_one_loads(
    model: ModelEngine, fakes: FakeEngines, qtbot: QtBot
) -> None:
    model.open("/models/slow")
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    assert len(fakes.clients) == 2
    assert model.status.state is EngineState.READY


def test_a_killed_process_is_noticed_and_restarted(model: ModelEngine, fakes: FakeEngines, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    model.engine.kill()
    qtbot.waitUntil(lambda: model.status.state is EngineState.DIED)
    assert model.status.problem
    assert "signal 9" in model.status.problem.sentence
    with qtbot.waitSignal(model.opened):
        model.restart()
    assert len(fakes.clients) == 2


def test_unloading_forgets_the_model(model: ModelEngine, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    model.unload()
    assert model.status.state is EngineState.NO_MODEL
    assert not model.engine.is_running
    model.restart()
    assert model.status.state is EngineState.NO_MODEL


def test_the_pace_is_told_and_forgotten_with_the_model(model: ModelEngine, qtbot: QtBot) -> None:
    paces: list[float] = []
    model.pace_changed.connect(paces.append)
    model.open("/models/tiny")
    qtbot.waitUntil(lambda: paces == [0.0, 0.25])
    model.restart()
    qtbot.waitUntil(lambda: paces == [0.0, 0.25, 0.25])
    model.open("/models/slow")
    assert paces == [0.0, 0.25, 0.25, 0.0]


def test_a_model_rests_and_opens_with_the_next_question(model: ModelEngine, fakes: FakeEngines, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    qtbot.waitUntil(lambda: not model.engine.is_busy)
    model.rest()
    assert model.status.state is EngineState.RESTING
    assert model.status.info == INFO
    assert not model.engine.is_running
    with qtbot.waitSignal(model.opened):
        model.ask((), GenerationOptions())
    kinds = [type(request) for request in fakes.requests(BackendKind.MODEL)]
    assert kinds[:2] == [OpenModel, OpenModel]


def test_time_without_a_question_is_counted_where_it_is_wanted(model: ModelEngine, qtbot: QtBot) -> None:
    model.set_keep_loaded(5)
    assert not model._rest_timer.isActive()
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    assert model._rest_timer.isActive()
    assert model._rest_timer.interval() == 5 * 60_000
    model.set_keep_loaded(0)
    assert not model._rest_timer.isActive()
    model.set_keep_loaded(5)
    qtbot.waitUntil(lambda: not model.engine.is_busy)
    model._rest_timer.timeout.emit()
    assert model.status.state is EngineState.RESTING
    assert not model._rest_timer.isActive()


def test_a_model_that_answers_does_not_rest(model: ModelEngine, qtbot: QtBot) -> None:
    model.set_keep_loaded(5)
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    model.ask((), GenerationOptions())  # The script says nothing to it, so it stays open.
    model._rest_timer.timeout.emit()
    assert model.status.state is EngineState.READY
