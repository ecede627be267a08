"""Engines that are killed, crash, hang or run out of memory, at each stage of their work."""

import os
import resource
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from app.paths import DEMO_MODEL, Paths
from tests.faults.conftest import Tries, Words
from tests.faults.remains import orphans
from tests.support.chat_server import ChatServer, end, piece
from tests.support.driver import Driver, driving
from tests.support.processes import is_alive, wait_until

NOTICE_SECONDS = 60.0
"""An engine that hangs is ended after its silence or its deadline; the rest is for a busy machine."""
CLOSE_SECONDS = 5.0
GRACE_SECONDS = 5.0
MAX_TRIES = 2
"""An engine that had nothing to do when it was struck fails the next try, and says so; so may one that was short of
memory. Behind that there is a fresh one."""


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def crash(pid: int) -> None:
    os.kill(pid, signal.SIGSEGV)


def hang(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


def starve(pid: int) -> None:
    """No more memory than it has."""
    used = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    _, most = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (used, most))


def feed(app: Driver) -> None:
    """As much memory as before, for whatever lives on."""
    for pid in app.family():
        _, most = resource.prlimit(pid, resource.RLIMIT_AS)
        resource.prlimit(pid, resource.RLIMIT_AS, (most, most))


@dataclass(frozen=True)
class Stage:
    """What an engine is busy with: `begin` has it so, behind it is struck within so many seconds."""

    engine: str
    begin: Callable[[Driver, ChatServer], None]
    seconds: float


def opening_an_image(app: Driver, server: ChatServer) -> None:
    app.tell("drop", paths=[str(fresh(app, "receipt.png"))])


def reading(app: Driver, server: ChatServer) -> None:
    app.do("new_chat")
    add(app, "receipt.png")
    app.do("read_text")


def loading(app: Driver, server: ChatServer) -> None:
    since = len(app.facts)
    app.do("open_model", folder=str(DEMO_MODEL))
    app.wait_for("engine", 20, lambda fact: fact["kind"] == "model", since)


def answering(app: Driver, server: ChatServer) -> None:
    server.answer = Words()  # type: ignore[assignment]
    app.connect(server.address)
    app.read()
    since = len(app.facts)
    app.do("send", text="Tell me everything.")
    app.wait_for("painted", holds=lambda fact: fact["length"] > 20, since=since)


def fresh(app: Driver, sample: str) -> Path:
    """A sample as an image that has not been seen before, so that it is opened and read anew."""
    path = app.temporary.parent / f"{len(app.facts)} {sample}"
    image = Image.open(DEMO_MODEL.parent / "samples" / sample).convert("RGB")
    image.putpixel((0, 0), (len(app.facts) % 256, len(app.facts) // 256 % 256, 0))
    image.save(path)
    return path


def add(app: Driver, sample: str) -> bool:
    """Drop a sample, wait for what becomes of it, and return whether it stands in the composer."""
    app.read()
    since = len(app.facts)
    app.do("drop", paths=[str(fresh(app, sample))])
    return bool(app.wait_for("import", 60, lambda fact: fact["end"] != "started", since)["end"] == "finished")


STAGES = [
    Stage("images", opening_an_image, 0.3),
    Stage("reader", reading, 1.5),
    Stage("model", loading, 0.5),
    Stage("server", answering, 0.5),
]


@dataclass(frozen=True)
class Struck:
    """An engine that was struck: facts from `since` on tell of it, and so much of the answer was painted before."""

    since: int
    length: int = 0


def strike(app: Driver, stage: Stage, server: ChatServer, blow: Callable[[int], None], seconds: float) -> Struck:
    """Begin the work, and strike the engine."""
    app.wait_for("status", holds=lambda fact: fact["state"] == "ready")
    app.read()
    since = len(app.facts)
    stage.begin(app, server)
    wait_until(lambda: at_work(app, stage.engine), 20)
    time.sleep(seconds)
    pid = at_work(app, stage.engine)
    painted = [fact for fact in app.facts[since:] if fact["fact"] == "painted"]
    if pid:
        blow(pid)
    return Struck(since, painted[-1]["length"] if painted else 0)


def at_work(app: Driver, kind: str) -> int:
    """The process id of the newest engine of this kind; 0 where none lives."""
    app.read()
    started = [fact["pid"] for fact in app.facts if fact["fact"] == "engine" and fact["kind"] == kind]
    return started[-1] if started and is_alive(started[-1]) else 0


def objections(app: Driver, stage: Stage, struck: Struck) -> list[str]:
    """What the window owes its user behind an engine's death: a word, a remedy, the answer so far, itself."""
    found = []
    try:
        if stage.begin is opening_an_image:
            app.wait_for("import", NOTICE_SECONDS, lambda fact: fact["end"] != "started", struck.since)
        # A model is dear: one that is silent is only said to be so, and restarted by its user's word.
        seen = app.wait_until(
            lambda look: look["restart"] or (not look["busy"] and look["model"] != "loading"), NOTICE_SECONDS
        )
    except AssertionError as error:
        return [f"the window waits on: {error}"]
    app.read()
    facts = app.facts[struck.since :]
    answers = [fact for fact in facts if fact["fact"] == "painted"]
    if stage.begin is answering:
        if answers[-1]["state"] == "failed" and not answers[-1]["problem"]:
            found.append("nothing was told")
        if seen["model"] not in {"ready", "unloaded"} and not seen["restart"]:
            found.append("no restart is offered")
        if len(seen["text"]) < min(struck.length, 10_000):
            found.append("the answer so far is lost")
    if (
        stage.begin is loading
        and seen["model"] != "ready"
        and not (seen["restart"] or any(fact["fact"] == "problem" for fact in facts))
    ):
        found.append("a model that could not be opened is not told")
    if stage.begin is reading and answers[-1]["state"] == "failed" and not answers[-1]["problem"]:
        found.append("text that could not be read is not told")
    ends = [fact for fact in facts if fact["fact"] == "import" and fact["end"] != "started"]
    if stage.begin is opening_an_image and len(ends) != 1:
        found.append("what became of the image is not told")
    return found


def read_note(app: Driver, *, reads: bool) -> str:
    """Add an image to a new chat, have it read if that is to be tried, and return how that has ended."""
    app.do("new_chat")
    if not add(app, "note.png"):
        return "not added"
    if not reads:
        return "complete"
    app.read()
    since = len(app.facts)
    app.do("read_text")
    return str(app.wait_for("painted", 60, lambda fact: fact["state"] != "streaming", since)["state"])


def goes_on(app: Driver, stage: Stage, server: ChatServer) -> list[str]:
    """The same start can be worked with, restarted where that is offered."""
    if app.do("look")["restart"]:
        app.do("restart")
    states = [read_note(app, reads=stage.begin is reading) for _ in range(MAX_TRIES)]
    if states[-1] != "complete":
        return [f"nothing is read any more: {states}"]
    server.answer = [piece("It goes on."), end()]
    app.connect(server.address)
    app.do("send", text="And now?")
    seen = app.wait_until(lambda look: not look["busy"] and look["branch"][-1][1] == "complete")
    return [] if seen["text"] == "It goes on." else [f"the next answer is {seen['text']!r}"]


BLOWS = [kill, crash, hang, starve]


@pytest.mark.parametrize("blow", BLOWS, ids=lambda blow: blow.__name__)
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.begin.__name__)
def test_an_engine_that_is_struck_costs_its_work_and_nothing_else(
    home: Path, server: ChatServer, stage: Stage, blow: Callable[[int], None], tries: Tries, rng: Random
) -> None:
    """It is noticed, told, and gone on with in the same window, again and again; what was said before stays."""
    with driving(home) as app:
        for _ in range(tries(1, 6)):
            struck = strike(app, stage, server, blow, rng.uniform(0, stage.seconds))
            assert objections(app, stage, struck) == []
            feed(app)
            assert goes_on(app, stage, server) == []
        assert app.quit() == 0, app.said()
        assert orphans(app) == []


def test_stop_is_heeded_by_an_engine_that_hangs(home: Path, server: ChatServer) -> None:
    """Stop ends an answer within seconds, whatever the engine does; the answer so far stays."""
    with driving(home) as app:
        struck = strike(app, STAGES[3], server, hang, 0.2)
        app.do("stop")
        moment = time.monotonic()
        app.wait_until(lambda look: not look["busy"], 30)
        assert time.monotonic() - moment < CLOSE_SECONDS + GRACE_SECONDS
        assert objections(app, STAGES[3], struck) == []
        assert goes_on(app, STAGES[3], server) == []


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.begin.__name__)
def test_closing_ends_within_seconds_whatever_an_engine_does(home: Path, server: ChatServer, stage: Stage) -> None:
    """The window closes, and takes an engine that hangs along."""
    with driving(home) as app:
        strike(app, stage, server, hang, 0.1)
        moment = time.monotonic()
        assert app.quit(60) == 0
        assert time.monotonic() - moment < CLOSE_SECONDS + GRACE_SECONDS
        assert orphans(app) == []


@pytest.mark.parametrize("what", ["weights", "cache"])
def test_weights_that_are_truncated_while_they_are_mapped_cost_the_engine_alone(
    home: Path, server: ChatServer, what: str, note: Path
) -> None:
    """The system ends the engine by SIGBUS; the window lives, says so, and opens the model again or says why not."""
    folder = shutil.copytree(DEMO_MODEL, home / "model")
    with driving(home, "--model", str(folder)) as app:
        app.wait_for("status", holds=lambda fact: fact["folder"] == str(folder))
        pid = app.engine("model")
        kept = Paths.under(app.data).converted_weights
        for path in kept.glob("*/*.npy") if what == "cache" else [folder / "model.safetensors"]:
            with path.open("r+b") as file:
                file.truncate(100)
        app.do("drop", paths=[str(note)])
        app.wait_for("added")
        app.do("send", text="Read the text.")
        seen = app.wait_until(lambda look: not look["busy"], NOTICE_SECONDS)
        assert is_alive(app.process.pid)
        if seen["branch"][-1][1] == "complete":  # All that it needed was in memory.
            assert is_alive(pid)
        else:
            assert seen["branch"][-1][1] == "failed"
            assert seen["restart"]
        assert goes_on(app, STAGES[3], server) == []


def test_twin_a_window_that_says_nothing_is_objected_to(home: Path, server: ChatServer) -> None:
    with driving(home) as app:
        struck = strike(app, STAGES[3], server, kill, 0.1)
        assert objections(app, STAGES[3], struck) == []
        for fact in app.facts:
            if fact["fact"] in {"painted", "problem"}:
                fact.update(problem="", fact="painted", state="failed", length=0)
        told_nothing = objections(app, STAGES[3], Struck(0, 1_000_000))
        assert told_nothing == ["nothing was told", "the answer so far is lost"]


def test_twin_a_window_that_waits_for_ever_is_objected_to(
    home: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.faults.test_engine_deaths.NOTICE_SECONDS", 1.0)
    with driving(home) as app:
        answering(app, server)  # Nothing is struck, so it streams on.
        (waits,) = objections(app, STAGES[3], Struck(0))
        assert waits.startswith("the window waits on")
