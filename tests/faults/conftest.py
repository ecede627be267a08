"""The fault suite: every case acts on a real application in a process of its own, and has a twin.

A case states a promise and checks it by a function that returns objections. Its twin breaks the promise on purpose and
sees that this function objects: a check that cannot fail shows nothing. `--soak` tries everything far more often,
`--seed` repeats what has failed.
"""

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from app.paths import RESOURCES
from tests.support.chat_server import ChatServer, chat_server, end, piece
from tests.support.driver import Driver
from tests.support.processes import wait_until


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """The same numbers at each run of a test, whatever else runs; the seed is printed where the test fails."""
    seed = request.config.getoption("--seed")
    print(f"repeat with --seed {seed}")  # noqa: T201 - pytest shows it with a failure
    return random.Random(f"{seed}/{request.node.nodeid}")


Tries = Callable[[int, int], int]
"""(tries, tries with --soak) -> those of this run."""


@pytest.fixture
def tries(request: pytest.FixtureRequest) -> Tries:
    return lambda usual, soaking: soaking if request.config.getoption("--soak") else usual


SOAK_SECONDS = 4 * 3600
"""For one test with --soak; what hangs within it is seen much earlier, by the driver's own deadlines."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End no test of a soak for its length."""
    for item in items if config.getoption("--soak") else []:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(SOAK_SECONDS), append=False)


class Words:
    """An answer that streams a word now and then, for some seconds."""

    def __iter__(self) -> Iterator[bytes]:
        for number in range(400):
            time.sleep(0.02)
            yield piece(f"word {number} ")
        yield end()


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A server whose threads end with the test."""
    with chat_server() as made:
        yield made
        made.hold.set()
        wait_until(lambda: not [thread for thread in threading.enumerate() if "process_request" in thread.name])


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for one user of the application; its path is short, since a socket's name has to fit."""
    folder = Path(tempfile.mkdtemp(prefix="lf-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def note() -> Path:
    """An image that the demo model can read."""
    return RESOURCES / "samples" / "note.png"


class Shared:
    """An application that the tests of a module share, begun anew behind one that did not go well."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._driver: Driver | None = None

    def driver(self) -> Driver:
        if self._driver and not self._answers(self._driver):
            self.close()
        if self._driver is None:
            self._driver = Driver(self._home)
            self._driver.begin()
        return self._driver

    def close(self) -> None:
        if self._driver:
            self._driver.close()
        self._driver = None

    @staticmethod
    def _answers(driver: Driver) -> bool:
        try:
            driver.do("ping", 5)
        except (AssertionError, OSError):
            return False
        return True


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared]:
    folder = Path(tempfile.mkdtemp(prefix="lf-"))
    made = Shared(folder)
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


_BROKE = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what has not gone well, expected or not: nothing is shared behind it."""
    item.stash[_BROKE] = item.stash.get(_BROKE, False) or call.excinfo is not None
    return (yield)


@pytest.fixture
def app(shared: Shared, request: pytest.FixtureRequest) -> Iterator[Driver]:
    """The application of this module, which answers."""
    yield shared.driver()
    if request.node.stash[_BROKE]:
        shared.close()
