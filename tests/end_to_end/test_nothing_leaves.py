"""The first promise: nothing leaves the machine, and nothing is left on it outside Lorgnette's own folders.

Every job runs as at a user's first start, in empty folders, with every call to the operating system seen, those of
libraries' native code and of child processes included.
"""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.paths import DEMO_MODEL, RESOURCES
from app.telemetry import TELEMETRY_OFF
from tests.support.system_calls import KERNEL_FOLDERS, Traced, clean_environment, python, trace
from tests.support.tiny_checkpoint import Layout, make_checkpoint

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="packaging/check.sh installs strace")

NOTE = str(RESOURCES / "samples" / "note.png")
WORDS = ["Gate", "B14", "Boarding", "09:35", "Luggage:", "23", "kg"]
LORGNETTE = python("-m", "app")
JOBS = {
    "ocr": [*LORGNETTE, "ocr", NOTE],
    "ask": [*LORGNETTE, "ask", "--model", str(DEMO_MODEL), NOTE, "Read the text."],
    "batch": [*LORGNETTE, "batch", str(RESOURCES / "samples"), "-o", "out"],
    "bench": [*LORGNETTE, "bench", "--sides", "64"],
    "diagnostics": [*LORGNETTE, "diagnostics"],
    "window": python("-m", "tests.support.window_job", NOTE),
    "mcp": python("-m", "tests.support.mcp_job", NOTE),
}
SAYS = {"ocr": WORDS, "ask": WORDS, "window": WORDS * 2, "mcp": WORDS * 2}


def run_job(command: Sequence[str], tmp_path: Path) -> Traced:
    return trace(command, clean_environment(tmp_path), tmp_path / "work")


def strays(traced: Traced, tmp_path: Path) -> list[str]:
    """What was written outside Lorgnette's folders and the job's own, seen then or lying there afterwards."""
    own = [tmp_path / "home/.local/share/lorgnette", tmp_path / "home/.cache/lorgnette", tmp_path / "work"]
    own += [tmp_path / "runtime"]  # Sockets, which end with the process.
    above = {folder for place in own for folder in place.parents}
    lying = {path for path in (tmp_path / "home", tmp_path / "tmp") for path in path.rglob("*")}
    written = {path for path in traced.written if not str(path).startswith(KERNEL_FOLDERS)}
    return sorted(
        str(path)
        for path in written | lying
        if path not in above
        and not any(path.is_relative_to(place) for place in own)
        and not _is_temporary(path, tmp_path)
    )


def _is_temporary(path: Path, tmp_path: Path) -> bool:
    """Whether a file was made in the folder for temporary files and removed again."""
    return path.is_relative_to(tmp_path / "tmp") and not os.path.lexists(path)


@pytest.mark.parametrize("job", JOBS)
def test_nothing_leaves_and_nothing_is_left(job: str, tmp_path: Path) -> None:
    traced = run_job(JOBS[job], tmp_path)
    assert traced.status == 0, traced.stderr
    assert traced.stdout.split() == SAYS.get(job, traced.stdout.split())
    assert traced.calls > 100  # Otherwise nothing was looked at.
    assert traced.outside == []
    assert strays(traced, tmp_path) == []


LOOPBACK = re.compile(r'\w+\(\d+<TCP:\[(127\.0\.0\.1:\d+[^]]*|\d+)\]>, (?!\{)|.*inet_addr\("127\.0\.0\.1"\)')


def test_serving_stays_on_this_machine(tmp_path: Path) -> None:
    """Its own socket and that of the client who asks it are all that there is, both of 127.0.0.1."""
    traced = run_job(python("-m", "tests.support.serve_job", NOTE), tmp_path)
    assert traced.status == 0, traced.stderr
    assert traced.stdout.split() == WORDS * 2
    assert [call for call in traced.outside if not LOOPBACK.match(call)] == []
    assert [call.partition("(")[0] for call in traced.outside].count("listen") >= 1
    assert strays(traced, tmp_path) == []


WITH_TELEMETRY = """
import os, sys
from app.cli import main
from app.commands import confined
confined.apply_sandbox = lambda allowance, **_: None  # Its sandbox would refuse the files as well.
del os.environ["ORT_DISABLE_TELEMETRY"]
sys.exit(main(sys.argv[1:]))
"""


def test_quantising_asks_no_hub(tmp_path: Path) -> None:
    base = make_checkpoint(tmp_path / "base", Layout.PLAIN)
    environment = clean_environment(tmp_path) | {
        "OMP_NUM_THREADS": "1"
    }  # Two threads wait for each other on a busy CPU.
    command = [*LORGNETTE, "quantize", str(base), str(tmp_path / "work" / "out"), "--iters", "0"]
    traced = trace(command, environment, tmp_path / "work")
    assert traced.status == 0, traced.stderr
    assert traced.outside == []
    assert strays(traced, tmp_path) == []


def test_without_the_variable_the_same_job_is_caught(tmp_path: Path) -> None:
    """Twin of the test above: with ONNX Runtime's telemetry on, what it writes is found."""
    traced = run_job(python("-c", WITH_TELEMETRY, "ocr", NOTE), tmp_path)
    assert traced.status == 0, traced.stderr
    found = strays(traced, tmp_path)
    assert str(tmp_path / "home/.cache/Microsoft/DeveloperTools/.onnxruntime/deviceid") in found
    assert str(tmp_path / "tmp/.ses") in found


NATIVE = """
import ctypes, struct, sys
libc = ctypes.CDLL(None)
if sys.argv[1] == "connect":
    fd = libc.socket(2, 1, 0)
    libc.connect(fd, struct.pack("<H", 2) + struct.pack(">H", 9) + bytes([127, 0, 0, 1]) + bytes(8), 16)
elif sys.argv[1] == "sendto":
    fd = libc.socket(2, 2, 0)
    libc.sendto(fd, b"x", 1, 0, struct.pack("<H", 2) + struct.pack(">H", 9) + bytes([127, 0, 0, 1]) + bytes(8), 16)
else:
    found = ctypes.c_void_p()
    libc.getaddrinfo(b"telemetry.invalid", b"443", None, ctypes.byref(found))
"""


@pytest.mark.parametrize("call", ["connect", "sendto", "lookup"])
def test_a_native_library_of_a_child_is_seen(call: str, tmp_path: Path) -> None:
    """Twin: calls that no hook inside Python sees, made by a child's child."""
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]], check=True)"
    traced = run_job(python("-c", child, NATIVE, call), tmp_path)
    assert traced.status == 0, traced.stderr
    assert traced.outside != []


def test_every_process_gets_the_variables() -> None:
    """Importing anything of `app` sets them, and so does every spawned child."""
    assert {name: os.environ.get(name) for name in TELEMETRY_OFF} == TELEMETRY_OFF
