"""Commands whose decoder a file has taken over, as processes of their own: what it tries is refused by the system."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.commands.server_choice import KEY
from app.engine.process import landlock, seccomp
from app.paths import RESOURCES
from tests.support import taken_over_command
from tests.support.taken_over_backend import DONE
from tests.support.taken_over_command import ATTEMPTS_NAMED, UNCONFINED

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="this system confines no process without privileges"),
    pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock"),
    pytest.mark.skipif(not seccomp.is_supported(), reason="no filter is written for this kind of machine"),
]
NOTE = str(RESOURCES / "samples" / "note.png")
REFUSED = {"EPERM", "EACCES", "ENOSYS"}
COMMANDS = {
    "ocr": ["ocr", "-o", "out", NOTE],
    "ocr, model": ["ocr", "--reader", "model", "--model", "model", "-o", "out", NOTE],
    "ask": ["ask", "--model", "model", NOTE, "What is it?"],
    "ask, server": ["ask", "--server", "127.0.0.1:9", "--server-model", "any", NOTE, "What is it?"],
    "doctor": ["doctor", "model"],
    "bench": ["bench", "model", "--json", "out/bench.json"],
    "quantize": ["quantize", "model", "out/new"],
}
MAY = {"ask, server": {"connect"}, "quantize": {"read", "run"}}
"""What a command may do of what is tried below, as it needs it."""


class Place:
    """Folders of one user: a home with a secret, and where the command is called."""

    def __init__(self, folder: Path) -> None:
        self.home, self.work, self.temporary = folder / "home", folder / "work", folder / "temporary"
        for made in (self.home / ".ssh", self.work / "out", self.work / "model", self.work / "kept", self.temporary):
            made.mkdir(parents=True)
        self.secret = self.home / ".ssh" / "id"
        self.secret.write_text("secret", encoding="ascii")

    def run(self, arguments: Sequence[str], attempts: Sequence[tuple[str, object]]) -> tuple[list[int], list[str]]:
        """How many threads ran when it was confined, and what came of each attempt."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")} | {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(RESOURCES.parent),
            ATTEMPTS_NAMED: json.dumps([(what, str(target)) for what, target in attempts]),
            KEY: "a-key",
        }
        command = [sys.executable, "-m", taken_over_command.__name__, *arguments]
        ran = subprocess.run(
            command, cwd=self.work, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert ran.returncode == 0, ran.stderr
        threads, said = json.loads(ran.stdout)
        return threads, said


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def tried(place: Place, port: int) -> dict[str, tuple[str, object]]:
    return {
        "read": ("read", place.secret),
        "write": ("write", place.home / "new"),
        "change": ("append", place.secret),
        "replace": ("rename", place.secret),
        "write elsewhere": ("write", place.work / "kept" / "new"),
        "connect": ("tcp", port),
        "run": ("run", "/bin/true"),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_does_what_it_is_for_and_no_more(name: str, place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        attempts = tried(place, server.getsockname()[1])
        threads, said = place.run(COMMANDS[name], [*attempts.values(), ("write", place.temporary / "new")])
    assert threads == [1], "Landlock binds the thread alone that asks for it, and those that it starts"
    assert said.pop() == DONE
    succeeded = {what for what, came in zip(attempts, said, strict=True) if came not in REFUSED}
    assert succeeded == MAY.get(name, set())


@pytest.mark.parametrize("name", COMMANDS)
def test_without_confinement_all_of_it_succeeds(name: str, place: Place) -> None:
    """So that what is refused above is refused by the confinement."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        attempts = tried(place, server.getsockname()[1])
        del attempts["replace"]
        _, said = place.run([*COMMANDS[name], UNCONFINED], [*attempts.values(), ("rename", place.secret)])
    assert said == ["secret", *[DONE] * len(attempts)]


@pytest.mark.parametrize("name", ["ocr", "bench", "quantize"])
def test_outputs_are_written_where_they_go(name: str, place: Place) -> None:
    output = place.work / "out" / "one"
    _, said = place.run(COMMANDS[name], [("write", output), ("rename", output), ("make folder", f"{output}s")])
    assert said == [DONE] * 3


def test_a_model_is_read_through_the_links_in_its_folder(place: Place) -> None:
    """As Hugging Face's cache keeps it."""
    blob = place.work / "kept" / "blob"
    blob.write_text("weights", encoding="ascii")
    (place.work / "model" / "model.safetensors").symlink_to(blob)
    _, said = place.run(
        COMMANDS["ask"], [("read", place.work / "model" / "model.safetensors"), ("list", place.work / "kept")]
    )
    assert said[0] == "weights"
    assert said[1] in REFUSED


def test_images_are_read_through_links(place: Place) -> None:
    image = place.home / "image.png"
    image.write_bytes(Path(NOTE).read_bytes())
    (place.work / "link.png").symlink_to(image)
    _, said = place.run(["ocr", "link.png", "missing.png"], [("append", image), ("write", place.work / "missing.png")])
    assert set(said) <= REFUSED
