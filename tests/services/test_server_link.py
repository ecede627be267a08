"""A server in place of the model on this machine."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.domain.engine_status import EngineState
from app.domain.errors import Problem, ProblemKind
from app.domain.generation import FinishReason
from app.domain.remote_servers import RemoteModel
from app.engine.process.backend import BackendKind
from app.engine.process.messages import (
    Done,
    Event,
    Failed,
    ListModels,
    ModelsListed,
    OpenServer,
    Ready,
    Request,
)
from app.services.background import BackgroundThread
from app.services.server_link import ServerLink
from tests.services.conftest import INFO, BuildHouse, House

MODEL = RemoteModel("http://gpu-box:8000/v1", "qwen")
REFUSED = Problem(ProblemKind.ENGINE, "Another key is wanted.")


def serves(request: Request) -> Iterator[Event]:
    match request:
        case ListModels(request_id=number, key="wrong"):
            yield Failed(number, REFUSED)
        case ListModels(request_id=number):
            yield ModelsListed(number, ("one", "two"))
            yield Done(number, FinishReason.COMPLETE)
        case OpenServer(request_id=number):
            yield Ready(number, INFO)
            yield Done(number, FinishReason.COMPLETE)


class Desk:
    """A link over an imitated process and an imitated keyring."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.keys: dict[str, str] = {}
        self.thread = BackgroundThread("files")
        self.is_offline = False
        self.link = ServerLink(house.model, self.thread, self._key_of, self._keep, lambda: self.is_offline)

    def _key_of(self, address: str) -> str:
        return self.keys.get(address, "")

    def _keep(self, address: str, key: str) -> bool:
        self.keys[address] = key
        return True

    def opened(self) -> list[OpenServer]:
        asked = self.house.engines.requests(BackendKind.MODEL)
        return [request for request in asked if isinstance(request, OpenServer)]


@pytest.fixture
def desk(build_house: BuildHouse) -> Iterator[Desk]:
    made = Desk(build_house(model=serves))
    yield made
    made.thread.close()


def test_a_servers_models_are_listed_or_the_reason_why_not(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.link.listed) as listed:
        desk.link.list_models(MODEL.address, "")
    assert listed.args == [("one", "two")]
    with qtbot.waitSignal(desk.link.failed) as failed:
        desk.link.list_models(MODEL.address, "wrong")
    assert failed.args == [REFUSED]


def test_a_server_answers_and_its_key_is_kept_and_used_again(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.house.model.connected) as connected:
        desk.link.connect_to(MODEL, "secret")
    assert connected.args == [MODEL]
    qtbot.waitUntil(lambda: desk.keys == {MODEL.address: "secret"})
    with qtbot.waitSignal(desk.house.model.connected):
        desk.link.reconnect(MODEL)
    assert [request.key for request in desk.opened()] == ["secret", "secret"]
    assert "secret" not in repr(desk.house.model._opened)


def test_offline_is_told_to_the_process(desk: Desk, qtbot: QtBot) -> None:
    desk.is_offline = True
    with qtbot.waitSignal(desk.house.model.connected):
        desk.link.connect_to(MODEL, "")
    assert desk.opened()[0].offline


def test_offline_lets_go_of_a_server_elsewhere_at_once_and_connects_again(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.house.model.connected):
        desk.link.connect_to(MODEL, "secret")
    for offline in (True, True, False):
        desk.house.model.set_offline(offline)
        qtbot.waitUntil(lambda: desk.house.model.status.state is EngineState.READY)
    assert [(request.offline, request.key) for request in desk.opened()] == [
        (False, "secret"), (True, "secret"), (False, "secret"),
    ]  # fmt: skip


def test_offline_leaves_a_server_on_this_machine_alone(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.house.model.connected):
        desk.link.connect_to(RemoteModel("http://127.0.0.1:8000/v1", "qwen"), "")
    desk.house.model.set_offline(True)
    assert len(desk.opened()) == 1
    with qtbot.waitSignal(desk.house.model.connected):
        desk.house.model.restart()
    assert [request.offline for request in desk.opened()] == [False, True]


def test_a_dead_process_is_replaced_by_one_for_the_same_server(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.house.model.connected):
        desk.link.connect_to(MODEL, "secret")
    desk.house.model.engine.kill()
    qtbot.waitUntil(lambda: desk.house.model.status.state is EngineState.DIED)
    with qtbot.waitSignal(desk.house.model.connected):
        desk.house.model.restart()
    assert [request.model for request in desk.opened()] == [MODEL, MODEL]
