"""Pictures of the real application, at twice the scale: `python packaging/make_screenshots.py [FOLDER]`.

It has the built-in reader read the sample receipt, asks the demo model in another chat where a word of the sample note
is, adds another image to the composer, and grabs the window, in light and in dark, into resources/screenshots. With a
FOLDER, it goes on through the other states and windows and leaves pictures of them there, to be looked at.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from app.application import Lorgnette
from app.controllers.image_controller import SAMPLES
from app.domain.chat.chat import Author, Message, Role, now
from app.domain.ids import ConversationId, MessageId
from app.domain.launch_request import LaunchRequest
from app.domain.models.engine_status import EngineState
from app.domain.settings.settings import ThemeChoice
from app.domain.text.confidence import LowConfidenceSpan
from app.paths import RESOURCES, Paths
from app.ui.batch.batch_window import BatchWindow
from app.ui.images.image_library import ImageLibrary
from app.ui.settings.settings_window import SettingsWindow

FOLDER = RESOURCES / "screenshots"
PATIENCE_SECONDS = 60.0
SCALE = 2
SCREEN = {"name": "pictures", "x": 0, "y": 0, "width": 3840, "height": 2400, "logicalDpi": 96, "dpr": 1}
LOSSLESS = 100
"""The quality at which Qt writes WebP without loss."""


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


class Studio:
    """The application, and a camera."""

    def __init__(self, data: Path) -> None:
        self.application = QApplication(["lorgnette"])
        self.lorgnette = Lorgnette(Paths.under(data), self.application)
        self.lorgnette.window.resize(1240, 760)
        self.lorgnette.window.show()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Let the application get there."""
        wait_for(self.application, condition)

    def wait_for_answer(self) -> None:
        """Let the answer end."""
        session = self.lorgnette.session
        self.wait(lambda: bool(session.branch) and session.branch[-1].author is not None and not session.is_busy)

    def wait_for_image(self) -> None:
        """Let an image arrive in the composer."""
        self.wait(lambda: len(self.lorgnette.session.draft.attachments) == 1)

    def take(self, folder: Path, name: str, shown: QWidget | None = None) -> None:
        """Grab the window, or another one, in both appearances."""
        for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
            self.lorgnette.window.menu_button.theme_chosen.emit(choice)
            settle(self.application)
            picture = (shown or self.lorgnette.window).grab()
            if not picture.save(str(folder / f"{name}-{choice.value}.webp"), "WEBP", LOSSLESS):
                sys.exit(f"{name}-{choice.value}.webp was not written")

    def prepare(self) -> None:
        """Two chats, and the second one on the screen."""
        lorgnette, session = self.lorgnette, self.lorgnette.session
        lorgnette.begin(LaunchRequest(images=(str(SAMPLES / "receipt.png"),)), "")
        self.wait_for_image()
        session.read_text(session.draft.attachments[0])
        self.wait_for_answer()
        session.start_new()
        lorgnette.importer.import_file(SAMPLES / "note.png", session.conversation_id)
        self.wait_for_image()
        self.wait(lambda: lorgnette.model.status.state is EngineState.READY)
        session.send("Where is Boarding?")
        self.wait_for_answer()
        lorgnette.importer.import_file(SAMPLES / "receipt.png", session.conversation_id)
        self.wait_for_image()

    def take_states(self, folder: Path) -> None:
        """What the README does not show."""
        lorgnette, window = self.lorgnette, self.lorgnette.window
        window.hide_viewer()
        window.sidebar.list.chats_deleted.emit((lorgnette.session.conversation_id,))
        settle(self.application)
        self.take(folder, "empty-after-deletion")
        window.notices.clear()
        window.chat_view.set_branch(_conversation())
        window.set_empty(False)
        self.take(folder, "formulas-code-doubts")
        window.sidebar.search.setText("Boarding")
        settle(self.application)
        self.take(folder, "search")
        window.sidebar.search.clear()
        window.settings_triggered.emit("")
        (settings,) = window.findChildren(SettingsWindow)
        self.take(folder, "settings", settings)
        settings.close()
        window.library_triggered.emit()
        (images,) = window.findChildren(ImageLibrary)
        self.wait(lambda: images.grid.images.rowCount() > 0)
        self.take(folder, "images", images)
        images.close()
        window.batch_triggered.emit()
        (batch,) = window.findChildren(BatchWindow)
        self.take(folder, "batch", batch)
        batch.close()
        window.zoom_triggered.emit(5)
        self.take(folder, "zoomed")
        window.zoom_triggered.emit(0)
        window.resize(600, 700)
        self.take(folder, "narrow")


def _conversation() -> tuple[Message, Message]:
    """An answer with everything in it."""
    asked = Message(
        id=MessageId("q"),
        conversation_id=ConversationId("c"),
        parent_id=None,
        role=Role.USER,
        text="Explain it.",
        created=now(),
    )
    answered = Message(
        id=MessageId("a"),
        conversation_id=ConversationId("c"),
        parent_id=MessageId("q"),
        role=Role.ASSISTANT,
        text=ANSWER,
        created=now(),
        author=Author.MODEL,
        model_name="Qwen3-VL-2B",
        doubts=(LowConfidenceSpan(ANSWER.index("kinetic"), ANSWER.index("kinetic") + 7, 0.4, (("potential", 0.35),)),),
    )
    return asked, answered


ANSWER = r"""The kinetic energy is $E = \frac{1}{2} m v^2$, so for all parts

$$E = \int_0^1 \frac{\rho v^2}{2}\,dV$$

```python
def energy(mass: float, speed: float) -> float:
    return 0.5 * mass * speed**2  # joules
```

| mass | speed | energy |
| --- | --: | --: |
| 2 kg | 3 m/s | 9 J |
"""


def main() -> None:
    """Take the README's pictures, and the others where they are wanted."""
    os.environ["LC_ALL"], os.environ["LANGUAGE"] = "C.UTF-8", "en"  # The window follows the desktop's language.
    os.environ["QT_SCALE_FACTOR"] = str(SCALE)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        screen = Path(data) / "screen.json"
        screen.write_text(json.dumps({"screens": [SCREEN]}), encoding="utf-8")
        # Qt takes a relative path only: a colon ends it, and a drive has one.
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={os.path.relpath(screen)}"
        studio = Studio(Path(data))
        studio.prepare()
        studio.take(FOLDER, "window")
        for folder in map(Path, sys.argv[1:2]):
            folder.mkdir(parents=True, exist_ok=True)
            studio.take_states(folder)
        studio.lorgnette.shut_down()


if __name__ == "__main__":
    main()
