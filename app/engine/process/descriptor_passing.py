"""Files that the window's process opens for a decoder, and passes to it with the request that names them.

A decoder may not open the user's files by name (see `confinement`). The files that a request names are therefore opened
by the parent, for reading, or created beside their target, for writing; the descriptors precede the request on the
same socket (SCM_RIGHTS, unix(7)), each after a message of one byte, which no request is. A written file replaces its
target once the decoder reports that it is complete. On systems that cannot confine a decoder nothing is passed, and it
opens files by name. A model's process, which reads as the user may, is passed the images of its turns, too: they may
be in the window's memory only.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from app import memory_files
from app.domain.chat.chat import Turn
from app.domain.error_texts import export_texts
from app.domain.ids import CallId
from app.domain.models.answer_stats import FinishReason
from app.engine.process.messages import (
    Ask,
    CropImage,
    Done,
    DrawPage,
    Failed,
    ImageProbed,
    Prefill,
    ProbeImage,
    ReadText,
    Request,
    ShowPage,
    WritePdf,
)
from app.engine.process.wire import EventEnvelope, RequestEnvelope
from app.partial_files import PartialFile, writing
from app.regular_files import open_regular

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PASSES_DESCRIPTORS = sys.platform == "linux"
_DESCRIPTOR, _NO_DESCRIPTOR = b"\x01", b"\x00"

_received: dict[str, int] = {}
"""Descriptors, in the child, by the names of files in the request that is being served."""


class FileSender:
    """The parent's side: passes files to one process."""

    def __init__(self) -> None:
        self._written: dict[CallId, PartialFile] = {}

    def send_files(self, connection: Connection, request: RequestEnvelope) -> None:
        """Send the files that `request` names, right before the request itself; raises OSError for a broken socket.

        A file that cannot be opened is not sent; the child finds and reports the reason.
        """
        if not PASSES_DESCRIPTORS:
            return
        sources, target = _named(request.body)
        for source in sources:
            _send(connection, _open_to_read(source))
        if target is not None:
            _send(connection, self._open_to_write(request.call_id, target))

    def _open_to_write(self, call_id: CallId, target: Path) -> int | None:
        with suppress(OSError, ValueError):
            if memory_files.is_here(target):
                with memory_files.open_file(target) as file:
                    return os.dup(file.fileno())
            part = PartialFile(target)
            descriptor = part.make()
            self._written[call_id] = part
            return descriptor
        return None

    def settle(self, envelope: EventEnvelope) -> EventEnvelope:
        """Move a finished file into place, or remove it if the event reports failure; return the event or Failed."""
        event, part = envelope.body, self._written.get(envelope.call_id)
        if part is None or not isinstance(event, ImageProbed | Done | Failed):
            return envelope
        del self._written[envelope.call_id]
        try:
            if isinstance(event, ImageProbed) or (isinstance(event, Done) and event.reason is FinishReason.COMPLETE):
                part.put_in_place()
        except OSError:
            return EventEnvelope(envelope.call_id, Failed(export_texts.NOT_WRITTEN.problem(file=part.target.name)))
        finally:
            part.discard()
        return envelope

    def close(self) -> None:
        """Remove incomplete files."""
        while self._written:
            self._written.popitem()[1].discard()


def receive(connection: Connection) -> tuple[bytes, list[int | None]]:
    """Receive, in the child, a request as bytes and the descriptors sent before it. Raises EOFError, OSError."""
    descriptors: list[int | None] = []
    while (data := connection.recv_bytes()) in {_DESCRIPTOR, _NO_DESCRIPTOR}:
        descriptors.append(None)
        if data == _DESCRIPTOR:
            with suppress(RuntimeError):  # The descriptor was lost: too many are open.
                descriptors[-1] = reduction.recv_handle(connection)
    return data, descriptors


def by_name(request: Request, descriptors: list[int | None]) -> dict[str, int]:
    """Return the descriptors received before `request`, by the names in it."""
    sources, target = _named(request)
    paths = (*sources, target) if target is not None else sources
    return {
        str(path): descriptor for path, descriptor in zip(paths, descriptors, strict=False) if descriptor is not None
    }


def close(descriptors: list[int | None]) -> None:
    """Close descriptors whose request turned out to be invalid."""
    for descriptor in descriptors:
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)


@contextmanager
def using_descriptors(received: dict[str, int]) -> Iterator[None]:
    """Let paths open the received descriptors within this context; close them at its end."""
    _received.update(received)
    try:
        yield
    finally:
        _received.clear()
        for descriptor in received.values():
            os.close(descriptor)


def open_to_read(path: Path) -> BinaryIO:
    """Open the file at `path`, as received or by name; raises OSError, or NotRegular if it is not a regular file."""
    descriptor = _received.get(str(path))
    if descriptor is None:
        return open_regular(path)
    return cast(BinaryIO, io.BufferedReader(_ReceivedFile(descriptor)))


def status_of(path: Path) -> os.stat_result:
    """Return path.stat() of the file that `open_to_read` opens; raises OSError."""
    descriptor = _received.get(str(path))
    return path.stat() if descriptor is None else os.fstat(descriptor)


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """Yield a file that becomes `target` if the block succeeds, and is removed otherwise; raises OSError."""
    descriptor = _received.get(str(target))
    if descriptor is not None:
        with os.fdopen(os.dup(descriptor), "r+b") as file:
            yield file
        return  # The parent moves it into place.
    with writing(target) as file:
        yield file


class _ReceivedFile(io.RawIOBase):
    """A file over a shared descriptor: it has its own position, and leaves the descriptor open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence == os.SEEK_END:
            offset += os.fstat(self._descriptor).st_size
        if offset < 0:
            raise OSError("negative position")
        self._position = offset
        return offset

    def readinto(self, buffer: "WriteableBuffer") -> int:
        count = os.preadv(self._descriptor, [buffer], self._position)
        self._position += count
        return count


def _named(request: Request) -> tuple[tuple[Path, ...], Path | None]:
    """Return the files that a request reads, each once, and the one that it writes."""
    match request:
        case ProbeImage(path=source) | ShowPage(path=source) | ReadText(path=source):
            return (Path(source),), None
        case CropImage(path=source, target=target) | DrawPage(path=source, target=target):
            return (Path(source),), Path(target)
        case WritePdf(source=source, target=target):
            return (Path(source),), Path(target)
        case Ask(turns=turns) | Prefill(turns=turns):
            return _images(turns), None
    return (), None


def _images(turns: tuple[Turn, ...]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(Path(image.path) for turn in turns for image in turn.images))


def _open_to_read(path: Path) -> int | None:
    """Open a regular file and return its descriptor, else None: opening a pipe or a device might block for ever."""
    try:
        with open_regular(path) as file:
            return os.dup(file.fileno())
    except (OSError, ValueError):
        return None


def _send(connection: Connection, descriptor: int | None) -> None:
    if descriptor is None:
        connection.send_bytes(_NO_DESCRIPTOR)
        return
    try:
        connection.send_bytes(_DESCRIPTOR)
        reduction.send_handle(connection, descriptor, 0)
    finally:
        os.close(descriptor)
