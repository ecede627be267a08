"""A second start and the window that is open, in processes of their own, among others that mean no good."""

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from pytestqt.qtbot import QtBot

from app.domain.errors import Problem
from app.domain.launch_request import CaptureTarget, LaunchRequest
from app.services.engines import running_instance, socket_addresses
from app.services.engines.running_instance import RunningInstance, send_launch_request

SECOND_START = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.domain.launch_request import CaptureTarget, LaunchRequest
from app.services.engines import running_instance
application = QCoreApplication([])
running_instance.ANSWER_MILLISECONDS = int(sys.argv[2])
images = ("/a.png", "/ü.png", "/latin1-\\udce9.png")
target = CaptureTarget.WINDOW
wanted = LaunchRequest(images=images, capture=True, reads_text=True, target=target, delay=3)
print(running_instance.send_launch_request(Path(sys.argv[1]), wanted))
"""
ASKED = LaunchRequest(
    images=("/a.png", "/ü.png", "/latin1-\udce9.png"),
    capture=True,
    reads_text=True,
    target=CaptureTarget.WINDOW,
    delay=3,
)
NOBODY = 65534
posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes on Windows are in no folder")


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The session's own folder."""
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def instance(data: Path, runtime: Path, qtbot: QtBot) -> Iterator[RunningInstance]:
    made = RunningInstance(data)
    with qtbot.assertNotEmitted(made.problem_met):
        made.listen()
    yield made
    made.close()


def place(folder: Path) -> str:
    return next(socket_addresses.socket_addresses(folder))


def start_again(folder: Path, milliseconds: int = 20_000) -> subprocess.Popen[str]:
    """A start that waits so long for an answer."""
    command = [sys.executable, "-c", SECOND_START, str(folder), str(milliseconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def receives_a_start(instance: RunningInstance, folder: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(instance.launch_requested, timeout=30_000) as launch_requested:
        second = start_again(folder)
    assert launch_requested.args == [ASKED]
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=30_000)
    assert second.communicate()[0].strip() == "True"


def test_a_second_start_is_heard_also_with_names_that_are_no_text(
    instance: RunningInstance, data: Path, qtbot: QtBot
) -> None:
    receives_a_start(instance, data, qtbot)


def test_over_another_folder_nobody_hears(instance: RunningInstance, tmp_path: Path) -> None:
    assert not send_launch_request(tmp_path / "other", LaunchRequest())


def test_what_a_crash_left_is_in_nobodys_way(instance: RunningInstance, data: Path, qtbot: QtBot) -> None:
    left = RunningInstance(data)  # As after a crash: the name is taken, and the first no longer has it.
    left.listen()
    receives_a_start(left, data, qtbot)
    left.close()


@posix
@pytest.mark.parametrize("length", [60, 90, 200])
def test_the_data_folder_or_a_temporary_one_does_without_a_session(
    length: int, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # A path that is short.
        monkeypatch.setattr(tempfile, "tempdir", short)
        monkeypatch.setenv("TMPDIR", short)
        folder = Path(short) / ("d" * length)
        folder.mkdir(mode=0o700)
        made = RunningInstance(folder)
        with qtbot.assertNotEmitted(made.problem_met):
            made.listen()
        receives_a_start(made, folder, qtbot)
        made.close()


@posix
def test_a_folder_whose_name_is_no_text_works(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    folder = tmp_path / "latin1-\udce9"
    folder.mkdir(mode=0o700)
    made = RunningInstance(folder)
    made.listen()
    receives_a_start(made, folder, qtbot)
    made.close()


@posix
def test_no_folder_that_others_may_write_to_is_used(data: Path, runtime: Path, tmp_path: Path) -> None:
    assert [Path(name).parent for name in socket_addresses.socket_addresses(data)][:2] == [runtime, data]
    runtime.chmod(0o777)
    data.chmod(0o770)
    assert {Path(name).parent.name for name in socket_addresses.socket_addresses(data)} == {f"lorgnette-{os.geteuid()}"}


@posix
def test_where_there_is_no_place_it_is_said(
    data: Path, runtime: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.chmod(0o777)
    data.chmod(0o777)
    other = tmp_path / "tmp"
    (other / f"lorgnette-{os.geteuid()}").mkdir(parents=True)
    (other / f"lorgnette-{os.geteuid()}").chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(other))
    made = RunningInstance(data)
    with qtbot.waitSignal(made.problem_met) as met:
        made.listen()
    (problem,) = met.args
    assert isinstance(problem, Problem)
    assert "will not appear" in problem.what
    assert not send_launch_request(data, LaunchRequest())


@posix
def test_a_failed_listen_at_all_places_is_said(data: Path, runtime: Path, tmp_path: Path, qtbot: QtBot) -> None:
    for name in socket_addresses.socket_addresses(data):
        Path(name).mkdir()  # Cannot be removed as a file, nor listened at.
        (Path(name) / "inside").touch()
    made = RunningInstance(data)
    try:
        with qtbot.waitSignal(made.problem_met):
            made.listen()
    finally:
        for name in socket_addresses.socket_addresses(data):
            shutil.rmtree(name)


def refused(instance: RunningInstance, data: Path, said: bytes, qtbot: QtBot) -> None:
    socket = QLocalSocket()
    with qtbot.assertNotEmitted(instance.launch_requested):
        socket.connectToServer(place(data))
        assert socket.waitForConnected(2000)
        socket.write(said)
        qtbot.waitUntil(lambda: socket.state() is QLocalSocket.LocalSocketState.UnconnectedState, timeout=20_000)
    assert socket.readAll().isEmpty()


@pytest.mark.parametrize(
    "said",
    [
        b'{"images": "no list"}\n',
        b'{"images": ["no base64"]}\n',
        b'{"images": ["YS5wbmc="]}\n',  # a.png, which is not absolute.
        b'{"images": ["L2EAYg=="]}\n',  # A zero in its name.
        b"\xff\xfe\n",
        b'{"images": ["\\ud800"]}\n',
        b'{"capture": 1e999}\n',
        b'{"delay": 61}\n',
        b'{"delay": -1}\n',
        b'{"target": "elsewhere"}\n',
        b"null\n",
        b"\n",
        b'{"unknown": ' + b"[" * 200_000 + b"]" * 200_000 + b"}\n",
        b"[" * 500_000 + b"\n",
        b"9" * 100_000 + b"\n",
        b"x" * (running_instance.MAX_BYTES + 10),
    ],
    ids=lambda said: repr(said[:20]),
)
def test_what_makes_no_sense_is_not_obeyed(instance: RunningInstance, data: Path, qtbot: QtBot, said: bytes) -> None:
    refused(instance, data, said, qtbot)
    receives_a_start(instance, data, qtbot)


def test_any_bytes_are_refused(instance: RunningInstance, data: Path, qtbot: QtBot) -> None:
    draw = random.Random(9)
    good = json.dumps({"images": ["L2EucG5n"], "capture": True}).encode()
    for _ in range(100):
        wild = bytearray(good)
        wild[draw.randrange(len(wild))] = 0  # Is in no JSON.
        refused(instance, data, bytes(wild) + draw.randbytes(draw.randrange(200)) + b"\n", qtbot)


def test_those_who_say_nothing_are_let_go_and_keep_out_nobody_for_long(
    instance: RunningInstance, data: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_instance, "CLIENT_MILLISECONDS", 300)
    silent = [QLocalSocket() for _ in range(50)]
    for socket in silent:
        socket.connectToServer(place(data))
        socket.write(b'{"images":')
    qtbot.waitUntil(
        lambda: all(socket.state() is QLocalSocket.LocalSocketState.UnconnectedState for socket in silent),
        timeout=20_000,
    )
    receives_a_start(instance, data, qtbot)


@pytest.mark.parametrize("answers", [b"", b"he", b"hear", b"nonsense", b"x" * 1_000_000], ids=len)
def test_a_window_that_does_not_hear_is_not_waited_for(answers: bytes, data: Path, qtbot: QtBot) -> None:
    silent = QLocalServer()
    assert silent.listen(place(data))
    child = start_again(data, milliseconds=300)
    qtbot.waitUntil(silent.hasPendingConnections, timeout=30_000)
    silent.nextPendingConnection().write(answers)
    began = time.monotonic()
    qtbot.waitUntil(lambda: child.poll() is not None, timeout=60_000)
    assert time.monotonic() - began < 30
    assert child.communicate()[0].strip() == "False"
    silent.close()


@contextlib.contextmanager
def another_user(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`script` as a process of another user's, once it has said that it is ready."""
    become = f"import os, socket, sys\nos.setgroups([])\nos.setgid({NOBODY})\nos.setuid({NOBODY})\n"
    child = subprocess.Popen(
        [sys.executable, "-c", become + script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert child.stdout
    assert child.stdout.readline().strip() == "ready"
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


LISTENS = """
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
listening.listen()
print("ready", flush=True)
connection, _ = listening.accept()
connection.sendall(b"heard")
print("got", connection.recv(10000), flush=True)
"""
CALLS = """
print("ready", flush=True)
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
try:
    connection.sendall(b'{"images": ["L2V0Yy9wYXNzd2Q="], "capture": true}\\n')
    print("answer", connection.recv(100), flush=True)
except OSError as error:
    print("answer", error, flush=True)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may go into."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # Those above tmp_path are one user's.
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


only_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can be another user as well"
)


@only_root
def test_what_is_asked_for_is_not_told_to_another_user(
    open_folder: Path, data: Path, runtime: Path, qtbot: QtBot
) -> None:
    theirs = open_folder / "s"
    with another_user(LISTENS, str(theirs)) as attacker:
        theirs.rename(place(data))  # However it got there.
        assert not send_launch_request(data, LaunchRequest(images=("/medical record.png",)))
        attacker.wait(20)
        assert attacker.stdout
        assert "{" not in attacker.stdout.read()


@only_root
def test_another_user_is_not_obeyed(open_folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    open_folder.chmod(0o755)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(open_folder))
    instance = RunningInstance(open_folder)
    instance.listen()
    Path(place(open_folder)).chmod(0o777)  # As if the socket's own protection were missing.
    with qtbot.assertNotEmitted(instance.launch_requested), another_user(CALLS, place(open_folder)) as attacker:
        qtbot.waitUntil(lambda: attacker.poll() is not None, timeout=20_000)
        assert attacker.stdout
        answer = attacker.stdout.read()
    assert answer.startswith("answer")
    assert "heard" not in answer
    instance.close()
