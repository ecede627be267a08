"""What runs where: nothing heavy in the window's process, nothing left behind, nothing lost by kill -9."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QLockFile

from app.domain.chat import MessageState
from app.domain.generation import GREEDY
from app.paths import Paths
from app.storage.conversations import SqliteConversationStore
from tests.end_to_end.conftest import OpenDesktop
from tests.support.processes import children_of, is_alive

HEAVY = ("torch", "transformers", "auto_round", "onnxruntime", "openvino", "rapidocr", "numpy", "PIL", "tokenizers")

SCRIPT = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.application import Lorgnette
from app.paths import Paths

if __name__ == "__main__":
    application = QApplication(["lorgnette"])
    lorgnette = Lorgnette(Paths(Path(sys.argv[1])), application)
    lorgnette.window.show()
    lorgnette.begin([Path(sys.argv[2])], "")
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


def start(paths: Paths, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app", "--data", str(paths.data), *arguments],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def drafts(paths: Paths) -> list[str]:
    if not paths.database.exists():
        return []
    store = SqliteConversationStore.open(paths.database)
    names = [item.name for card in store.conversations() for item in card.draft.attachments]
    store.close()
    return names


def test_kill_dash_nine_loses_no_draft_and_leaves_no_child(
    paths: Paths, receipt: Path, open_desktop: OpenDesktop
) -> None:
    with start(paths, str(receipt)) as process:
        wait_until(lambda: drafts(paths) == ["receipt.png"])
        children = children_of(process.pid)
        assert children
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda: not any(is_alive(pid) for pid in children))

    desktop = open_desktop()
    desktop.wait_for_images(1)
    assert desktop.lorgnette.session.draft.attachments[0].name == "receipt.png"


def test_a_partial_answer_outlives_kill_dash_nine(paths: Paths, open_desktop: OpenDesktop, model_folder: Path) -> None:
    desktop = open_desktop()
    desktop.lorgnette.model.open(str(model_folder))
    desktop.type_and_send("Describe the station.")
    answer = desktop.wait_for_answer()
    desktop.close()
    # What the store holds one second into an answer, had the power gone then.
    store = SqliteConversationStore.open(paths.database)
    store.save_message(replace(answer, text="A station hall at", state=MessageState.STREAMING, stats=None))
    store.close()

    again = open_desktop()
    again.wait(lambda: len(again.branch) == 2)
    assert (again.branch[-1].text, again.branch[-1].state) == ("A station hall at", MessageState.INTERRUPTED)
    assert "Interrupted" in again.window.chat_view.answers[-1].footer.text()
    assert again.lorgnette.preferences.settings.generation.sampling == GREEDY


def test_a_second_start_over_the_same_folder_says_so(paths: Paths) -> None:
    lock = QLockFile(str(paths.data / "lock"))
    assert lock.tryLock(0)
    with start(paths) as process:
        time.sleep(1.5)
        assert process.poll() is None, "it shows a message and waits for its button"
        process.kill()
    lock.unlock()
    assert not paths.database.exists()
