"""What the system says of processes, from /proc, and waiting for what they do."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Ask again and again; fails the test where it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def engine_processes_of(pid: int) -> list[int]:
    """Process ids of all children, of whatever thread, that multiprocessing has spawned; not its resource tracker."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [child.decode() for task in tasks for child in _read(task / "children").split()]
    return sorted(int(child) for child in children if b"spawn_main" in _read(Path(f"/proc/{child}/cmdline")))


def _read(path: Path) -> bytes:
    """What stands in a file below /proc; nothing if its thread or process has ended meanwhile."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
