"""How late the window's event loop runs while files are dropped: `python -m benchmarks.bench_responsiveness FOLDER`.

Every file of FOLDER is dropped on the real application, all at once and then one by one, with its real images
process. A timer of 5 ms notes how much later than that it fires; what became of each file is printed with it.
"""

import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.application import Lorgnette
from app.domain.errors import Problem
from app.domain.images.attachments import Attachment
from app.domain.launch_request import LaunchRequest
from app.paths import Paths
from benchmarks.lag import Watch
from tests.support.drops import drop
from tests.support.drops import files as mime_of

PATIENCE_SECONDS = 120.0


class Outcomes:
    """What became of each file, by name."""

    def __init__(self, lorgnette: Lorgnette) -> None:
        self.said: dict[str, str] = {}
        self.count = 0
        self._names: dict[str, str] = {}
        lorgnette.importer.started.connect(self._on_started)
        lorgnette.importer.finished.connect(self._on_finished)
        lorgnette.importer.failed.connect(self._on_failed)

    def _on_started(self, import_id: str, _chat: str, name: str) -> None:
        self._names[import_id] = name

    def _on_finished(self, import_id: str, _chat: str, attachment: Attachment) -> None:
        self._note(import_id, f"thumbnail, {attachment.width} x {attachment.height}, {attachment.media_type}")

    def _on_failed(self, import_id: str, _chat: str, problem: Problem) -> None:
        self._note(import_id, problem.sentence)

    def _note(self, import_id: str, outcome: str) -> None:
        self.said[self._names[import_id]] = outcome
        self.count += 1


def run_until(application: QApplication, outcomes: Outcomes, count: int) -> None:
    """Run the event loop until so many files have an outcome."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while outcomes.count < count:
        application.processEvents()
        time.sleep(0.0005)
        if time.monotonic() > deadline:
            sys.exit(f"{count - outcomes.count} files had no outcome in time")


def main() -> None:
    """Drop everything, print everything."""
    files = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_file())
    application = QApplication(["lorgnette"])
    with tempfile.TemporaryDirectory() as folder:
        lorgnette = Lorgnette(Paths.under(Path(folder)), application)
        lorgnette.window.show()
        lorgnette.begin(LaunchRequest(), "")
        for _ in range(200):
            application.processEvents()
            time.sleep(0.002)
        outcomes, watch = Outcomes(lorgnette), Watch()
        drop(lorgnette.window, mime_of(files))
        run_until(application, outcomes, len(files))
        watch.report(f"{len(files)} files at once")
        lorgnette.session.start_new()
        for number, file in enumerate(files, 1):
            drop(lorgnette.window, mime_of([file]))
            run_until(application, outcomes, len(files) + number)
        watch.report("one by one")
        for name, outcome in outcomes.said.items():
            print(f"  {name}: {outcome}")
        lorgnette.shut_down()


if __name__ == "__main__":
    main()
