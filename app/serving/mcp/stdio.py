"""Lines on standard input and standard output, read and written by a thread each, so that neither holds up the loop.

Both are bounded: a line is at most MAX_LINE_BYTES long, the next is read when the loop has taken the last, and messages
to write wait for a client that reads slowly, who is given up after STALLED_SECONDS.
"""

import asyncio
import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

MAX_LINE_BYTES = 1024 * 1024
MAX_WAITING = 64
"""Maximum number of messages that wait to be written."""
STALLED_SECONDS = 30.0
_CHUNK = 65_536


class OutputClosed(Exception):
    """The client does not take what is written: standard output is closed, or nobody has read it for a long time."""


def bounded_lines(read: Callable[[], bytes], max_bytes: int = MAX_LINE_BYTES) -> Iterator[bytes | None]:
    """Yield the lines that `read` returns in pieces, without their ends; None for one that is too long.

    `read` returns nothing at the end; a last line without an end is dropped. Empty lines are skipped.
    """
    held = bytearray()
    is_too_long = False
    while chunk := read():
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            if is_too_long or len(held) + len(piece) > max_bytes:
                yield None
            elif line := bytes(held + piece).strip():
                yield line
            held.clear()
            is_too_long = False
        is_too_long = is_too_long or len(held) + len(rest) > max_bytes
        if is_too_long:
            held.clear()
        else:
            held += rest


class StdioChannel:
    """Both directions, on the descriptors `source` and `target`; made in the event loop, whose thread calls methods."""

    def __init__(self, source: int, target: int, *, stalled_seconds: float = STALLED_SECONDS) -> None:
        self._source = source
        self._target = target
        self._stalled_seconds = stalled_seconds
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._taken = threading.Semaphore(0)
        self._waiting = 0
        self._has_room, self._is_idle = asyncio.Event(), asyncio.Event()
        self._has_room.set()
        self._is_idle.set()
        self._outbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.input_ended = asyncio.Event()
        self.output_closed = asyncio.Event()
        for work in (self._read, self._write):
            threading.Thread(target=work, name=f"stdio{work.__name__}", daemon=True).start()

    async def next_line(self) -> bytes | None:
        """Return the next line, None for one that is too long; waits for ever after the last."""
        line = await self._lines.get()
        self._taken.release()
        return line

    async def write(self, message: dict[str, Any]) -> None:
        """Queue a message. Raises OutputClosed if the client does not take any."""
        try:
            async with asyncio.timeout(self._stalled_seconds):
                while self._waiting >= MAX_WAITING:
                    await self._has_room.wait()
        except TimeoutError:
            self.output_closed.set()
        if self.output_closed.is_set():
            raise OutputClosed
        self._queue(message)

    def write_if_idle(self, message: dict[str, Any]) -> None:
        """Queue a message, or leave it out if the client has not taken the ones before."""
        if self._waiting == 0 and not self.output_closed.is_set():
            self._queue(message)

    async def flush(self, seconds: float) -> None:
        """Wait until all is written, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._is_idle.wait()

    def _queue(self, message: dict[str, Any]) -> None:
        self._waiting += 1
        self._is_idle.clear()
        if self._waiting >= MAX_WAITING:
            self._has_room.clear()
        self._outbox.put(msgspec.json.encode(message) + b"\n")

    def _on_written(self) -> None:
        self._waiting -= 1
        self._has_room.set()
        if self._waiting == 0:
            self._is_idle.set()

    def _read(self) -> None:
        with suppress(OSError):  # It cannot be read.
            for line in bounded_lines(lambda: os.read(self._source, _CHUNK)):
                self._call(partial(self._lines.put_nowait, line))
                self._taken.acquire()
        self._call(self.input_ended.set)

    def _write(self) -> None:
        try:
            while True:
                data = memoryview(self._outbox.get())
                while data:
                    data = data[os.write(self._target, data) :]
                self._call(self._on_written)
        except OSError:
            self._call(self.output_closed.set)

    def _call(self, what: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # The loop has ended.
            self._loop.call_soon_threadsafe(what)
