"""One real window on a real X server: found by a window manager, dragged onto, typed into, closed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.domain.chat import Conversation, Message
from app.paths import Paths
from app.storage.conversations import SqliteConversationStore
from tests.support.drag_source import TITLE

pytestmark = pytest.mark.window
SECONDS = 40.0


@pytest.fixture
def run() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    with ExitStack() as stack:

        def start(*command: str) -> subprocess.Popen[bytes]:
            process = stack.enter_context(subprocess.Popen(command, env={**os.environ, "QT_QPA_PLATFORM": "xcb"}))
            stack.callback(process.kill)
            return process

        yield start


def xdotool(*arguments: str) -> str:
    return subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def kept(paths: Paths) -> tuple[list[Conversation], list[Message]]:
    if not paths.database.exists():
        return [], []
    store = SqliteConversationStore.open(paths.database)
    cards = list(store.conversations())
    messages = [message for card in cards for message in store.messages(card.id)]
    store.close()
    return cards, messages


def drag(start: tuple[int, int], end: tuple[int, int]) -> None:
    """Press, move in small steps as a hand does, let go."""
    xdotool("mousemove", *map(str, start), "mousedown", "1")
    for step in range(1, 21):
        x, y = (one + (other - one) * step // 20 for one, other in zip(start, end, strict=True))
        xdotool("mousemove", str(x), str(y))
        time.sleep(0.02)
    time.sleep(0.3)
    xdotool("mouseup", "1")


@pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool, which packaging/check.sh installs")
def test_a_receipt_is_dragged_in_read_and_kept(
    run: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, receipt: Path
) -> None:
    paths = Paths(tmp_path / "data")
    if shutil.which("openbox"):
        run("openbox")
    application = run(sys.executable, "-m", "app", "--data", str(paths.data))
    wait_for(lambda: xdotool("search", "--onlyvisible", "--name", "^Lorgnette$"))
    (window,) = xdotool("search", "--onlyvisible", "--name", "^Lorgnette$").split()
    run(sys.executable, "-m", "tests.support.drag_source", str(receipt))
    wait_for(lambda: xdotool("search", "--onlyvisible", "--name", f"^{TITLE}$"))
    time.sleep(0.5)

    drag((45, 45), (700, 350))
    wait_for(lambda: [card.draft.attachments for card in kept(paths)[0]])
    xdotool("windowactivate", "--sync", window)
    xdotool("key", "ctrl+shift+t")
    wait_for(lambda: any("Walnut cake" in message.text for message in kept(paths)[1]))
    xdotool("type", "and a draft")
    wait_for(lambda: [card for card in kept(paths)[0] if card.draft.text == "and a draft"])
    xdotool("key", "ctrl+q")

    assert application.wait(timeout=SECONDS) == 0
    cards, messages = kept(paths)
    assert [card.title for card in cards] == ["receipt.png"]
    assert [message.role.value for message in messages] == ["user", "assistant"]
