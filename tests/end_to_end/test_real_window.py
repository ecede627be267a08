"""One real window on a real X server: found by a window manager, dragged onto, typed into, closed."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.domain.settings.generation_options import GenerationOptions, Sampling
from app.domain.settings.settings import Settings
from app.paths import Paths
from app.storage.settings.settings_file import SettingsFile
from tests.end_to_end.conftest import Run, peek
from tests.support.drag_source import TITLE
from tests.support.processes import wait_until

pytestmark = [
    pytest.mark.window,
    pytest.mark.skipif(
        not (shutil.which("xdotool") and shutil.which("openbox")), reason="packaging/check.sh installs them"
    ),
]
SECONDS = 40.0


def xdotool(*arguments: str) -> str:
    return subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def find(title: str) -> str:
    """The id of the one visible window with this title, once it is there."""
    wait_until(lambda: xdotool("search", "--onlyvisible", "--name", f"^{title}$"))
    (window,) = xdotool("search", "--onlyvisible", "--name", f"^{title}$").split()
    return window


def drag(start: tuple[int, int], end: tuple[int, int]) -> None:
    """Press, move in small steps as a hand does, let go."""
    xdotool("mousemove", *map(str, start), "mousedown", "1")
    for step in range(1, 21):
        x, y = (one + (other - one) * step // 20 for one, other in zip(start, end, strict=True))
        xdotool("mousemove", str(x), str(y))
        time.sleep(0.02)
    time.sleep(0.3)
    xdotool("mouseup", "1")


def test_a_receipt_is_dragged_in_read_and_kept(run: Run, paths: Paths, receipt: Path) -> None:
    run("openbox")
    application = run(sys.executable, "-m", "app", "--data", str(paths.data))
    window = find("Lorgnette")
    run(sys.executable, "-m", "tests.support.drag_source", str(receipt))
    find(TITLE)
    time.sleep(0.5)

    drag((45, 45), (700, 350))
    wait_until(lambda: "receipt.png" in "".join(peek(paths, "draft_attachments", "conversation")))
    xdotool("windowactivate", "--sync", window)
    xdotool("key", "ctrl+shift+t")
    wait_until(lambda: "Walnut cake" in "".join(peek(paths, "text", "message")))
    xdotool("type", "and a draft")
    wait_until(lambda: peek(paths, "draft_text", "conversation") == ["and a draft"])
    xdotool("key", "ctrl+q")

    assert application.wait(timeout=SECONDS) == 0
    assert peek(paths, "title", "conversation") == ["CORNER BAKERY"]
    assert peek(paths, "role", "message") == ["user", "assistant"]


def test_kill_dash_nine_while_an_answer_streams(run: Run, paths: Paths, receipt: Path, endless_model: Path) -> None:
    # Drawn so freely, the answer falls into no loop, which would end it; the token that ends a turn is never among 40.
    sampling = Sampling(temperature=1.5, top_p=1.0, top_k=40, presence_penalty=0.0, seed=1)
    SettingsFile(paths.settings).save(Settings(generation=GenerationOptions(sampling=sampling)))
    run("openbox")
    command = (sys.executable, "-m", "app", "--data", str(paths.data), "--model", str(endless_model))
    application = run(*command, str(receipt))
    window = find("Lorgnette")
    wait_until(lambda: "receipt.png" in "".join(peek(paths, "draft_attachments", "conversation")))
    xdotool("windowactivate", "--sync", window)
    xdotool("type", "Describe the station.")
    xdotool("key", "Return")
    wait_until(lambda: len(peek(paths, "text", "message")) == 2 and len(peek(paths, "text", "message")[1]) > 20)
    application.kill()
    application.wait()
    question, partial = peek(paths, "text", "message")
    assert peek(paths, "state", "message") == ["complete", "streaming"]

    again = run(*command)
    window = find(f"{question} — Lorgnette")
    wait_until(lambda: peek(paths, "state", "message") == ["complete", "interrupted"])
    xdotool("windowactivate", "--sync", window)
    xdotool("key", "ctrl+q")
    assert again.wait(timeout=SECONDS) == 0
    assert peek(paths, "text", "message") == [question, partial]
    assert "receipt.png" in peek(paths, "attachments", "message")[0]
