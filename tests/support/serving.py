"""A server for other programs in a thread, with engine processes whose answers stand in the questions."""

import asyncio
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from app.domain.error_texts import engine_texts
from app.domain.errors import EngineError, ImageError
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.model_info import ModelInfo
from app.domain.ports import CancelCheck
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient
from app.engine.process.descriptor_passing import open_to_read, written_whole
from app.engine.process.host import Host
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Event,
    ImageProbed,
    OpenModel,
    PagesFound,
    PageShown,
    ProbeImage,
    ReadText,
    Ready,
    Request,
    ShowPage,
    Stats,
    TextRead,
    ThoughtDelta,
    WritePdf,
)
from app.network.listening_socket import listening_socket
from app.serving.access import Access
from app.serving.limits import Limits
from app.serving.server import serve
from tests.support.batch_backends import PAGE_BREAK, digest_of, page_of
from tests.support.error_texts import error_text

MODEL = "Scripted-model"
STEP_SECONDS = 0.01


class AnsweringBackend:
    """Serves the model: the last turn's text is a command, see `_answer`."""

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        match request:
            case OpenModel(folder=folder):
                info = ModelInfo(
                    name="Scripted model", folder=folder, scheme="-", device="cpu", device_reason="-", context_length=99
                )
                emit(Ready(info))
                return FinishReason.COMPLETE
            case Ask():
                return self._answer(request, emit, check)
        raise TypeError(type(request).__name__)

    def _answer(self, ask: Ask, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        command, _, rest = ask.turns[-1].text.partition(" ")
        count = 1
        for count, text in enumerate(self._texts(command, rest, ask, check), start=1):
            check()
            emit(ThoughtDelta(text, 0.1) if command == "think" and count == 1 else AnswerDelta(text))
        thoughts = int(command == "think")
        emit(
            Stats(
                AnswerStats(
                    prompt_tokens=10,
                    visual_tokens=0,
                    new_tokens=count,
                    first_token_seconds=0.1,
                    total_seconds=0.2,
                    context_tokens=10 + count - thoughts,
                    reused_tokens=4,
                )
            )
        )
        return FinishReason.LENGTH if command == "long" else FinishReason.COMPLETE

    def _texts(self, command: str, rest: str, ask: Ask, check: CancelCheck) -> Iterator[str]:
        """The deltas of the answer to `command`."""
        match command:
            case "count":
                for number in range(1, int(rest) + 1):
                    yield f"{number} "
                    time.sleep(STEP_SECONDS)
            case "exit":  # Within the answer.
                yield "Half an ans"
                os._exit(3)
            case "die":
                os._exit(3)
            case "hold":
                yield from _held(Path(rest), check)
            case "long":
                yield rest
            case "think":
                yield from ("Hm. ", rest)
            case "request":
                yield _described(ask)
            case "many" | "bug" | "memory":
                _fail(command)
            case _:
                yield from rest


def _held(state: Path, check: CancelCheck) -> Iterator[str]:
    """Nothing, until the answer is stopped; the file `state` says how far it is."""
    state.write_text("begun", encoding="utf-8")
    try:
        for _ in iter(lambda: time.sleep(STEP_SECONDS), ""):
            check()
            yield from ()
    finally:
        state.write_text("stopped", encoding="utf-8")


def _described(ask: Ask) -> str:
    images = [image for turn in ask.turns for image in turn.images]
    return json.dumps(
        {
            "images": [_text(image.path) for image in images],
            "budgets": [image.pixel_budget for image in images],
            "turns": [(turn.role, turn.text) for turn in ask.turns],
            "schema": ask.schema,
            "options": asdict(ask.options),
        }
    )


def _fail(how: str) -> None:
    if how == "many":
        raise EngineError(engine_texts.CHAT_TOO_LONG, tokens=200, limit=99)
    raise ZeroDivisionError("secret words") if how == "bug" else MemoryError


class FileBackend:
    """Serves the images process and the reader: a file's text is its image, as in batches."""

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        match request:
            case ProbeImage(path=path):
                self._probe(_text(path), emit)
            case ShowPage(path=path):
                emit(PageShown(80, 60, _text(path).encode()))
            case ReadText(path=path, page=page):
                emit(TextRead(page_of(_text(path).split(PAGE_BREAK)[page])))
            case WritePdf(source=source, pages=pages, target=target):
                with written_whole(Path(target)) as file:
                    file.write(f"%PDF of {_text(source)!r}, {len(pages)} pages".encode())
        return FinishReason.COMPLETE

    def _probe(self, text: str, emit: Callable[[Event], None]) -> None:
        if "refuse" in text:
            raise ImageError(error_text("It is not an image.", todo="Take another."))
        if "exit" in text:
            os._exit(3)
        if PAGE_BREAK in text:
            emit(PagesFound(text.count(PAGE_BREAK) + 1, digest=digest_of(text)))
        else:
            side = 20_000 if "huge" in text else 80
            emit(ImageProbed(digest_of(text), "image/png", side, side, len(text), 1, b""))


def _text(path: str) -> str:
    with open_to_read(Path(path)) as file:
        return file.read().decode()


def run_backend(kind: BackendKind, connection: Connection) -> None:
    """A process main with the backend of its kind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    Host(connection, AnsweringBackend if kind.answers else FileBackend).run()


def scripted_client(kind: BackendKind) -> EngineClient:
    """A client of such a process."""
    return EngineClient(kind, run_backend)


@dataclass
class Served:
    """A running server, and the clients of its engine processes in the order of their start."""

    host: str = ""
    port: int = 0
    clients: list[tuple[BackendKind, EngineClient]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The address of the server itself."""
        return f"http://{self.host}:{self.port}"

    def client(self, kind: BackendKind) -> EngineClient:
        """The latest client of a kind."""
        return next(client for made, client in reversed(self.clients) if made is kind)


@contextmanager
def running_server(
    limits: Limits | None = None,
    access: Access | None = None,
    create_client: Callable[[BackendKind], EngineClient] = scripted_client,
) -> Iterator[Served]:
    """Run a server on this machine in a thread, for as long as the context lasts."""
    access = access or Access(host="127.0.0.1")
    served = Served(access.host)
    listening = listening_socket(access.host, 0)
    served.port = listening.getsockname()[1]
    started = threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[signal.Signals]]] = []
    errors: list[BaseException] = []

    def create(kind: BackendKind) -> EngineClient:
        served.clients.append((kind, create_client(kind)))
        return served.clients[-1][1]

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loops.append((loop, loop.create_future()))
        await serve(
            lambda: OpenModel("folder"),
            create,
            listening,
            access,
            limits or Limits(),
            lambda _: started.set(),
            loops[0][1],
        )

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - raised again by the test's thread
            errors.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=work, name="server")
    thread.start()
    started.wait()
    try:
        if not errors:
            yield served
    finally:
        if thread.is_alive():
            loop, ending = loops[0]
            loop.call_soon_threadsafe(ending.set_result, signal.SIGTERM)
        thread.join()
    if errors:
        raise errors[0]
