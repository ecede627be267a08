"""The README's pictures, taken of the real application: `python packaging/make_screenshots.py`.

It has the built-in reader read the sample receipt, asks the demo model in another chat where a word of the sample note
is, adds another image to the composer, and grabs the window, in light and in dark, into resources/screenshots.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.application import Lorgnette
from app.desks.image_desk import DEMO_SAMPLE, SAMPLE
from app.domain.engine_status import EngineState
from app.domain.settings import ThemeChoice
from app.domain.summons import Summons
from app.paths import RESOURCES, Paths

FOLDER = RESOURCES / "screenshots"
PATIENCE_SECONDS = 60.0


def wait_for(application: QApplication, condition: Callable[[], bool]) -> None:
    """Run the event loop until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        application.processEvents()
        time.sleep(0.005)
        if time.monotonic() > deadline:
            sys.exit("the application did not get there in time")


def settle(application: QApplication) -> None:
    """Let layouts, fonts and scroll bars come to rest."""
    end = time.monotonic() + 0.6
    wait_for(application, lambda: time.monotonic() > end)


def main() -> None:
    """Take both pictures."""
    application = QApplication(["lorgnette"])
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        lorgnette = Lorgnette(Paths.under(Path(data)), application)
        lorgnette.window.resize(1240, 760)
        lorgnette.window.show()
        lorgnette.begin(Summons(images=(str(SAMPLE),)), "")
        session = lorgnette.session
        wait_for(application, lambda: len(session.draft.attachments) == 1)
        session.read_text(session.draft.attachments[0])
        wait_for(application, lambda: len(session.branch) == 2 and not session.is_busy)
        session.start_new()
        lorgnette.importer.import_file(DEMO_SAMPLE, session.conversation_id)
        wait_for(application, lambda: len(session.draft.attachments) == 1)
        wait_for(application, lambda: lorgnette.model.status.state is EngineState.READY)
        session.send("Where is Boarding?")
        wait_for(application, lambda: len(session.branch) == 2 and not session.is_busy)
        lorgnette.importer.import_file(SAMPLE, session.conversation_id)
        wait_for(application, lambda: len(session.draft.attachments) == 1)
        for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
            lorgnette.window.menu_button.theme_chosen.emit(choice)
            settle(application)
            lorgnette.window.grab().save(str(FOLDER / f"window-{choice.value}.png"))
        lorgnette.shut_down()


if __name__ == "__main__":
    main()
