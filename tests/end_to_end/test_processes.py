"""What runs where: nothing heavy in the window's process, nothing left behind, nothing lost by kill -9."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from app.paths import Paths
from app.storage.files.file_lock import try_lock
from tests.end_to_end.conftest import OpenDesktop, Run, peek
from tests.support.processes import engine_processes_of, is_alive, wait_until

HEAVY = (
    "torch",
    "transformers",
    "auto_round",
    "onnx",
    "onnxruntime",
    "openvino",
    "rapidocr",
    "numpy",
    "PIL",
    "tokenizers",
)

SCRIPT = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.application import Lorgnette
from app.domain.launch_request import LaunchRequest
from app.paths import Paths

if __name__ == "__main__":
    application = QApplication(["lorgnette"])
    lorgnette = Lorgnette(Paths.under(Path(sys.argv[1])), application)
    lorgnette.window.show()
    lorgnette.begin(LaunchRequest(images=(sys.argv[2],)), "")
    session = lorgnette.session

    def go_on():
        if session.branch and not session.is_busy:
            print(json.dumps([sorted(sys.modules), session.branch[-1].text]))
            application.quit()
        elif session.draft.attachments:
            session.read_text(session.draft.attachments[0])

    timer = QTimer()
    timer.timeout.connect(go_on)
    timer.start(20)
    application.exec()
    lorgnette.shut_down()
"""


def test_the_windows_process_imports_nothing_heavy(tmp_path: Path, receipt: Path) -> None:
    """A whole job, from the file to its text, with the modules counted at its end."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "data"), str(receipt)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    modules, text = json.loads(done.stdout)
    assert "Walnut cake" in text
    assert [name for name in modules if name.partition(".")[0] in HEAVY] == []


def test_kill_dash_nine_loses_no_draft_and_leaves_no_child(
    paths: Paths, receipt: Path, open_desktop: OpenDesktop, run: Run
) -> None:
    process = run(sys.executable, "-m", "app", "--data", str(paths.data), str(receipt))
    wait_until(lambda: "receipt.png" in "".join(peek(paths, "draft_attachments", "conversation")))
    children = engine_processes_of(process.pid)
    assert children
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in children))

    desktop = open_desktop()
    desktop.wait_for_images(1)
    assert desktop.lorgnette.session.draft.attachments[0].name == "receipt.png"


BUG = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app import bootstrap, cli
from app.application import Lorgnette

def fail():
    raise ZeroDivisionError("a bug")

def begin(self, images, model_folder):
    QTimer.singleShot(0, fail)
    QTimer.singleShot(300, self, lambda: (print(self.window.notices.current[0].sentence), QApplication.quit()))

if __name__ == "__main__":
    Lorgnette.begin = begin
    sys.exit(cli.main(["--data", sys.argv[1]]))
"""


def test_a_bug_of_ours_is_shown_and_logged_and_the_window_stays(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUG, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "Something went wrong in Lorgnette (ZeroDivisionError: a bug)" in done.stdout
    assert "in fail\nbuiltins.ZeroDivisionError" in Paths.under(tmp_path).log.read_text()


def test_a_second_start_over_the_same_folder_says_so(paths: Paths, run: Run) -> None:
    paths.data.mkdir(parents=True, exist_ok=True)
    with (paths.data / "lock").open("ab") as lock:
        assert try_lock(lock.fileno())
        process = run(sys.executable, "-m", "app", "--data", str(paths.data))
        time.sleep(1.5)
        assert process.poll() is None, "it shows a message and waits for its button"
    assert not paths.database.exists()


def test_a_lock_that_nobody_holds_any_more_stops_nobody(paths: Paths, run: Run) -> None:
    """It may name a process that lives: in a sandbox each start has the same number."""
    paths.data.mkdir(parents=True, exist_ok=True)
    (paths.data / "lock").write_text(f"{os.getpid()}\npython\n", encoding="utf-8")
    run(sys.executable, "-m", "app", "--data", str(paths.data))
    wait_until(paths.database.exists)
