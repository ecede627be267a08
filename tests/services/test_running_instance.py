"""A second start and the window that is open, in processes of their own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from app.domain.summons import Summons
from app.services.running_instance import RunningInstance, _name, summon

SECOND_START = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.domain.summons import Summons
from app.services.running_instance import summon
application = QCoreApplication([])
print(summon(Path(sys.argv[1]), Summons(images=("/a.png", "/ü.png"), capture=True)))
"""


@pytest.fixture
def instance(tmp_path: Path, qtbot: QtBot) -> Iterator[RunningInstance]:
    made = RunningInstance(tmp_path)
    yield made
    made.close()


def start_again(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", SECOND_START, str(folder)], stdout=subprocess.PIPE, text=True)


def test_a_second_start_is_heard(instance: RunningInstance, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(instance.summoned, timeout=30_000) as summoned:
        second = start_again(tmp_path)
    assert summoned.args == [Summons(images=("/a.png", "/ü.png"), capture=True)]
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=30_000)
    assert second.communicate()[0].strip() == "True"


def test_over_another_folder_nobody_hears(instance: RunningInstance, tmp_path: Path) -> None:
    assert not summon(tmp_path / "other", Summons())


def test_what_makes_no_sense_is_not_obeyed(instance: RunningInstance, tmp_path: Path, qtbot: QtBot) -> None:
    socket = QLocalSocket()
    with qtbot.assertNotEmitted(instance.summoned):
        socket.connectToServer(_name(tmp_path))
        assert socket.waitForConnected(2000)
        socket.write(b'{"images": "no list"}\n')
        qtbot.waitUntil(lambda: socket.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    assert socket.readAll().isEmpty()
