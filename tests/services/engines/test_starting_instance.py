"""A second start while the first has the folder, and does not listen yet."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.domain.launch_request import LaunchRequest
from app.paths import Paths
from app.services.engines.running_instance import RunningInstance

SECOND_START = """
import sys
from pathlib import Path
from app import bootstrap
from app.domain.launch_request import LaunchRequest
from app.paths import Paths
original = bootstrap.send_launch_request
def told(*arguments):
    reply = original(*arguments)
    print(reply, flush=True)
    return reply
bootstrap.send_launch_request = told
bootstrap.QMessageBox.warning = lambda *_: print("warned", flush=True)
bootstrap.Lorgnette = None
request = LaunchRequest(images=("/a.png",))
print("status", bootstrap.run_application(Paths.under(Path(sys.argv[1])), request), flush=True)
"""


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    tmp_path.chmod(0o700)
    return Paths.under(tmp_path / "data")


def test_it_waits_until_the_first_listens(paths: Paths, qtbot: QtBot) -> None:
    lock = bootstrap.lock_folder(paths)
    assert lock is not None
    command = [sys.executable, "-c", SECOND_START, str(paths.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as second:
        assert second.stdout is not None
        assert second.stdout.readline() == "None\n"  # Nobody listens yet.
        instance = RunningInstance(paths.data)
        with qtbot.waitSignal(instance.launch_requested, timeout=30_000) as launch_requested:
            instance.listen()
        assert launch_requested.args == [LaunchRequest(images=("/a.png",))]
        qtbot.waitUntil(lambda: second.poll() is not None, timeout=30_000)
        said = second.stdout.read()
    assert said.endswith("True\nstatus 0\n")
    assert "warned" not in said
    instance.close()
    lock.close()


def test_it_is_the_first_where_the_other_has_ended(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bootstrap.lock_folder(paths)
    assert first is not None
    monkeypatch.setattr(bootstrap, "RETRY_MILLISECONDS", 1)
    monkeypatch.setattr(bootstrap, "send_launch_request", lambda *_: first.close())
    lock, is_heard = bootstrap.lock_or_send(paths, LaunchRequest())
    assert lock is not None
    assert not is_heard
    lock.close()


@pytest.mark.parametrize(("reply", "milliseconds"), [(False, 60_000), (None, 0)])
def test_it_waits_for_nobody_else(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, reply: bool | None, milliseconds: int
) -> None:
    first = bootstrap.lock_folder(paths)
    assert first is not None
    calls = []

    def send_launch_request(*arguments: object) -> bool | None:
        calls.append(arguments)
        return reply

    monkeypatch.setattr(bootstrap, "STARTING_MILLISECONDS", milliseconds)
    monkeypatch.setattr(bootstrap, "send_launch_request", send_launch_request)
    assert bootstrap.lock_or_send(paths, LaunchRequest()) == (None, False)
    assert len(calls) == 1
    first.close()
