"""A decoder that a file has taken over, in a real child: what it tries is refused by the system."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.domain.ids import CallId
from app.engine.process import landlock, seccomp
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient, EngineDied, ProcessMain
from app.engine.process.confinement_report import confinement_report
from app.engine.process.messages import Done, ModelsListed, ProbeImage
from app.engine.process.wire import RequestEnvelope
from tests.support import taken_over_backend
from tests.support.engine_events import engine_events
from tests.support.taken_over_backend import (
    DONE,
    run_taken_over,
    run_unconfined,
    run_without_landlock,
    run_without_seccomp,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="this system confines no process without privileges")
needs_landlock = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
needs_seccomp = pytest.mark.skipif(not seccomp.is_supported(), reason="no filter is written for this kind of machine")
REFUSED = {"EPERM", "EACCES", "ENOSYS"}
WRITING = ("append", "truncate", "remove", "rename", "link", "hard link", "chmod", "set times")


class Decoder:
    """A child of that kind; `attempt` says what came of it."""

    def __init__(self, kind: BackendKind, main: ProcessMain = run_taken_over) -> None:
        self.kind = kind
        self.client = EngineClient(kind, main)
        self.events = engine_events(self.client)
        self._ids = iter(range(1, 1000))

    def attempt(self, what: str, target: object = "-") -> str:
        return self.ask(f"{what}:{target}")

    def ask(self, path: str) -> str:
        self.client.send(RequestEnvelope(CallId(next(self._ids)), ProbeImage(path, 32)))
        received_events = [next(self.events), next(self.events)]
        assert isinstance(received_events[0], ModelsListed), received_events
        assert isinstance(received_events[1], Done)
        return received_events[0].names[0]


@pytest.fixture(params=[BackendKind.IMAGES, BackendKind.READER])
def decoder(request: pytest.FixtureRequest) -> Iterator[Decoder]:
    begun = Decoder(request.param)
    yield begun
    begun.events.close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "id_rsa"
    path.write_text("secret", encoding="ascii")
    return path


@pytest.fixture
def bystander() -> Iterator[int]:
    """Another process of the same user."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={"SECRET": "secret"})
    yield process.pid
    process.kill()
    process.communicate()


@needs_landlock
def test_it_reads_what_it_is_handed_and_nothing_else_of_the_users(decoder: Decoder, secret: Path) -> None:
    handed = secret.with_name("photo.png")
    handed.write_text("the photo", encoding="ascii")
    assert decoder.ask(str(handed)) == "the photo"
    assert decoder.attempt("read", handed) in REFUSED
    assert decoder.attempt("read", secret) in REFUSED
    assert decoder.attempt("list", secret.parent) in REFUSED
    assert decoder.attempt("list", Path.home()) in REFUSED
    assert decoder.attempt("read", secret.parent / f"../{secret.parent.name}/id_rsa") in REFUSED
    (secret.parent / "link").symlink_to(secret)
    assert decoder.attempt("read", secret.parent / "link") in REFUSED


@pytest.mark.parametrize(
    "main",
    [
        run_taken_over,
        pytest.param(run_without_seccomp, marks=needs_landlock),
        pytest.param(run_without_landlock, marks=needs_seccomp),
    ],
)
@pytest.mark.parametrize("kind", [BackendKind.IMAGES, BackendKind.READER])
def test_it_writes_nothing(kind: BackendKind, main: ProcessMain, secret: Path) -> None:
    """By either mechanism alone, so that a kernel which has one of them is enough."""
    decoder = Decoder(kind, main)
    try:
        assert decoder.attempt("write", secret.parent / "new") in REFUSED
        assert decoder.attempt("make folder", secret.parent / "folder") in REFUSED
        # Landlock leaves owners, modes and times alone.
        known = WRITING if main is not run_without_seccomp else WRITING[:6]
        assert {decoder.attempt(what, secret) for what in known} <= REFUSED
    finally:
        decoder.events.close()
    assert list(secret.parent.iterdir()) == [secret]
    assert secret.read_text(encoding="ascii") == "secret"


@needs_seccomp
def test_it_connects_to_nothing(decoder: Decoder, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "socket"))
        unix.listen()
        assert decoder.attempt("tcp", tcp.getsockname()[1]) in REFUSED
        assert decoder.attempt("unix", tmp_path / "socket") in REFUSED


@pytest.mark.skipif(landlock.version() < 6, reason="this kernel's Landlock does not know of sockets without a file")
def test_without_a_filter_it_connects_to_no_other_process_all_the_same() -> None:
    decoder = Decoder(BackendKind.IMAGES, run_without_seccomp)
    name = f"lorgnette-test-{os.getpid()}"
    try:
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
            abstract.bind(f"\0{name}")
            abstract.listen()
            assert decoder.attempt("tcp", tcp.getsockname()[1]) in REFUSED
            assert decoder.attempt("abstract", name) in REFUSED
        assert decoder.attempt("signal", os.getpid()) in REFUSED
    finally:
        decoder.events.close()


@needs_seccomp
def test_it_touches_no_other_process(decoder: Decoder, bystander: int) -> None:
    assert decoder.attempt("ptrace", bystander) in REFUSED
    assert decoder.attempt("ptrace", os.getpid()) in REFUSED


@pytest.mark.skipif(landlock.version() < 6, reason="this kernel's Landlock does not know of signals")
def test_it_knows_of_no_other_process(decoder: Decoder, bystander: int) -> None:
    assert decoder.attempt("signal", bystander) in REFUSED
    assert decoder.attempt("environment", bystander) in REFUSED


@needs_seccomp
def test_the_image_opener_starts_no_programs_but_threads() -> None:
    decoder = Decoder(BackendKind.IMAGES)
    try:
        assert decoder.attempt("fork") in REFUSED
        assert decoder.attempt("run", "/bin/true") in REFUSED
        assert decoder.attempt("start thread") == DONE
    finally:
        decoder.events.close()


@needs_landlock
@needs_seccomp
def test_the_model_process_writes_what_it_keeps_and_starts_no_programs(
    secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary, kept = tmp_path / "temporary", tmp_path / "cache" / "weights"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    model = Decoder(BackendKind.MODEL, partial(run_taken_over, writes=(str(kept),)))
    try:
        assert [model.attempt("write", folder / "new") for folder in (kept, temporary)] == [DONE, DONE]
        assert model.attempt("rename", kept / "new") == DONE
        assert model.attempt("write", tmp_path / "new") in REFUSED
        assert model.attempt("make folder", tmp_path / "folder") in REFUSED
        assert {model.attempt(what, secret) for what in WRITING[:6]} <= REFUSED
        assert model.attempt("run", "/bin/true") in REFUSED
        assert model.attempt("fork") in REFUSED
        assert model.attempt("start thread") == DONE
    finally:
        model.events.close()
    assert secret.read_text(encoding="ascii") == "secret"


@needs_landlock
@pytest.mark.skipif(landlock.version() < 6, reason="this kernel's Landlock does not know of signals")
@pytest.mark.parametrize(("kind", "connecting"), [(BackendKind.MODEL, REFUSED), (BackendKind.SERVER, {DONE})])
def test_a_process_that_answers_reads_models_anywhere_but_only_that_of_servers_connects(
    kind: BackendKind, connecting: set[str], secret: Path, bystander: int
) -> None:
    model = Decoder(kind)
    try:
        assert model.attempt("read", secret) == "secret"
        with socket.create_server(("127.0.0.1", 0)) as tcp:
            assert model.attempt("tcp", tcp.getsockname()[1]) in connecting
        assert model.attempt("signal", bystander) in REFUSED
        assert model.attempt("environment", bystander) in REFUSED
    finally:
        model.events.close()


@pytest.mark.parametrize("kind", list(BackendKind))
def test_without_confinement_all_of_it_succeeds(
    kind: BackendKind, secret: Path, tmp_path: Path, bystander: int
) -> None:
    """So that what is refused above is refused by the confinement."""
    decoder = Decoder(kind, run_unconfined)
    try:
        assert decoder.attempt("read", secret) == "secret"
        for what, target in (
            ("write", tmp_path / "new"),
            ("append", secret),
            ("make folder", tmp_path / "folder"),
            ("hard link", secret),
            ("rename", tmp_path / "new"),
            ("run", "/bin/true"),
            ("fork", "-"),
            ("signal", bystander),
        ):
            assert decoder.attempt(what, target) == DONE, what
        with socket.create_server(("127.0.0.1", 0)) as tcp:
            assert decoder.attempt("tcp", tcp.getsockname()[1]) == DONE
        assert "no Landlock" in decoder.attempt("measures", kind)
    finally:
        decoder.events.close()


@needs_seccomp
@pytest.mark.parametrize("kind", list(BackendKind))
def test_it_asks_nothing_of_the_kernel_that_no_engine_needs(kind: BackendKind) -> None:
    decoder = Decoder(kind)
    try:
        assert {decoder.attempt(what) for what in ("namespace", "type")} == {"EPERM"}
        assert decoder.attempt("ring") == "ENOSYS"
        assert decoder.attempt("privileges") == "1"
        assert decoder.attempt("core") == "0"
    finally:
        decoder.events.close()


def test_a_bomb_does_not_take_the_machines_memory(decoder: Decoder) -> None:
    assert decoder.attempt("map", 1) == DONE
    assert decoder.attempt("map", 64 + (os.cpu_count() or 1)) == "ENOMEM"


def test_computing_without_end_is_ended_and_told() -> None:
    decoder = Decoder(BackendKind.IMAGES, taken_over_backend.run_briefly)
    try:
        for _ in range(3):  # Each request may compute for its time.
            assert decoder.attempt("compute", 0.6) == DONE
        with pytest.raises(EngineDied) as death:
            decoder.attempt("compute", 30)
    finally:
        decoder.events.close()
    assert death.value.exit_code == -signal.SIGXCPU


def test_an_answer_may_take_as_long_as_it_takes() -> None:
    model = Decoder(BackendKind.MODEL, taken_over_backend.run_briefly)
    try:
        assert model.attempt("compute", 2) == DONE
    finally:
        model.events.close()


@needs_landlock
@needs_seccomp
def test_diagnostics_tell_what_is_in_force(decoder: Decoder) -> None:
    told = decoder.attempt("measures", decoder.kind)
    for measure in (
        "of address space",
        "s of computing",
        "no new privileges",
        "Landlock (version",
        "seccomp: opens no",
    ):
        assert measure in told
    assert "without a bound" not in told


@pytest.mark.parametrize(
    ("main", "told"),
    [(run_without_landlock, "no Landlock: may read what the user may"), (run_without_seccomp, "no seccomp filter")],
)
def test_diagnostics_tell_what_is_not_in_force(main: ProcessMain, told: str) -> None:
    decoder = Decoder(BackendKind.IMAGES, main)
    try:
        assert told in decoder.attempt("measures", BackendKind.IMAGES)
    finally:
        decoder.events.close()


def test_each_kind_of_process_tells_what_confines_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = confinement_report()
    assert len(told) == len(BackendKind) + len(("ocr", "ask", "ask --server", "quantize"))
    assert all("no new privileges" in said for said in told.values())
    assert {name for name, said in told.items() if "connects as the user may" in said} == {
        "Sandbox of the server process",
        "Sandbox of “lorgnette ask --server”",
    }
    monkeypatch.setattr("app.engine.process.confinement_report.WAIT_SECONDS", 0.0)
    assert set(confinement_report().values()) == {"not reported in time"}
