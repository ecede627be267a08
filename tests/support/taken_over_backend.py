"""Engine processes whose backend tries what code would that a hostile file brought in, and says what came of it."""

import ctypes
import errno
import fcntl
import mmap
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from app.domain.models.answer_stats import FinishReason
from app.domain.ports import CancelCheck
from app.engine.process import backend_kinds, confinement, host, landlock, seccomp
from app.engine.process.allowances import of_engine
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.descriptor_passing import open_to_read
from app.engine.process.messages import Event, ModelsListed, ProbeImage, Request

DONE = "done"
_ATTACH = 16  # PTRACE_ATTACH
_NEW_USER = 0x10000000  # CLONE_NEWUSER
_SET_URING = 425
_X32_GETPID = 0x40000000 + 39
_TIOCSTI = 0x5412
_NO_RESERVE = 0x4000  # MAP_NORESERVE


class TakenOverBackend:
    """Serves ProbeImage: `path` is an attempt, a colon, and what it is made on; without one, it is read as handed over.

    Answers what was found, or DONE, or the error's name.
    """

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        assert isinstance(request, ProbeImage)
        what, _, target = request.path.partition(":")
        answer = outcome(lambda: ATTEMPTS[what](target) if target else _handed(what))
        emit(ModelsListed((answer,)))
        return FinishReason.COMPLETE


def outcome(attempt: Callable[[], str | None]) -> str:
    """What was found, DONE, or the error's name."""
    try:
        return attempt() or DONE
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    except MemoryError:
        return "MemoryError"


def run_taken_over(kind: BackendKind, connection: Connection, writes: tuple[str, ...] = ()) -> None:
    """A process as the application starts it, but for its backend."""
    backend_kinds.FACTORIES[kind] = f"{__name__}:{TakenOverBackend.__name__}"
    host.run_engine_process(kind, connection, writes)


def run_unconfined(kind: BackendKind, connection: Connection) -> None:
    """As it would be without any of this."""
    confinement.confine = lambda allowance: None  # noqa: ARG005 - named as the other
    run_taken_over(kind, connection)


def run_without_landlock(kind: BackendKind, connection: Connection) -> None:
    """As on a kernel that has no Landlock."""
    landlock.version = lambda: 0
    run_taken_over(kind, connection)


def run_without_seccomp(kind: BackendKind, connection: Connection) -> None:
    """As on a kernel that has no filters."""
    seccomp.is_supported = lambda: False
    run_taken_over(kind, connection)


def run_briefly(kind: BackendKind, connection: Connection) -> None:
    """With a second of computing for a request."""
    confinement.MAX_CPU_SECONDS = 1
    run_taken_over(kind, connection)


def _write(name: str) -> None:
    Path(name).write_text("taken over", encoding="ascii")


def _append(name: str) -> None:
    os.close(os.open(name, os.O_WRONLY | os.O_APPEND))


def _read(name: str) -> str:
    return Path(name).read_text(encoding="ascii")


def _list(name: str) -> None:
    list(Path(name).iterdir())


def _rename(name: str) -> None:
    Path(name).rename(f"{name}.moved")


def _connect(family: int, address: tuple[str, int] | str) -> None:
    with socket.socket(family) as connection:
        connection.connect(address)


def _run(program: str) -> str | None:
    ran = subprocess.run([program], capture_output=True, check=False, timeout=10)
    return str(ran.returncode) if ran.returncode else None


def _fork(_: str) -> None:
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _call(name: str, *arguments: int | None) -> None:
    system = ctypes.CDLL(None, use_errno=True)
    if getattr(system, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def _detach(pid: str) -> None:
    _call("ptrace", _ATTACH, int(pid), None, None)
    os.waitpid(int(pid), 0)
    _call("ptrace", 17, int(pid), None, None)


def _type(_: str) -> None:
    fcntl.ioctl(sys.stderr, _TIOCSTI, b"x")


def _map(size: str) -> None:
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
    mmap.mmap(-1, int(size) * 1024**3, flags=flags).close()


def _compute(seconds: str) -> None:
    until = time.process_time() + float(seconds)
    while time.process_time() < until:
        pass


def _start_thread(_: str) -> None:
    ran = threading.Event()
    threading.Thread(target=ran.set).start()
    assert ran.wait(10)


def _handed(name: str) -> str:
    with open_to_read(Path(name)) as file:
        return file.read().decode("ascii")


ATTEMPTS: dict[str, Callable[[str], str | None]] = {
    "write": _write,
    "append": _append,
    "truncate": lambda name: os.truncate(name, 0),
    "remove": lambda name: Path(name).unlink(),
    "rename": _rename,
    "make folder": lambda name: Path(name).mkdir(),
    "link": lambda name: Path(f"{name}.link").symlink_to(name),
    "hard link": lambda name: Path(f"{name}.link").hardlink_to(name),
    "chmod": lambda name: Path(name).chmod(0o777),
    "set times": lambda name: os.utime(name, (0, 0)),
    "read": _read,
    "list": _list,
    "tcp": lambda port: _connect(socket.AF_INET, ("127.0.0.1", int(port))),
    "unix": lambda name: _connect(socket.AF_UNIX, name),
    "abstract": lambda name: _connect(socket.AF_UNIX, f"\0{name}"),
    "run": _run,
    "fork": _fork,
    "ptrace": _detach,
    "signal": lambda pid: os.kill(int(pid), 0),
    "namespace": lambda _: _call("unshare", _NEW_USER),
    "ring": lambda _: _call("syscall", _SET_URING, 1, None),
    "x32": lambda _: _call("syscall", _X32_GETPID),
    "type": _type,
    "map": _map,
    "compute": _compute,
    "start thread": _start_thread,
    "core": lambda _: str(resource.getrlimit(resource.RLIMIT_CORE)[0]),
    "privileges": lambda _: _read("/proc/self/status").partition("NoNewPrivs:")[2].split()[0],
    "measures": lambda kind: "; ".join(confinement.measures(of_engine(BackendKind(kind)))),
    "environment": lambda pid: _read(f"/proc/{pid}/environ"),
}
