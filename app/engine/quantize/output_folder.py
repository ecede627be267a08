"""Creates a model folder atomically.

It is written beside its destination under a name with the writer's process id, so that the leftovers of a killed run
can be distinguished from the folder of a running one.
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

from app.domain.error_texts import quantize_texts
from app.domain.errors import QuantizeError
from app.domain.gigabytes import gigabytes_needed, gigabytes_there


def check_free(out: Path, base: Path) -> None:
    """Remove leftovers of killed runs beside `out`. Raises QuantizeError if no new folder can be created at `out`."""
    if out.is_file():
        raise QuantizeError(quantize_texts.OUTPUT_IS_FILE, path=str(out))
    if out.is_dir() and any(out.iterdir()):
        raise QuantizeError(quantize_texts.OUTPUT_NOT_EMPTY, path=str(out))
    if not out.parent.is_dir():
        raise QuantizeError(quantize_texts.OUTPUT_WITHOUT_PARENT, folder=str(out.parent))
    if Path(os.path.realpath(out)).is_relative_to(os.path.realpath(base)):
        raise QuantizeError(quantize_texts.OUTPUT_IN_SOURCE, path=str(out))
    _remove_leftovers(out)


@contextmanager
def writing(out: Path) -> Iterator[Path]:
    """Yield a folder to write into, which becomes `out` if the block succeeds and is deleted if it does not.

    Raises QuantizeError for errors of the operating system inside the block.
    """
    partial = out.with_name(f".{out.name}.{os.getpid()}.unfinished")
    try:
        partial.mkdir()
        yield partial
        _flush(partial)
        if out.is_dir():  # It is empty, as check_free has verified; Windows cannot rename onto a folder.
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        raise _refused(out, error) from error
    except SafetensorError as error:  # The library's wording of the operating system's error.
        raise _refused(out, OSError(errno.ENOSPC if "No space" in str(error) else 0, str(error))) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_space(out: Path, needed: int) -> None:
    """Raise QuantizeError unless the drive of `out` has `needed` bytes free."""
    free = shutil.disk_usage(out.parent).free
    if free < needed:
        raise QuantizeError(
            quantize_texts.TOO_LITTLE_SPACE,
            needed=gigabytes_needed(needed),
            folder=str(out.parent),
            free=gigabytes_there(free),
        )


def _remove_leftovers(out: Path) -> None:
    import psutil  # noqa: PLC0415 - comes with the extra

    for leftover in out.parent.glob(f".{glob.escape(out.name)}.*.unfinished"):
        found = re.fullmatch(re.escape(f".{out.name}.") + r"(\d+)\.unfinished", leftover.name)
        if found is None:
            continue
        process = int(found[1])
        if process != os.getpid() and psutil.pid_exists(process):
            raise QuantizeError(quantize_texts.OUTPUT_BUSY, process=process, path=str(out), leftover=str(leftover))
        shutil.rmtree(leftover)


def _flush(folder: Path) -> None:
    """Flush every file to disk before the rename: a power cut must not leave the final name on incomplete files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("r+b") as file:
                os.fsync(file.fileno())


def _refused(out: Path, error: OSError) -> QuantizeError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return QuantizeError(quantize_texts.DISK_FULL, path=str(out))
    reason = os.strerror(error.errno) if error.errno else str(error)
    return QuantizeError(quantize_texts.NOT_WRITTEN, path=str(out), reason=reason)
