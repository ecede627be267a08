"""Qt's objects are destroyed on the GUI thread, whichever thread makes the most garbage."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import gc
import sys
import threading
import weakref
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from app import bootstrap
from app.domain.launch_request import LaunchRequest
from app.paths import Paths


class Cycle(QObject):
    def __init__(self):
        super().__init__()
        self.itself = self
        self.timer = QTimer(self)
        self.timer.start(0)


def make_garbage():
    weakref.finalize(Cycle(), lambda: destroyed_on.append(threading.current_thread().name))


def allocate():
    for _ in range(10):
        made = [[] for _ in range(sum(gc.get_threshold()) * 2)]


def begin(self, summons, model_folder):
    make_garbage()
    thread = threading.Thread(target=allocate, name="background")
    thread.start()
    thread.join()
    watch.timeout.connect(lambda: destroyed_on and QApplication.quit())
    watch.start(10)


if __name__ == "__main__":
    destroyed_on = []
    watch = QTimer()
    bootstrap.Lorgnette.begin = begin
    status = bootstrap.run_application(Paths.under(Path(sys.argv[1])), LaunchRequest())
    print(destroyed_on)
    sys.exit(status)
"""


def test_a_background_thread_never_destroys_an_object_of_the_gui_thread(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    ended = subprocess.run(
        [sys.executable, str(program), str(tmp_path / "data")], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "['MainThread']", "")
