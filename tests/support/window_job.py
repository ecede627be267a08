"""The window's main job in a process of its own: images are opened, one is read, a question is answered, all is closed.

`python -m tests.support.window_job IMAGE` works in the user's own folders, as the environment names them, and prints
what the reader and the model said.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.application import Lorgnette
from app.domain.launch_request import LaunchRequest
from app.domain.models.engine_status import EngineState
from app.paths import default_paths

SECONDS = 120.0


def main(image: str) -> int:
    """Do the job; the exit status says whether every step of it ended in time."""
    application = QApplication(["lorgnette"])
    paths = default_paths()
    paths.data.mkdir(parents=True, exist_ok=True)
    lorgnette = Lorgnette(paths, application)
    lorgnette.window.show()
    lorgnette.begin(LaunchRequest(images=(image,)), "")
    session = lorgnette.session
    try:
        _wait(application, lambda: bool(session.draft.attachments))
        session.read_text(session.draft.attachments[0])
        _wait(application, lambda: bool(session.branch) and not session.is_busy)
        sys.stdout.write(f"{session.branch[-1].text}\n")
        _wait(application, lambda: lorgnette.model.status.state is EngineState.READY)
        session.send("Read the text.")
        _wait(application, lambda: len(session.branch) > 3 and not session.is_busy)
        sys.stdout.write(f"{session.branch[-1].text}\n")
    finally:
        lorgnette.shut_down()
    return 0


def _wait(application: QApplication, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        application.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.argv[1]).resolve())))
