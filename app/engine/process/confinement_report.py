"""Reports how engine processes and commands are confined on this machine, measured in a process of each kind."""

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path

from app.engine.process.allowances import Allowance, of_command, of_engine, of_quantizing
from app.engine.process.backend_kinds import BackendKind
from app.paths import DEMO_MODEL

WAIT_SECONDS = 20.0
"""Time in seconds to wait for a process to start and report."""


def confinement_report() -> dict[str, str]:
    """Return what is in force in a process of each kind, by its name in Diagnostics. Starts and ends processes."""
    context = multiprocessing.get_context("spawn")
    started = {name: _start(context, allowance) for name, allowance in _allowances().items()}
    return {name: _received(*process) for name, process in started.items()}


def _allowances() -> dict[str, Allowance]:
    return {
        "Sandbox of the image decoder": of_engine(BackendKind.IMAGES),
        "Sandbox of the OCR engine": of_engine(BackendKind.READER),
        "Sandbox of the model process": of_engine(BackendKind.MODEL),
        "Sandbox of the server process": of_engine(BackendKind.SERVER),
        "Sandbox of “lorgnette ocr”": of_command(),
        "Sandbox of “lorgnette ask” and “bench”": of_command(models=(DEMO_MODEL,)),
        "Sandbox of “lorgnette ask --server”": of_command(connects=True),
        "Sandbox of “lorgnette quantize”": of_quantizing(Path("model")),
    }


def _start(context: SpawnContext, allowance: Allowance) -> tuple[SpawnProcess, Connection]:
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(allowance, sender), daemon=True)
    process.start()
    sender.close()
    return process, receiver


def _report(allowance: Allowance, sender: Connection) -> None:
    """Send the measures of `allowance`: the entry point of the process that is measured."""
    from app.engine.process.confinement import confine, measures  # noqa: PLC0415 - in the child only

    confine(allowance)
    sender.send_bytes("; ".join(measures(allowance)).encode())


def _received(process: SpawnProcess, receiver: Connection) -> str:
    try:
        return receiver.recv_bytes().decode() if receiver.poll(WAIT_SECONDS) else "not reported in time"
    except (EOFError, OSError):
        return "not reported: the process ended first"
    finally:
        receiver.close()
        process.kill()
        process.join()
        process.close()
