"""The health of a process that does, or does not, send events."""

import pytest

from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import Stage
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    Ask,
    Cancel,
    Done,
    Heartbeat,
    OpenModel,
    ProbeImage,
    ReadText,
    Request,
    Shutdown,
    StageProgress,
)
from app.engine.process.watchdog import (
    CANCEL_TIMEOUT_TICKS,
    HEARTBEAT_TIMEOUT_TICKS,
    HEARTBEAT_WARNING_TICKS,
    MAX_TICKS,
    START_GRACE_TICKS,
    ProcessHealth,
    Watchdog,
)


def ticks(watchdog: Watchdog, count: int, *, alive: bool = False) -> ProcessHealth:
    health = ProcessHealth.HEALTHY
    for _ in range(count):
        if alive:
            watchdog.notice(Heartbeat())
        health = watchdog.tick()
    return health


ASK = Ask((), GenerationOptions())


def test_every_request_that_is_served_has_a_deadline() -> None:
    assert set(MAX_TICKS) == set(Request.__args__) - {Cancel, Shutdown}


def test_an_idle_process_may_be_silent() -> None:
    watchdog = Watchdog(BackendKind.MODEL)
    assert ticks(watchdog, 10_000) is ProcessHealth.HEALTHY
    watchdog.begin(ASK)
    watchdog.notice(Done(FinishReason.COMPLETE))
    assert ticks(watchdog, 10_000) is ProcessHealth.HEALTHY
    watchdog.begin(ASK)
    assert ticks(watchdog, HEARTBEAT_WARNING_TICKS - 1) is ProcessHealth.HEALTHY


def test_a_model_becomes_unresponsive_and_recovers() -> None:
    watchdog = Watchdog(BackendKind.MODEL)
    watchdog.begin(ASK)
    assert ticks(watchdog, START_GRACE_TICKS + HEARTBEAT_WARNING_TICKS - 1) is ProcessHealth.HEALTHY, (
        "it is being started"
    )
    assert ticks(watchdog, 1) is ProcessHealth.UNRESPONSIVE
    watchdog.notice(Heartbeat())
    assert ticks(watchdog, HEARTBEAT_WARNING_TICKS - 1) is ProcessHealth.HEALTHY
    assert ticks(watchdog, 1) is ProcessHealth.UNRESPONSIVE
    assert ticks(watchdog, HEARTBEAT_TIMEOUT_TICKS[BackendKind.MODEL] - HEARTBEAT_WARNING_TICKS) is ProcessHealth.HUNG


@pytest.mark.parametrize("kind", [BackendKind.IMAGES, BackendKind.READER])
def test_others_are_given_up_at_once(kind: BackendKind) -> None:
    watchdog = Watchdog(kind)
    watchdog.begin(ReadText("a"))
    watchdog.notice(Heartbeat())
    assert ticks(watchdog, HEARTBEAT_WARNING_TICKS - 1) is ProcessHealth.HEALTHY
    assert ticks(watchdog, 1) is ProcessHealth.HUNG


def test_slow_work_of_a_living_process_is_waited_for_as_long_as_its_kind_may_take() -> None:
    watchdog = Watchdog(BackendKind.MODEL)
    watchdog.begin(ASK)
    assert ticks(watchdog, MAX_TICKS[Ask], alive=True) is ProcessHealth.HEALTHY
    watchdog.notice(StageProgress(Stage.ENCODING_IMAGE, 0.5))
    assert ticks(watchdog, MAX_TICKS[Ask], alive=True) is ProcessHealth.HEALTHY
    assert ticks(watchdog, 1, alive=True) is ProcessHealth.HUNG


def test_the_deadline_begins_with_each_request() -> None:
    watchdog = Watchdog(BackendKind.IMAGES)
    for _ in range(2):
        watchdog.begin(ProbeImage("a", 1))
        assert ticks(watchdog, MAX_TICKS[ProbeImage], alive=True) is ProcessHealth.HEALTHY
        watchdog.notice(Done(FinishReason.COMPLETE))
    watchdog.begin(ProbeImage("a", 1))
    assert ticks(watchdog, MAX_TICKS[ProbeImage] + 1, alive=True) is ProcessHealth.HUNG


def test_a_request_may_have_a_deadline_of_its_own() -> None:
    watchdog = Watchdog(BackendKind.IMAGES)
    watchdog.begin(ProbeImage("a", 1), 2)
    assert ticks(watchdog, 2, alive=True) is ProcessHealth.HEALTHY
    assert ticks(watchdog, 1, alive=True) is ProcessHealth.HUNG


def test_a_stop_is_to_be_heeded_in_time() -> None:
    watchdog = Watchdog(BackendKind.MODEL)
    watchdog.begin(ASK)
    assert ticks(watchdog, 2 * CANCEL_TIMEOUT_TICKS, alive=True) is ProcessHealth.HEALTHY
    watchdog.stop()
    assert ticks(watchdog, CANCEL_TIMEOUT_TICKS, alive=True) is ProcessHealth.HEALTHY
    watchdog.stop()  # Pressed again, which gives it no more time.
    assert ticks(watchdog, 1, alive=True) is ProcessHealth.IGNORES_CANCEL


def test_a_stop_ends_with_its_request() -> None:
    watchdog = Watchdog(BackendKind.MODEL)
    watchdog.begin(ASK)
    watchdog.stop()
    watchdog.notice(Done(FinishReason.STOPPED))
    watchdog.begin(OpenModel("a"))
    assert ticks(watchdog, MAX_TICKS[OpenModel], alive=True) is ProcessHealth.HEALTHY
