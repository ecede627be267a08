"""What commands have in common: standard input in place of a file, errors in one line, the exit status."""

import errno
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import UserError

FAILED, INTERRUPTED = 1, 130
STDIN = "-"


@contextmanager
def opened(name: str) -> Iterator[Path]:
    """The path of a file, or of what standard input has where `name` is "-"."""
    if name != STDIN:
        yield Path(name)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "standard input"
        path.write_bytes(sys.stdin.buffer.read())
        yield path


def go_on() -> None:
    """The check of work that nobody stops but by Ctrl+C, which ends the process."""


def complain(sentence: str) -> None:
    """Say what went wrong, on standard error."""
    print(f"lorgnette: {' '.join(sentence.splitlines())}", file=sys.stderr)


def exit_status(work: Callable[[], bool]) -> int:
    """Do `work`, which says whether all went well: 0, 1 for what was told, 130 for Ctrl+C."""
    try:
        return 0 if work() else FAILED
    except UserError as error:
        complain(str(error))
        return FAILED
    except OSError as error:
        # Windows calls a pipe that nobody reads any more an invalid argument.
        if error.errno != (errno.EINVAL if os.name == "nt" else errno.EPIPE):
            raise
        # Whoever reads has had enough; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        complain("Interrupted.")
        return INTERRUPTED
