"""A model folder that appears whole or not at all.

It is written beside its place under a name that holds the writer's process id, so that what a killed run has left can
be told from what a running one is writing.
"""

import errno
import glob
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from app.domain.errors import QuantizeError

_NOTHING_CHANGED = "Nothing was changed."
_NOTHING_LEFT = "Nothing was left behind."


def check_free(out: Path, base: Path) -> None:
    """Remove what a killed run has left beside `out`. Raises QuantizeError where `out` is no place for a new folder."""
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        what = "is a file" if out.is_file() else "exists and is not empty"
        raise QuantizeError(f"“{out}” {what}.", kept="It was not touched.", todo="Name a new folder.")
    if not out.parent.is_dir():
        raise QuantizeError(
            f"There is no folder “{out.parent}” to write into.", kept=_NOTHING_CHANGED, todo="Make it first."
        )
    if out.resolve().is_relative_to(base.resolve()):
        raise QuantizeError(
            f"“{out}” lies inside the model folder that it is made from.",
            kept=_NOTHING_CHANGED,
            todo="Name a folder outside it.",
        )
    _remove_leftovers(out)


@contextmanager
def writing(out: Path) -> Iterator[Path]:
    """A folder to write into, which becomes `out` when the block ends well and vanishes when it does not.

    Raises QuantizeError for the operating system's refusals inside the block.
    """
    partial = out.with_name(f".{out.name}.{os.getpid()}.unfinished")
    try:
        partial.mkdir()
        yield partial
        _flush(partial)
        if out.is_dir():  # Empty, as check_free has seen; Windows renames onto no folder.
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        raise _refused(out, error) from error
    except SafetensorError as error:  # The library's own words for the operating system's.
        raise _refused(out, OSError(errno.ENOSPC if "No space" in str(error) else 0, str(error))) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_space(out: Path, needed: int) -> None:
    """Raises QuantizeError where the drive of `out` has not `needed` bytes free."""
    free = shutil.disk_usage(out.parent).free
    if free < needed:
        raise QuantizeError(
            f"The new model needs about {needed / 1e9:.1f} GB on the drive of “{out.parent}”, "
            f"which has {free / 1e9:.1f} GB free.",
            kept=_NOTHING_CHANGED,
            todo="Free some space, or name a folder on another drive.",
        )


def _remove_leftovers(out: Path) -> None:
    import psutil  # noqa: PLC0415 - comes with the extra

    for leftover in out.parent.glob(f".{glob.escape(out.name)}.*.unfinished"):
        found = re.fullmatch(re.escape(f".{out.name}.") + r"(\d+)\.unfinished", leftover.name)
        if found is None:
            continue
        process = int(found[1])
        if process != os.getpid() and psutil.pid_exists(process):
            raise QuantizeError(
                f"Another run (process {process}) is writing “{out}”.",
                kept="It was left alone.",
                todo=f"Wait for it; if it is no quantisation at all, delete “{leftover}”.",
            )
        shutil.rmtree(leftover)


def _flush(folder: Path) -> None:
    """Have every file on disk before the rename: a power cut must not leave a complete name on incomplete files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("r+b") as file:
                os.fsync(file.fileno())


def _refused(out: Path, error: OSError) -> QuantizeError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return QuantizeError(
            f"The disk is full, so “{out}” could not be written.",
            kept=_NOTHING_LEFT,
            todo="Free some space, or name a folder on another drive, and run it again.",
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    return QuantizeError(f"“{out}” could not be written ({reason}).", kept=_NOTHING_LEFT, todo="Check the drive.")
