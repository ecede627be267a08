"""An engine process whose backend does what the request's path says, run by the real host in a real child."""

import logging
import os
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from app.domain.engine_status import Stage
from app.domain.errors import ImageError
from app.domain.generation import FinishReason
from app.domain.ports import CancelCheck
from app.engine.process.backend import BackendKind
from app.engine.process.host import Host
from app.engine.process.messages import Event, Loading, ProbeImage, Request

TICK = 0.01


class ScriptedBackend:
    """Serves ProbeImage: `path` is one of the commands below, `thumbnail_size` a number for it."""

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        assert isinstance(request, ProbeImage)
        match request.path:
            case "count":
                for number in range(request.thumbnail_size):
                    emit(Loading(request.request_id, Stage.READING, number / request.thumbnail_size))
            case "wait":
                emit(Loading(request.request_id, Stage.READING, 0.0))
                while True:
                    check()
                    time.sleep(TICK)
            case "ignore cancel":
                emit(Loading(request.request_id, Stage.READING, 0.0))
                time.sleep(60)
            case "refuse":
                raise ImageError("It is not an image.", todo="Drop another.")
            case "bug":
                raise ZeroDivisionError("a bug")
            case "no memory":
                raise MemoryError
            case "exit":
                os._exit(3)
        return FinishReason.COMPLETE


def run_scripted(_kind: BackendKind, connection: Connection) -> None:
    """A process main with a ScriptedBackend."""
    logging.disable(logging.CRITICAL)
    Host(connection, ScriptedBackend).run()


def run_failing_import(_kind: BackendKind, connection: Connection) -> None:
    """A process main whose backend cannot be built."""

    def create() -> ScriptedBackend:
        raise ModuleNotFoundError("No module named 'libtorch'")

    logging.disable(logging.CRITICAL)
    Host(connection, create).run()


def run_babbling(_kind: BackendKind, connection: Connection) -> None:
    """A process main that says what is not a message."""
    connection.recv_bytes()
    connection.send_bytes(b"\x93\x01\xff\xff not a message")
    time.sleep(60)
