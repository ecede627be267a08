"""An engine process whose backend does what the request's path says, run by the real host in a real child."""

import builtins
import logging
import os
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import ModuleType
from typing import cast

from app.domain.errors import ImageError
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import Stage
from app.domain.ports import CancelCheck
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.host import Host
from app.engine.process.messages import AnswerDelta, Event, ProbeImage, Request, StageProgress
from tests.support.error_texts import error_text

TICK = 0.01


def _framed(data: bytes) -> bytes:
    """As multiprocessing's pipes have it: the length first."""
    return len(data).to_bytes(4, "big") + data


class Unspeakable(Exception):
    """Raises again when it is asked what it says."""

    def __str__(self) -> str:
        raise RecursionError


def _error(name: str) -> BaseException:
    """An error of the kind that is called `name`, one of Python's own or Unspeakable."""
    kind: type[BaseException] = Unspeakable if name == Unspeakable.__name__ else getattr(builtins, name)
    match name:
        case "UnicodeEncodeError":
            return kind("utf-8", "\udce9", 0, 1, "surrogates not allowed")
        case "UnicodeDecodeError":
            return kind("utf-8", b"\xe9", 0, 1, "invalid")
        case "UnicodeTranslateError":
            return kind("\udce9", 0, 1, "invalid")
        case "BaseExceptionGroup":
            return BaseExceptionGroup("several", [GeneratorExit("\udce9")])
        case "ExceptionGroup":
            return ExceptionGroup("several", [ValueError("\udce9")])
        case _:
            return kind("\udce9")


class ScriptedBackend:
    """Serves ProbeImage: `path` is one of the commands below, `thumbnail_size` a number for it."""

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        assert isinstance(request, ProbeImage)
        match request.path:
            case "count":
                for number in range(request.thumbnail_size):
                    emit(StageProgress(Stage.READING, number / request.thumbnail_size))
            case "wait":
                emit(StageProgress(Stage.READING, 0.0))
                while True:
                    check()
                    time.sleep(TICK)
            case "ignore cancel":
                emit(StageProgress(Stage.READING, 0.0))
                time.sleep(60)
            case "refuse":
                raise ImageError(error_text("It is not an image.", todo="Drop another."))
            case "bug":
                raise ZeroDivisionError("a bug")
            case "no memory":
                raise MemoryError
            case "exit":
                os._exit(3)
            case _:
                self._say(request, emit)
        return FinishReason.COMPLETE

    def _say(self, request: ProbeImage, emit: Callable[[Event], None]) -> None:
        """What can hardly be said."""
        match request.path:
            case "surrogates":
                emit(AnswerDelta("half \ud83d a pair"))
            case "unsayable":
                emit(StageProgress(Stage.READING, cast(float, object())))
            case path if path.startswith("raise "):
                raise _error(path.removeprefix("raise "))
            case path if path.startswith("half an import"):
                sys.modules["half of a library"] = ModuleType("half of a library")
                error = ImportError("cannot allocate memory")
                raise error if path == "half an import" else ImageError(error_text("It is not an image.")) from error


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


_EVENT = b"\x82\xa7call_id\x01\xa4body"
"""An envelope up to its event."""
BABBLE = {
    "no message": _framed(b"\x93\x01\xff\xff not a message"),
    "nothing": _framed(b""),
    "no text": _framed(_EVENT + b"\x82\xa4type\xa5Token\xa4text\xa2\xff\xfe"),
    "nested": _framed(_EVENT + b"\x82\xa4type\xa4Done\xa1x" + b"\x91" * 200_000),
    "2^40 bytes": b"\xff\xff\xff\xff" + (2**40).to_bytes(8, "big"),
    "2^62 bytes": b"\xff\xff\xff\xff" + (2**62).to_bytes(8, "big"),
    "less than nothing": (-7).to_bytes(4, "big", signed=True),
}
"""What a process may put into its pipe that is no event."""


def run_babbling(what: str, _kind: BackendKind, connection: Connection) -> None:
    """A process main that says one of BABBLE, and lives on."""
    connection.recv_bytes()
    os.write(connection.fileno(), BABBLE[what])
    time.sleep(60)
