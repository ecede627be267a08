"""Opening, replacing, losing and restarting the model's process."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.chat.presets import FIND
from app.domain.errors import Problem, ProblemKind
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState, Stage
from app.domain.models.model_info import ModelInfo
from app.domain.models.model_policy import ModelPolicy
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.domain.text.place_answers import BOXES_SCHEMA
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    Ask,
    Done,
    Event,
    Failed,
    OpenModel,
    Ready,
    Request,
    StageProgress,
    VisualTokenSeconds,
)
from app.engine.process.watchdog import CANCEL_TIMEOUT_TICKS, HEARTBEAT_WARNING_TICKS
from app.services.engines.engine import Engine
from app.services.engines.reader_engine import ReaderEngine
from app.services.models import model_engine
from app.services.models.image_texts import ImageTexts
from app.services.models.model_engine import ModelEngine
from tests.services.conftest import INFO
from tests.support.fake_engine import FakeEngines, ignore, pass_ticks

DAMAGED = Problem(ProblemKind.CHECKPOINT, "The model's file is damaged.")
SHORT_OF_MEMORY = Problem(ProblemKind.ENGINE, "The engine ran out of memory.")


def opens(request: Request) -> Iterator[Event]:
    match request:
        case OpenModel(folder=folder) if "bad" in folder:
            yield Failed(DAMAGED)
        case OpenModel(folder=folder) if "large" in folder:
            yield Failed(SHORT_OF_MEMORY)
        case OpenModel(folder=folder) if "slow" not in folder:
            yield StageProgress(Stage.LOADING, 0.5)
            yield Ready(INFO)
            yield VisualTokenSeconds(0.25)
            yield Done(FinishReason.COMPLETE)


def opens_again_for_an_answer(request: Request) -> Iterator[Event]:
    if isinstance(request, Ask):
        yield Ready(replace(INFO, device="CPU", device_reason="Card computed numbers that are not finite"))
        yield Done(FinishReason.COMPLETE)
    else:
        yield from opens(request)


@pytest.fixture
def fakes() -> FakeEngines:
    return FakeEngines(model=opens)


@pytest.fixture
def engine(qtbot: QtBot, fakes: FakeEngines) -> Iterator[Engine]:
    """The one of models in a folder."""
    made = Engine(BackendKind.MODEL, fakes)
    yield made
    made.shut_down()


@pytest.fixture
def model(engine: Engine, fakes: FakeEngines) -> Iterator[ModelEngine]:
    server, reader = Engine(BackendKind.SERVER, fakes), Engine(BackendKind.READER, fakes)
    yield ModelEngine(engine, server, ImageTexts(ReaderEngine(reader)), LoadOptions)
    for other in (server, reader):
        other.shut_down()


def test_opening_is_shown_step_by_step(model: ModelEngine, qtbot: QtBot) -> None:
    states: list[tuple[EngineState, float]] = []
    model.status_changed.connect(lambda status: states.append((status.state, status.progress)))
    with qtbot.waitSignal(model.opened) as opened:
        model.open("/models/tiny")
    assert opened.args == ["/models/tiny"]
    assert states == [(EngineState.LOADING, 0.0), (EngineState.LOADING, 0.5), (EngineState.READY, 0.0)]
    assert model.status.info == INFO


@pytest.mark.parametrize(
    ("text", "images", "info", "schema"),
    [
        (FIND.text, 1, INFO, BOXES_SCHEMA),
        ("Locate every red car in the image, report bbox coordinates in JSON format.", 1, INFO, BOXES_SCHEMA),
        (FIND.text, 0, INFO, ""),
        ("Where is the red car?", 1, INFO, ""),
        (FIND.text, 1, replace(INFO, policy=ModelPolicy(is_placeholder=True)), ""),
        (FIND.text, 1, replace(INFO, server="http://127.0.0.1:8000/v1"), ""),
    ],
)
def test_boxes_have_a_schema_where_they_are_asked_for(
    model: ModelEngine, fakes: FakeEngines, qtbot: QtBot, text: str, images: int, info: ModelInfo, schema: str
) -> None:
    fakes.set_script(BackendKind.MODEL, lambda _: iter((Ready(info), Done(FinishReason.COMPLETE))))
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    model.ask((Turn(Role.USER, text, (SeenImage("image.png"),) * images),), GenerationOptions(), ignore)

    def asked() -> list[str]:
        return [request.schema for request in fakes.requests(BackendKind.MODEL) if isinstance(request, Ask)]

    qtbot.waitUntil(lambda: bool(asked()))
    assert asked() == [schema]


def test_a_folder_that_cannot_be_opened(model: ModelEngine, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(model.opened):
        model.open("/models/bad")
        qtbot.waitUntil(lambda: model.status.state is EngineState.FAILED)
    assert model.status.problem == DAMAGED


@pytest.mark.parametrize(("folder", "problem"), [("/models/bad", DAMAGED), ("/models/large", SHORT_OF_MEMORY)])
def test_why_a_folder_could_not_be_opened_is_told_where_its_process_ends_too(
    model: ModelEngine, engine: Engine, fakes: FakeEngines, qtbot: QtBot, folder: str, problem: Problem
) -> None:
    """A restart is offered where the model is not to blame."""
    model.open(folder)
    qtbot.waitUntil(lambda: model.status.state is EngineState.FAILED)
    with qtbot.waitSignal(engine.died):
        fakes.latest(BackendKind.MODEL).kill()
    assert model.status.problem == problem
    assert model.status.offers_restart is (problem is SHORT_OF_MEMORY)
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")


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
    fakes.latest(BackendKind.MODEL).kill()
    qtbot.waitUntil(lambda: model.status.state is EngineState.DIED)
    assert model.status.problem
    assert "signal 9" in model.status.problem.sentence
    with qtbot.waitSignal(model.opened):
        model.restart()
    assert len(fakes.clients) == 2


def test_a_silent_process_is_told_and_can_be_replaced(
    model: ModelEngine, engine: Engine, fakes: FakeEngines, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    model.ask((), GenerationOptions(), ignore)  # The script says nothing to it, as a process that hangs.
    said: list[tuple[EngineState, bool, bool]] = []
    model.status_changed.connect(lambda status: said.append((status.state, status.is_silent, status.offers_restart)))
    pass_ticks(engine, HEARTBEAT_WARNING_TICKS - 1)
    assert said == []
    pass_ticks(engine, 1)
    assert said == [(EngineState.READY, True, True)]
    with qtbot.waitSignal(model.opened):
        model.restart()
    assert said[-1] == (EngineState.READY, False, False)
    assert len(fakes.clients) == 2


def test_a_stop_that_is_not_heeded_ends_the_process_and_the_next_question_opens_the_model(
    model: ModelEngine, engine: Engine, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    qtbot.waitUntil(lambda: not engine.is_busy)
    received: list[Event] = []
    call = model.ask((), GenerationOptions(), received.append)
    model.stop(call)
    pass_ticks(engine, CANCEL_TIMEOUT_TICKS + 1)
    assert received == [Done(FinishReason.STOPPED)]
    assert model.status.state is EngineState.DIED
    assert not model.is_answering
    with qtbot.waitSignal(model.opened):
        model.ask((), GenerationOptions(), ignore)


def test_unloading_forgets_the_model(model: ModelEngine, fakes: FakeEngines, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    model.unload()
    assert model.status.state is EngineState.NO_MODEL
    assert fakes.running(BackendKind.MODEL) == 0
    model.restart()
    assert model.status.state is EngineState.NO_MODEL


def test_the_pace_is_told_and_forgotten_with_the_model(model: ModelEngine, qtbot: QtBot) -> None:
    speeds: list[float] = []
    model.visual_token_seconds_changed.connect(speeds.append)
    model.open("/models/tiny")
    qtbot.waitUntil(lambda: speeds == [0.0, 0.25])
    model.restart()
    qtbot.waitUntil(lambda: speeds == [0.0, 0.25, 0.25])
    model.open("/models/slow")
    assert speeds == [0.0, 0.25, 0.25, 0.0]


def test_a_model_rests_and_opens_with_the_next_question(
    model: ModelEngine, engine: Engine, fakes: FakeEngines, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    qtbot.waitUntil(lambda: not engine.is_busy)
    model.unload_idle()
    assert model.status.state is EngineState.UNLOADED
    assert model.status.info == INFO
    assert fakes.running(BackendKind.MODEL) == 0
    with qtbot.waitSignal(model.opened):
        model.ask((), GenerationOptions(), ignore)
    kinds = [type(request) for request in fakes.requests(BackendKind.MODEL)]
    assert kinds[:2] == [OpenModel, OpenModel]


@pytest.fixture
def short_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes of twenty milliseconds."""
    assert model_engine.MINUTE_MILLISECONDS == 60_000
    monkeypatch.setattr(model_engine, "MINUTE_MILLISECONDS", 20)


@pytest.mark.usefixtures("short_minutes")
def test_time_without_a_question_is_counted_where_it_is_wanted(
    model: ModelEngine, fakes: FakeEngines, qtbot: QtBot
) -> None:
    states: list[EngineState] = []
    model.status_changed.connect(lambda status: states.append(status.state))
    model.set_idle_minutes(5)
    qtbot.wait(200)
    assert states == []
    begin = time.monotonic()
    model.open("/models/tiny")
    qtbot.waitUntil(lambda: model.status.state is EngineState.UNLOADED)
    assert time.monotonic() - begin >= 0.09  # Five minutes; Qt's coarse timers may be 5 % early.
    assert fakes.running(BackendKind.MODEL) == 0
    states.clear()
    qtbot.wait(200)
    assert states == []
    model.set_idle_minutes(0)
    with qtbot.waitSignal(model.opened):
        model.restart()
    qtbot.wait(200)
    assert model.status.state is EngineState.READY
    model.set_idle_minutes(5)
    qtbot.waitUntil(lambda: model.status.state is EngineState.UNLOADED)


@pytest.mark.usefixtures("short_minutes")
def test_a_model_that_answers_does_not_rest(model: ModelEngine, qtbot: QtBot) -> None:
    model.set_idle_minutes(5)
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    model.ask((), GenerationOptions(), ignore)  # The script says nothing to it, so it stays open.
    qtbot.wait(300)
    assert model.status.state is EngineState.READY


@pytest.mark.parametrize("fakes", [FakeEngines(model=opens_again_for_an_answer)])
def test_another_precision_for_an_answer_is_shown(model: ModelEngine, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.opened):
        model.open("/models/tiny")
    with qtbot.waitSignal(model.answering_ended):
        model.ask((), GenerationOptions(), ignore)
    assert (model.status.state, model.status.info and model.status.info.device) == (EngineState.READY, "CPU")
