"""The permissions of each kind of process, in one place: the engine processes and the commands.

The images process and the reader process open nothing by name (see `descriptor_passing`). Requests tell the model
process which folder and which images to open, so it may read as the user may; it does not connect, starts no programs,
and writes only cached weights and temporary files. The server process, which exists only while a server is asked, reads
and connects, and writes nothing.

A command is confined as a whole, in its own process: its arguments determine what it reads and where its outputs go
before anything is decoded, which is more than the window's processes know when they start. Separate processes, as
`batch` has, would have to support all that commands do with files (formats, page ranges, videos, tables, standard
input), and each would add half a second to start. So a hostile page may take over a command, which then reaches the
files that it was given and its outputs, but no connection. `batch` runs unattended, so it decodes in the engine
processes.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.engine.process.backend_kinds import BackendKind
from app.paths import make_private_folder

EVERYTHING = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The permissions of a process, besides reading programs' libraries.

    Folders include everything beneath them. A process that `is_bounded` serves one request after another, with bounded
    memory, and bounded CPU time for each.
    """

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    connects: bool = False
    starts_programs: bool = False
    uses_gpu: bool = False
    is_bounded: bool = False

    @property
    def reads_everything(self) -> bool:
        """True if the process may read everything that the user may read."""
        return EVERYTHING in self.reads


def of_engine(kind: BackendKind, kept: Iterable[str] = ()) -> Allowance:
    """Return the allowance of an engine process; `kept` are the weight cache folders."""
    match kind:
        case BackendKind.IMAGES | BackendKind.READER:
            return Allowance(is_bounded=True)
        case BackendKind.MODEL:
            writes = (*_made(kept), _temporary())
            return Allowance(reads=(EVERYTHING,), writes=writes, uses_gpu=True)
        case BackendKind.SERVER:
            return Allowance(reads=(EVERYTHING,), connects=True)


def of_command(
    *,
    files: Iterable[str] = (),
    outputs: Iterable[Path] = (),
    models: Iterable[Path] = (),
    kept: Iterable[str] = (),
    connects: bool = False,
) -> Allowance:
    """Return the allowance of a command that reads `files` and the folders `models`, and writes into `outputs`.

    The folders `outputs` must exist. `kept` is as in `of_engine`.
    """
    folders = tuple(models)
    return Allowance(
        reads=(*(Path(file) for file in files), *(path for folder in folders for path in _with_links(folder))),
        writes=(*outputs, *_made(kept), _temporary()),
        connects=connects,
        uses_gpu=bool(folders),
    )


def of_quantizing(out: Path) -> Allowance:
    """Return the allowance for quantising to `out`, where AutoRound, torch and GPU compilers read and cache files."""
    cache = Path(os.path.expanduser("~/.cache"))  # noqa: PTH111 - Path.expanduser raises without a home
    return Allowance(
        reads=(EVERYTHING,),
        # Semaphores of multiprocessing are files there. The output's ".." may follow a link.
        writes=(Path(os.path.abspath(out)).parent, _temporary(), cache, Path("/dev/shm")),  # noqa: PTH100, S108
        starts_programs=True,
        uses_gpu=True,
    )


def _with_links(folder: Path) -> Iterator[Path]:
    """Yield a model's folder, and the folders its links lead to: Hugging Face's cache stores all files elsewhere."""
    yield folder
    with suppress(OSError):
        yield from (entry for entry in folder.iterdir() if entry.is_symlink())


def _made(folders: Iterable[str]) -> Iterator[Path]:
    """Yield the folders, creating missing ones, as Landlock rules need existing paths."""
    for folder in folders:
        if folder:
            with suppress(OSError):  # Then nothing is cached, which is logged.
                make_private_folder(Path(folder))
            yield Path(folder)


def _temporary() -> Path:
    return Path(tempfile.gettempdir())
