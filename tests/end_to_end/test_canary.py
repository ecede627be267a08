"""A canary in all that is private (a file's name, what stands on it, a question, an error), and a search for it."""

import os
import subprocess
import sys
from pathlib import Path

from app.paths import Paths
from app.ui.widgets.text_dialog import TextDialog
from tests.end_to_end.conftest import RECEIPT, OpenDesktop
from tests.support.printed_text import print_text

CANARY = "Fulvetta"
JOB = """
import os, signal, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app import cli
from app.application import Lorgnette
from tests.support.processes import engine_processes_of

CANARY = sys.argv.pop()

def fail():
    raise OSError(2, f"no such file: {CANARY}.pdf")

def steps(lorgnette):
    session = lorgnette.session
    idle = lambda: not session.is_busy
    session.read_text(session.draft.attachments[0])
    yield lambda: bool(session.branch) and idle()
    print("read:", CANARY in session.branch[-1].text)
    session.send(f"Who is {CANARY}?")
    yield lambda: len(session.branch) > 2 and idle()
    print("answered:", bool(session.branch[-1].text))
    lorgnette.model.open(str(Path(sys.argv[2]).with_name(f"{CANARY} model")))
    yield lambda: bool(lorgnette.window.notices.current)
    QTimer.singleShot(0, fail)
    yield lambda: "uncaught" in (Path(sys.argv[2]) / "lorgnette.log").read_text()
    for child in engine_processes_of(os.getpid()):
        os.kill(child, signal.SIGSEGV)
    print("done")

def begin(self, summons, model_folder):
    ORIGINAL(self, summons, model_folder)
    job = steps(self)
    waits = [lambda: bool(self.session.draft.attachments)]

    def go_on():
        try:
            if waits[0]():
                waits[0] = next(job)
        except StopIteration:
            QTimer.singleShot(500, QApplication.quit)
            timer.stop()

    timer = QTimer(self)
    timer.timeout.connect(go_on)
    timer.start(50)

if __name__ == "__main__":
    ORIGINAL, Lorgnette.begin = Lorgnette.begin, begin
    sys.exit(cli.main(sys.argv[1:]))
"""


def test_neither_the_log_nor_the_terminal_holds_what_is_private(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path / "data")
    image = tmp_path / f"{CANARY}.png"
    print_text(image, f"{CANARY} 5093", size=(600, 200))
    (tmp_path / f"{CANARY} model").mkdir()
    (tmp_path / f"{CANARY} model" / "config.json").write_text(f'{{"{CANARY}": ', encoding="utf-8")
    script = tmp_path / "job.py"
    script.write_text(JOB, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, str(script), "--data", str(paths.data), str(image), CANARY],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path(__file__).parents[2])},
    )

    assert done.stdout.splitlines() == ["read: True", "answered: True", "done"], done.stderr
    log = paths.log.read_text(encoding="utf-8")
    assert "builtins.FileNotFoundError 2" in log
    assert CANARY not in log
    assert CANARY not in done.stderr
    kept = [path for path in paths.data.rglob("*") if path.is_file() and _holds_canary(path)]
    assert paths.database in kept  # Otherwise nothing was looked at.
    assert {path.suffix for path in kept} <= {".sqlite", ".sqlite-wal"}  # The chats, and their copy of the day.


def _holds_canary(path: Path) -> bool:
    return CANARY.encode() in path.read_bytes()


def test_diagnostics_from_the_menu_say_what_answers_and_nothing_private(
    open_desktop: OpenDesktop, receipt: Path
) -> None:
    desktop = open_desktop()
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    desktop.type_and_send(f"Who is {CANARY}?")
    desktop.wait_for_answer()
    desktop.window.menu_button.diagnostics_triggered.emit()
    desktop.wait(lambda: bool(desktop.window.findChildren(TextDialog)))
    (dialog,) = desktop.window.findChildren(TextDialog)
    text = dialog.text.toPlainText()
    assert "Answers from: CPU" in text
    assert "Model: ready" in text
    assert "Sandbox of the image decoder: at most" in text
    for private in (CANARY, receipt.name, *RECEIPT):
        assert private not in text
