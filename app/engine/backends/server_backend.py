"""The server process: lists the models of servers, and has one of them answer questions about images.

It is a process of its own so that the model process, which computes with the user's images on this machine, needs no
connections at all.
"""

from collections.abc import Callable

from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import Stage
from app.domain.ports import CancelCheck
from app.engine.answering import AnsweringModel, StageCallback
from app.engine.backends.answering_backend import AnsweringBackend
from app.engine.process.messages import Event, FindServers, ListModels, ModelsListed, OpenServer, Request, ServersFound
from app.engine.remote.connection import ServerConnection
from app.engine.remote.local_servers import find_servers
from app.engine.remote.remote_answers import RemoteAnswers


class ServerBackend(AnsweringBackend[OpenServer]):
    """Serves ListModels, FindServers, OpenServer, Ask and Prefill."""

    opens = OpenServer

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        """Serve a request; emits ModelsListed or ServersFound, or as AnsweringBackend."""
        if isinstance(request, ListModels):
            connection = ServerConnection(request.address, request.key, offline=request.offline)
            emit(ModelsListed(tuple(connection.models(check))))
            return FinishReason.COMPLETE
        if isinstance(request, FindServers):
            emit(ServersFound(find_servers(check)))
            return FinishReason.COMPLETE
        return super().handle(request, emit, check)

    def _load(self, request: OpenServer, stage: StageCallback, check: CancelCheck) -> AnsweringModel:
        stage(Stage.CHECKING, 0.0)
        answers = RemoteAnswers(request.model, request.key, offline=request.offline)
        answers.check_available(check)
        return answers
