"""A server in place of the model on this machine."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.domain.errors import Problem, ProblemKind
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.models.remote_servers import FoundServer, RemoteModel
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    Done,
    Event,
    Failed,
    FindServers,
    ListModels,
    ModelsListed,
    OpenServer,
    Ready,
    Request,
    ServersFound,
)
from app.services.engines.background import BackgroundThread
from app.services.models.server_link import ServerLink
from tests.services.conftest import INFO, BuildServices, Services

FOUND = FoundServer("vLLM", "http://127.0.0.1:8000/v1", ("qwen",))
MODEL = RemoteModel("http://gpu-box:8000/v1", "qwen")
REFUSED = Problem(ProblemKind.ENGINE, "Another key is wanted.")


def serves(request: Request) -> Iterator[Event]:
    match request:
        case ListModels(key="wrong"):
            yield Failed(REFUSED)
        case ListModels():
            yield ModelsListed(("one", "two"))
            yield Done(FinishReason.COMPLETE)
        case FindServers():
            yield ServersFound((FOUND,))
            yield Done(FinishReason.COMPLETE)
        case OpenServer():
            yield Ready(INFO)
            yield Done(FinishReason.COMPLETE)


class Harness:
    """A link over an imitated process and an imitated keyring."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.keys: dict[str, str] = {}
        self.thread = BackgroundThread("files")
        self.is_offline = False
        self.link = ServerLink(services.model, self.thread, self._key_of, self._keep, lambda: self.is_offline)

    def _key_of(self, address: str) -> str:
        return self.keys.get(address, "")

    def _keep(self, address: str, key: str) -> bool:
        self.keys[address] = key
        return True

    def opened(self) -> list[OpenServer]:
        asked = self.services.engines.requests(BackendKind.SERVER)
        return [request for request in asked if isinstance(request, OpenServer)]


@pytest.fixture
def harness(build_services: BuildServices) -> Iterator[Harness]:
    made = Harness(build_services(server=serves))
    yield made
    made.thread.close()


def test_a_servers_models_are_listed_or_the_reason_why_not(harness: Harness, qtbot: QtBot) -> None:
    with qtbot.waitSignal(harness.link.listed) as listed:
        harness.link.list_models(MODEL.address, "")
    assert listed.args == [("one", "two")]
    with qtbot.waitSignal(harness.link.failed) as failed:
        harness.link.list_models(MODEL.address, "wrong")
    assert failed.args == [REFUSED]


def test_servers_of_this_machine_are_found(harness: Harness, qtbot: QtBot) -> None:
    with qtbot.waitSignal(harness.link.found) as found:
        harness.link.find_servers()
    assert found.args == [(FOUND,)]


def test_listing_a_servers_models_ends_the_search(harness: Harness, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(harness.link.found), qtbot.waitSignal(harness.link.listed):
        harness.link.find_servers()
        harness.link.list_models(MODEL.address, "")


def test_a_process_that_fails_finds_none(build_services: BuildServices, qtbot: QtBot) -> None:
    def fails(_request: Request) -> Iterator[Event]:
        yield Failed(REFUSED)

    failing = Harness(build_services(server=fails))
    with qtbot.waitSignal(failing.link.found) as found:
        failing.link.find_servers()
    assert found.args == [()]
    failing.thread.close()


def test_a_server_answers_and_its_key_is_kept_and_used_again(harness: Harness, qtbot: QtBot) -> None:
    with qtbot.waitSignal(harness.services.model.connected) as connected:
        harness.link.connect_to(MODEL, "secret")
    assert connected.args == [MODEL]
    qtbot.waitUntil(lambda: harness.keys == {MODEL.address: "secret"})
    with qtbot.waitSignal(harness.services.model.connected):
        harness.link.reconnect(MODEL)
    assert [request.key for request in harness.opened()] == ["secret", "secret"]
    assert "secret" not in repr(harness.services.model.server_request())


def test_offline_is_told_to_the_process(harness: Harness, qtbot: QtBot) -> None:
    harness.is_offline = True
    with qtbot.waitSignal(harness.services.model.connected):
        harness.link.connect_to(MODEL, "")
    assert harness.opened()[0].offline


def test_offline_lets_go_of_a_server_elsewhere_at_once_and_connects_again(harness: Harness, qtbot: QtBot) -> None:
    with qtbot.waitSignal(harness.services.model.connected):
        harness.link.connect_to(MODEL, "secret")
    for offline in (True, True, False):
        harness.services.model.set_offline(offline)
        qtbot.waitUntil(lambda: harness.services.model.status.state is EngineState.READY)
    assert [(request.offline, request.key) for request in harness.opened()] == [
        (False, "secret"), (True, "secret"), (False, "secret"),
    ]  # fmt: skip


def test_offline_leaves_a_server_on_this_machine_alone(harness: Harness, qtbot: QtBot) -> None:
    with qtbot.waitSignal(harness.services.model.connected):
        harness.link.connect_to(RemoteModel("http://127.0.0.1:8000/v1", "qwen"), "")
    harness.services.model.set_offline(True)
    assert len(harness.opened()) == 1
    with qtbot.waitSignal(harness.services.model.connected):
        harness.services.model.restart()
    assert [request.offline for request in harness.opened()] == [False, True]


def test_a_dead_process_is_replaced_by_one_for_the_same_server(harness: Harness, qtbot: QtBot) -> None:
    with qtbot.waitSignal(harness.services.model.connected):
        harness.link.connect_to(MODEL, "secret")
    harness.services.engines.latest(BackendKind.SERVER).kill()
    qtbot.waitUntil(lambda: harness.services.model.status.state is EngineState.DIED)
    with qtbot.waitSignal(harness.services.model.connected):
        harness.services.model.restart()
    assert [request.model for request in harness.opened()] == [MODEL, MODEL]
