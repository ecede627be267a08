"""A server's model is told apart from a local one in every state, so that the window offers what helps."""

from app.domain.errors import Problem, ProblemKind
from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.models.remote_servers import RemoteModel
from tests.services.conftest import BuildServices

MODEL = RemoteModel("http://192.0.2.2:8000/v1", "one")


def test_the_server_is_known_before_it_answers(build_services: BuildServices) -> None:
    model = build_services().model
    model.open_server(MODEL, "", offline=False)
    connecting = model.status
    assert (connecting.state, connecting.server, connecting.leaves_machine) == (EngineState.LOADING, MODEL, True)
    model.unload()
    closed = model.status
    assert (closed.state, closed.server, closed.leaves_machine) == (EngineState.NO_MODEL, None, False)


def test_a_server_that_cannot_be_reached_is_tried_again() -> None:
    unreachable = Problem(ProblemKind.NETWORK, "“192.0.2.2” could not be reached.")
    assert EngineStatus(state=EngineState.FAILED, problem=unreachable, server=MODEL).offers_restart
