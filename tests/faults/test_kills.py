"""kill -9 of the application at random moments of everything that it does."""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from app.paths import DEMO_MODEL
from app.storage.models.model_catalog import known_models
from tests.faults.conftest import Tries, Words
from tests.faults.ledger import Ledger
from tests.faults.remains import broken_exports, orphans, strays
from tests.support.chat_server import ChatServer, end, piece
from tests.support.driver import Driver, driving
from tests.support.hub_server import HubServer, serving


@dataclass
class World:
    """What there is besides the application."""

    home: Path
    rng: random.Random
    server: ChatServer
    hub: HubServer
    count: int = 0

    def image(self) -> Path:
        """One that the application has not seen yet."""
        self.count += 1
        path = self.home / f"image {self.count}.png"
        Image.frombytes("RGB", (64, 64), self.rng.randbytes(64 * 64 * 3)).save(path)
        return path


def drop(app: Driver, world: World) -> None:
    for _ in range(6):
        app.tell("drop", paths=[str(world.image())])


def draft(app: Driver, world: World) -> None:
    for number in range(4):
        app.tell("write", text=f"half a question {number} {world.rng.random()}")
        time.sleep(0.3)


def send(app: Driver, world: World) -> None:
    """Short questions one after another; the server ends each answer at once."""
    world.server.answer = [piece("Short."), end()]
    app.connect(world.server.address)
    for number in range(8):
        app.tell("send", text=f"question {number}")
        time.sleep(0.15)


def stream(app: Driver, world: World) -> None:
    world.server.answer = Words()  # type: ignore[assignment]
    app.connect(world.server.address)
    app.tell("send", text="Tell me everything.")


def batch(app: Driver, world: World) -> None:
    folder = world.home / "scans"
    if not folder.exists():
        folder.mkdir()
        for number in range(12):
            shutil.copy(DEMO_MODEL.parent / "samples" / "note.png", folder / f"{number}.png")
    app.tell("batch", folder=str(folder))


def export(app: Driver, world: World) -> None:
    if not app.do("look")["branch"]:
        app.do("drop", paths=[str(world.image())])
        app.wait_for("added")
        app.do("read_text")
        app.wait_until(lambda seen: not seen["busy"])
    for suffix in ("md", "json", "html", "pdf") * 2:
        app.tell("export", target=str(world.home / "exported" / f"chat {world.rng.random()}.{suffix}"))


def download(app: Driver, world: World) -> None:
    app.tell("download", endpoint=world.hub.address, model=known_models()[0].model_id)


def change_settings(app: Driver, world: World) -> None:
    for _ in range(20):
        app.tell("set", zoom=world.rng.randrange(70, 201, 10))
        app.tell("keep_preset", name=f"preset {world.rng.randrange(30)}")
        time.sleep(0.02)


def first_start(app: Driver, world: World) -> None:
    """Nothing is done: it is killed while it starts."""


@dataclass(frozen=True)
class Scenario:
    """What the application does, and within how many seconds it is killed."""

    act: Callable[[Driver, World], None]
    seconds: float
    is_fresh: bool = False


SCENARIOS = [
    Scenario(first_start, 1.5, is_fresh=True),
    Scenario(drop, 1.5),
    Scenario(draft, 0.5),
    Scenario(send, 0.6),
    Scenario(stream, 5.0),
    Scenario(batch, 4.0),
    Scenario(export, 1.0),
    Scenario(download, 2.5),
    Scenario(change_settings, 0.3),
]


@pytest.fixture
def world(home: Path, rng: random.Random, server: ChatServer) -> Iterator[World]:
    files = {path.name: path.read_bytes() for path in DEMO_MODEL.iterdir()}
    hub = HubServer(files, lfs=("model.safetensors",))
    hub.slow_seconds = 0.002
    (home / "exported").mkdir()
    with serving(hub):
        yield World(home, rng, server, hub)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.act.__name__)
def test_what_was_confirmed_outlives_kill_dash_nine(
    scenario: Scenario, world: World, rng: random.Random, tries: Tries
) -> None:
    """Messages, images, drafts, settings and outputs that were said to be kept are; one second of a stream is not.

    Each start goes on over what the kill before has left; the last one has to begin, end, and leave nothing half done.
    """
    ledger = Ledger()
    for number in range(tries(3, 14)):
        data = world.home / f"data {number}" if scenario.is_fresh else world.home / "data"
        if scenario.is_fresh:
            ledger = Ledger()
        with driving(world.home, data=data) as app:
            if not scenario.is_fresh:
                app.begin()
            scenario.act(app, world)
            time.sleep(rng.uniform(0, scenario.seconds))
            moment = app.kill()
            ledger.take(app.facts, moment)
            assert orphans(app) == []
        assert ledger.objections(data) == []
        assert broken_exports(world.home) == []
    with driving(world.home, data=data) as app:
        app.begin()
        app.do("ping")
        assert app.quit() == 0, app.said()
        ledger.take(app.facts, time.monotonic())
        assert orphans(app) == []
        assert strays(world.home, data) == []
    assert ledger.objections(data) == []
