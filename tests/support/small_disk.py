"""A disk of a few megabytes for one application, in a mount namespace of its own: no rights are needed.

It is seen from outside through the process that lives in it, and can be filled, emptied, and made read-only there.
"""

import shutil
import subprocess
from pathlib import Path

from tests.support.driver import Driver

SCRIPT = 'mkdir -p "$1" && mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@"'
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
_IN_NAMESPACE = ("unshare", "-Urm")


def is_possible() -> bool:
    """Whether this system lets its users have mount namespaces."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return False
    tried = [*_IN_NAMESPACE, "sh", "-c", SCRIPT, "1m", "/tmp/tried", "true"]  # noqa: S108 - in the namespace's view
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def small_disk(folder: Path, megabytes: int) -> tuple[str, ...]:
    """What is put before a command, so that it has a disk of that size at `folder`."""
    return (*_IN_NAMESPACE, "sh", "-c", SCRIPT, f"{megabytes}m", str(folder))


def read_only(folder: Path) -> tuple[str, ...]:
    """What is put before a command that may not write to a folder."""
    return (*_IN_NAMESPACE, "sh", "-c", READ_ONLY, str(folder))


class Disk:
    """The disk of a running application."""

    def __init__(self, app: Driver) -> None:
        self._pid = app.process.pid
        self._folder = app.data
        self.folder = Path(f"/proc/{self._pid}/root{app.data}")
        self._filler = self.folder / "filler"

    def fill(self) -> None:
        """Leave not a byte."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while file.write(b"\0" * size):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink()

    def protect(self) -> None:
        """Have everything that is opened from now on be read-only; what is open stays so."""
        self._mount("mount", "--bind", str(self._folder), str(self._folder))
        self._mount("mount", "-o", "remount,bind,ro", str(self._folder))

    def release(self) -> None:
        """The end of that."""
        self._mount("umount", "-l", str(self._folder))

    def _mount(self, *command: str) -> None:
        enter = ["nsenter", "-t", str(self._pid), "-U", "-m", "--preserve-credentials"]
        subprocess.run([*enter, *command], check=True)
