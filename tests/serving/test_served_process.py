"""The queue of an engine process, and what becomes of a call that is cancelled, or whose process dies."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.chat.chat import Role, Turn
from app.domain.models.answer_stats import FinishReason
from app.domain.models.model_info import ModelInfo
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import AnswerDelta, Ask, Done, Event, OpenModel, Ready, Request
from app.serving.served_process import ServedCall, ServedProcess
from tests.support.fake_engine import FakeEngines
from tests.support.processes import engine_processes_of, is_alive, wait_until

INFO = ModelInfo(name="Fake", folder="f", scheme="-", device="cpu", device_reason="-", context_length=99)


def ask(text: str) -> Ask:
    return Ask((Turn(Role.USER, text),), GenerationOptions())


async def text_of(call: ServedCall) -> str:
    return "".join([event.text async for event in call if isinstance(event, AnswerDelta)])


def test_a_client_that_goes_while_the_model_is_opened_does_not_stop_that() -> None:
    is_released = threading.Event()

    def script(request: Request) -> Iterator[Event]:
        if isinstance(request, OpenModel):
            is_released.wait()
            yield Ready(INFO)
        elif isinstance(request, Ask):
            yield AnswerDelta(request.turns[0].text)
        yield Done(FinishReason.COMPLETE)

    engines = FakeEngines(model=script)

    async def run() -> str:
        process = ServedProcess(BackendKind.MODEL, engines, lambda: OpenModel("f"), max_waiting=4)
        gone = process.submit(ask("gone"))
        await asyncio.to_thread(wait_until, lambda: engines.requests(BackendKind.MODEL))
        gone.cancel()
        stays = process.submit(ask("stays"))
        is_released.set()
        try:
            return await text_of(gone) + await text_of(stays)
        finally:
            await process.close()

    assert asyncio.run(run()) == "stays"
    (client,) = (client for _, client in engines.clients)
    assert client.requests == [OpenModel("f"), ask("stays")]  # And no Cancel.


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_ctrl_c_while_the_model_is_opened_ends_everything(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app", "serve", "--port", "0"]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        wait_until(lambda: engine_processes_of(process.pid))
        engines = engine_processes_of(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "lorgnette: Interrupted.\n"
    wait_until(lambda: not any(map(is_alive, engines)))
