"""Memory, handles and latency stay flat, however long it is worked."""

import os
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from tests.faults.conftest import Tries
from tests.support.chat_server import ChatServer, end, piece
from tests.support.driver import Driver, driving
from tests.support.processes import wait_until

BLOCKS = 6
"""In which the work is measured; the first is left out, since all is loaded there."""
MAX_BYTES_EACH = 60_000
"""Of memory, for a piece of work: a short message and its answer are on the screen in a hundred widgets."""
MAX_BYTES_EACH_CHAT = 40_000
"""Of memory, for a chat: a tenth of that is its row, the rest what allocators and the system keep for later."""
MAX_BYTES_EACH_IMAGE = 800_000
"""Of memory, for an image and its answer: up to half of that has been measured, in the model's process."""
MAX_HANDLES = 12
"""More open files at the end than at first."""
MAX_SLOWER = 4.0
"""Times as long as at first; a busy machine doubles it by itself."""
MAX_MORE_WORK = 1.5
"""Times as much of the processor's time as at first, which other programs do not change by much."""
MIN_WORK_SECONDS = 1.0
"""Of a block, to be compared: the kernel counts in hundredths, and what is done once counts too."""


@dataclass
class Readings:
    """What was measured behind each block of so many pieces of work."""

    each: int
    memory: list[dict[str, int]] = field(default_factory=list)
    """By process. One that was started on the way does not make the others grow."""
    handles: list[dict[str, int]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    work: list[dict[str, float]] = field(default_factory=list)
    """Seconds of the processor by process, since it was started."""

    def take(self, app: Driver, seconds: float) -> None:
        """The application's own process and its engines, each by its name."""
        processes = app.processes()
        self.memory.append({name: _resident(pid) for name, pid in processes.items()})
        self.handles.append({name: len(list(Path(f"/proc/{pid}/fd").iterdir())) for name, pid in processes.items()})
        self.work.append({name: _worked(pid) for name, pid in processes.items()})
        self.seconds.append(seconds / self.each)

    def slopes(self) -> dict[str, float]:
        """Bytes and handles of each process for a piece of work, and how much longer one takes at the end."""
        found = {f"bytes of {name}": slope for name, slope in self._slopes(self.memory).items()}
        found |= {f"handles of {name}": slope for name, slope in self._slopes(self.handles).items()}
        found |= {f"work of {name}": times for name, times in self._more_work().items()}
        return {**found, "slower": self.seconds[-1] / max(self.seconds[1], 0.001)}

    def _more_work(self) -> dict[str, float]:
        """How many times as much a process works for the same at the end as at first."""
        lasting = set.intersection(*map(set, self.work)) if self.work else set()
        found = {}
        for name in sorted(lasting):
            blocks = [after[name] - before[name] for before, after in pairwise(self.work)]
            if blocks[0] >= MIN_WORK_SECONDS:
                found[name] = blocks[-1] / blocks[0]
        return found

    def _slopes(self, taken: list[dict[str, int]]) -> dict[str, float]:
        """Of the processes that were there all the time."""
        lasting = set.intersection(*map(set, taken[1:]))
        steps = range(len(taken) - 1)
        return {
            name: statistics.linear_regression(steps, [block[name] for block in taken[1:]]).slope / self.each
            for name in sorted(lasting)
        }

    def objections(self, max_bytes: float = MAX_BYTES_EACH) -> list[str]:
        """What grows."""
        slopes = self._slopes(self.memory)
        found = [
            f"memory of {name} grows by {slope:.0f} bytes each" for name, slope in slopes.items() if slope > max_bytes
        ]
        handles = [sum(block.values()) for block in self.handles]
        # Engines may be starting or ending at the moment of a reading, so that two or three stand for each end.
        if min(handles[-2:]) - max(handles[:3]) > MAX_HANDLES:
            found.append(f"open files grow: {self.handles}")
        for name, times in self._more_work().items():
            if times > MAX_MORE_WORK:
                found.append(f"work of {name} grows {times:.1f} times: {self.work}")
        if self.slopes()["slower"] > MAX_SLOWER:
            found.append(f"it gets slower: {self.seconds}")
        return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096
    except OSError:
        return 0


def _worked(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def measured(app: Driver, count: int, work: Callable[[int], None], report: Callable[[str, object], None]) -> Readings:
    """Do `work` so many times, in blocks."""
    readings = Readings(count // BLOCKS)
    for block in range(BLOCKS):
        begun = time.monotonic()
        for number in range(readings.each):
            work(block * readings.each + number)
        readings.take(app, time.monotonic() - begun)
        print(block, readings.memory[-1], readings.handles[-1], readings.work[-1], readings.seconds[-1])  # noqa: T201 - shown where it fails
    for name, slope in readings.slopes().items():
        report(name, slope)
    return readings


@pytest.mark.timeout(7200)
def test_many_messages(
    home: Path, server: ChatServer, tries: Tries, record_property: Callable[[str, object], None]
) -> None:
    """Thousands of messages in chats of fifty."""
    server.answer = [piece("A short answer."), end()]
    with driving(home) as app:
        app.begin()
        app.connect(server.address)

        def ask(number: int) -> None:
            if number % 25 == 0:
                app.do("new_chat")
            asked = 2 * (number % 25) + 2
            app.tell("send", text=f"question {number}")
            app.wait_until(lambda seen: len(seen["branch"]) == asked and not seen["busy"])

        assert measured(app, tries(60, 5000), ask, record_property).objections() == []
        assert app.quit() == 0


@pytest.mark.timeout(7200)
def test_many_chats(
    home: Path, server: ChatServer, tries: Tries, record_property: Callable[[str, object], None]
) -> None:
    """Each with a question and its answer: what stays of one is a row in the list of chats."""
    server.answer = [piece("A short answer."), end()]
    with driving(home) as app:
        app.begin()
        app.connect(server.address)

        def ask(number: int) -> None:
            app.do("new_chat")
            app.tell("send", text=f"question {number}")
            app.wait_until(lambda seen: len(seen["branch"]) == 2 and not seen["busy"])

        for number in range(20):  # All is loaded behind that.
            ask(number)
        assert measured(app, tries(120, 3000), ask, record_property).objections(MAX_BYTES_EACH_CHAT) == []
        assert app.quit() == 0


@pytest.mark.timeout(7200)
def test_many_images(home: Path, note: Path, tries: Tries, record_property: Callable[[str, object], None]) -> None:
    """Images are added, and read by the demo model."""
    with driving(home) as app:
        app.wait_for("status", holds=lambda fact: fact["state"] == "ready")

        def read(number: int) -> None:
            app.do("new_chat")
            app.read()
            since = len(app.facts)
            app.do("drop", paths=[str(note)])
            app.wait_for("added", since=since)
            app.do("send", text="Read the text.")
            app.wait_until(lambda seen: len(seen["branch"]) == 2 and not seen["busy"])

        for number in range(4):  # The reader is started meanwhile, and reads ahead: all is loaded behind that.
            read(number)
            app.do("drop", paths=[str(note)])
            app.wait_until(lambda seen: bool(seen["draft"][1]))
            app.do("read_text")
            app.wait_until(lambda seen: len(seen["branch"]) == 4 and not seen["busy"])
        assert measured(app, tries(24, 500), read, record_property).objections(MAX_BYTES_EACH_IMAGE) == []
        assert app.quit() == 0


@pytest.mark.timeout(7200)
def test_a_long_batch(home: Path, note: Path, tries: Tries, record_property: Callable[[str, object], None]) -> None:
    """One folder of images, by the same engines from the first to the last."""
    count = tries(24, 1000)
    with driving(home) as app:
        app.begin()
        app.do("batch", folder=str(scans(home, note, count)))

        def written(number: int) -> None:
            wait_until(lambda: sum(1 for _ in (home / "scans read").glob("*.txt")) > number, 60)

        assert measured(app, count, written, record_property).objections(1_000_000) == []
        app.wait_until(lambda seen: seen["batch"] == "done")
        assert app.quit() == 0


@pytest.mark.timeout(7200)
def test_batch_after_batch(
    home: Path, note: Path, tries: Tries, record_property: Callable[[str, object], None]
) -> None:
    """Each has engines of its own, which end with it."""
    with driving(home) as app:
        app.begin()

        def work(number: int) -> None:
            app.do("batch", folder=str(scans(home, note, 2, f"scans {number}")))
            app.wait_until(lambda seen: seen["batch"] == "done")
            app.do("clear_batch")

        assert measured(app, tries(BLOCKS, 60), work, record_property).objections(1_000_000) == []
        assert app.quit() == 0


def scans(home: Path, note: Path, count: int, name: str = "scans") -> Path:
    """A folder of so many images."""
    folder = home / name
    folder.mkdir()
    for number in range(count):
        shutil.copy(note, folder / f"{number}.png")
    return folder


def test_twin_what_grows_is_objected_to() -> None:
    flat = Readings(
        100,
        [{"window": 10**8, f"reader {block}": 10**7} for block in range(6)],
        [{"window": 50}] * 6,
        [0.1] * 6,
        [{"window": 10.0 * block} for block in range(6)],
    )
    assert flat.objections() == []
    grows = Readings(
        100,
        [{"window": 10**8, "reader": 10**8 + block * 10**7} for block in range(6)],
        [{"window": 30, "reader": 20 + block * 10} for block in range(6)],
        [0.1] * 5 + [1.0],
        [{"window": 10.0 * block, "reader": 2.0 * block**2} for block in range(6)],
    )
    said = ["memory of reader grows", "open files grow", "work of reader grows", "it gets slower"]
    assert [any(it.startswith(one) for it in grows.objections()) for one in said] == [True] * 4
    assert len(grows.objections()) == 4


def test_twin_the_readings_are_real(home: Path) -> None:
    with driving(home) as app:
        app.wait_for("status", holds=lambda fact: fact["state"] == "ready")
        readings = Readings(1)
        readings.take(app, 1.0)
        assert sum(readings.memory[0].values()) > 50 << 20
        assert readings.handles[0]["window"] > 10
        assert {"window", "model"} < {name.split()[0] for name in readings.memory[0]}
