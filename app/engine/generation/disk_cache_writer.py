"""Writes the disk cache in the background, at the lowest priority.

One thread copies a few tokens at a time out of the KV cache, which takes a few milliseconds of a question that comes
meanwhile, and another one encrypts and writes them. The second one alone has a low priority: a thread that waits for
the processor must not hold the cache's lock. No more than three frames are in memory.
"""

import ctypes
import logging
import os
import platform
import queue
import shutil
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.domain.redacting_log import kind_of
from app.engine.generation.disk_cache import FRAME_TOKENS, MIN_TOKENS, DiskCache
from app.engine.generation.disk_cache_file import FileHeader, file_bytes, write_file
from app.engine.runtimes.port import Bytes, IntArray, VisionFeatures

SPARE_BYTES = 1024**3
"""Bytes of the disk that are left free."""
MAX_PENDING = 8
"""Maximum number of chats that wait to be written; the longest waiting one is dropped."""
_IDLE_CLASS, _CLASS_SHIFT, _WHO_PROCESS = 3, 13, 1
"""Of ioprio_set(2)."""
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
_log = logging.getLogger(__name__)

ReadTokens = Callable[[int, int], Bytes]
"""Returns keys and values of the tokens from one number up to another. Raises TokensGoneError."""


class TokensGoneError(Exception):
    """The tokens are not in the KV cache any more."""


@dataclass(frozen=True, slots=True)
class KeptChat:
    """What is to be kept for `chat`: a conversation with `prefix_keys`, and features by digest and pixel budget."""

    chat: str
    cache: DiskCache
    prefix_keys: IntArray
    read: ReadTokens
    features: Sequence[tuple[tuple[str, int], VisionFeatures]]


class DiskCacheWriter:
    """Writes one chat after another; `keep` returns at once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pending: OrderedDict[str, KeptChat] = OrderedDict()
        self._is_running = False
        self._thread: threading.Thread | None = None

    def keep(self, kept: KeptChat) -> None:
        """Write what no file has yet; what waits for the same chat is replaced."""
        with self._changed:
            self._pending[kept.chat] = kept
            self._pending.move_to_end(kept.chat)
            while len(self._pending) > MAX_PENDING:
                self._pending.popitem(last=False)
            if not self._is_running:
                self._is_running = True
                self._thread = threading.Thread(target=self._run, name="disk cache", daemon=True)
                self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to be written; return whether that is so."""
        with self._changed:
            is_done = self._changed.wait_for(lambda: not self._is_running, seconds)
        if is_done and self._thread:
            self._thread.join()
        return is_done

    def _run(self) -> None:
        while kept := self._next():
            try:
                _keep(kept)
            except TokensGoneError:
                pass
            except Exception as error:  # noqa: BLE001 - a full disk, a deleted chat, a bug: it is not kept, that is all
                _log.warning("a chat is not kept on disk: %s", kind_of(error))

    def _next(self) -> KeptChat | None:
        with self._changed:
            if self._pending:
                return self._pending.popitem(last=False)[1]
            self._is_running = False
            self._changed.notify_all()
            return None


def _keep(kept: KeptChat) -> None:
    cache = kept.cache
    if not cache.folder.of_chat(kept.chat).is_dir():
        return  # The chat was deleted.
    for (digest, pixel_budget), features in kept.features:
        if not cache.has_features(digest, pixel_budget):
            data = features.to_bytes()
            header = FileHeader(
                cache.model, (data.size,), digest=digest, pixel_budget=pixel_budget,
                visual_tokens=features.visual_tokens,
            )  # fmt: skip
            _store(kept, header, iter((data,)))
    start, end = cache.covered(kept.prefix_keys), len(kept.prefix_keys)
    if end - start < MIN_TOKENS:
        return
    token_bytes = kept.read(start, start + 1).size
    end = min(end, start + (cache.max_bytes - end * 8) // (token_bytes + 1) - MIN_TOKENS)
    if end - start < MIN_TOKENS:
        return  # The budget is too small.
    spans = [(begin, min(begin + FRAME_TOKENS, end)) for begin in range(start, end, FRAME_TOKENS)]
    sizes = tuple((last - first) * token_bytes for first, last in spans)
    header = FileHeader(cache.model, sizes, prefix_keys=kept.prefix_keys[:end].tobytes(), start=start)
    _store(kept, header, (kept.read(first, last) for first, last in spans))


def _store(kept: KeptChat, header: FileHeader, frames: Iterator[Bytes]) -> None:
    """Copy frames on this thread while the other one writes them."""
    cache, size = kept.cache, file_bytes(header)
    if size > cache.max_bytes or shutil.disk_usage(cache.folder.folder).free < size + SPARE_BYTES:
        return
    cache.folder.trim(cache.max_bytes - size)
    copied: queue.Queue[Bytes | None] = queue.Queue(1)
    errors: list[Exception] = []

    def write() -> None:
        _lower_priority()
        received = _received(copied)
        try:
            write_file(cache.new_file(kept.chat), cache.key, header, received)
        except Exception as error:  # noqa: BLE001 - raised on the thread that waits for it
            errors.append(error)
            for _ in received:  # The other thread must not wait for a place in the queue.
                pass

    thread = threading.Thread(target=write, name="disk cache file", daemon=True)
    thread.start()
    try:
        for frame in frames:
            if errors:
                break
            copied.put(frame)
    finally:
        copied.put(None)
        thread.join()
    if errors:
        raise errors[0]


def _received(copied: "queue.Queue[Bytes | None]") -> Iterator[Bytes]:
    while (frame := copied.get()) is not None:
        yield frame


def _lower_priority() -> None:
    """Let this thread have the processor and the disk only while nobody else wants them, where Linux can do that."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
    number = _IOPRIO_SET.get(platform.machine())
    if number is not None:
        ctypes.CDLL(None).syscall(number, _WHO_PROCESS, 0, _IDLE_CLASS << _CLASS_SHIFT)
