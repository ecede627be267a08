"""The disk cache: what was computed for chats, in files that outlive the process.

A conversation's keys and values are in files of consecutive tokens: each answer adds one with the tokens that no file
has yet. A prompt continues from the longest beginning that the files have together, whichever chat they were kept for.
The files of a model are usable for the same weights, runtime, precision and version of Lorgnette only.
"""

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app import __version__
from app.disk_cache_files import SUFFIX, DiskCacheFolder
from app.domain.ports import CancelCheck
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.generation.disk_cache_file import (
    PUBLIC_KEY,
    FileHeader,
    OtherKeyError,
    UnusableFileError,
    read_frames,
    read_header,
)
from app.engine.process.messages import UseDiskCache
from app.engine.runtimes.port import Bytes, DecoderRuntime, DecoderSequence, IntArray

FRAME_TOKENS = 32
"""Number of tokens in a frame, the last one of a file excepted: a few megabytes, read and written as one."""
MIN_TOKENS = 16
"""Minimum number of tokens that are worth a file, or reading one."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file with its header, and the prefix keys in it."""

    path: Path
    header: FileHeader
    prefix_keys: IntArray


@dataclass(frozen=True, slots=True)
class _Link:
    """An entry of a chain that has a prompt's tokens up to `end`."""

    entry: _Entry
    end: int


class DiskCache:
    """The files of one model, in the folder and with the key that `settings` name."""

    def __init__(self, settings: UseDiskCache, model: str) -> None:
        self.folder = DiskCacheFolder(Path(settings.folder))
        self.max_bytes = settings.max_bytes
        self.key = settings.key or PUBLIC_KEY
        self.model = model
        self._entries: dict[Path, _Entry] = {}

    def new_file(self, chat: str) -> Path:
        """Return the path of a new file for a chat. Raises ValueError for a name that is no id."""
        return self.folder.of_chat(chat) / f"{self.model[:16]}-{os.urandom(8).hex()}{SUFFIX}"

    def restore(self, sequence: DecoderSequence, prefix_keys: IntArray, check: CancelCheck) -> None:
        """Extend `sequence`, which has the first of these tokens, by those that follow in files.

        A file that cannot be used is removed, and so is what it alone has. Propagates what `check` raises; the sequence
        has tokens of `prefix_keys` only in any case. Raises MemoryError.
        """
        chain = self._chain(prefix_keys, sequence.length)
        if chain:
            sequence.reserve(chain[-1].end)
        for link in chain:
            try:
                for start, end, data in _frames(link.entry, self.key, sequence.length):
                    check()
                    if start >= link.end:
                        break
                    sequence.restore(start, end, data)
            except (OSError, UnusableFileError, ValueError):
                self._discard(link.entry.path)
                break
            finally:
                sequence.truncate(min(sequence.length, link.end))

    def covered(self, prefix_keys: IntArray, length: int = 0) -> int:
        """Return how many of these tokens a sequence of the first `length` would have after `restore`."""
        chain = self._chain(prefix_keys, length)
        return chain[-1].end if chain else length

    def has_features(self, digest: str, pixel_budget: int) -> bool:
        """Return whether the vision features of an image are in a file."""
        return self._features_entry(digest, pixel_budget) is not None

    def features(self, digest: str, pixel_budget: int) -> tuple[Bytes, int] | None:
        """Return the vision features of an image as bytes, and its number of visual tokens; None if there are none."""
        entry = self._features_entry(digest, pixel_budget)
        if entry is None:
            return None
        try:
            (data,) = read_frames(entry.path, self.key)
        except (OSError, UnusableFileError, ValueError):
            self._discard(entry.path)
            return None
        _touch(entry.path)
        return data, entry.header.visual_tokens

    def _features_entry(self, digest: str, pixel_budget: int) -> _Entry | None:
        of_image = (digest, pixel_budget)
        return next((e for e in self._found() if (e.header.digest, e.header.pixel_budget) == of_image), None)

    def _chain(self, prefix_keys: IntArray, length: int) -> Sequence[_Link]:
        """Return the files, in order, by which a sequence of the first `length` tokens gets longest.

        None if that is not worth it.
        """
        common = [(entry, common_prefix_length(entry.prefix_keys, prefix_keys)) for entry in self._found()]
        links: list[_Link] = []
        end = length
        while usable := [(shared, entry) for entry, shared in common if shared > end and entry.header.start <= end]:
            end, entry = max(usable, key=lambda pair: pair[0])
            links.append(_Link(entry, end))
        if end - length < MIN_TOKENS:
            return ()
        for link in reversed(links):  # The first one is needed by the others, so it is the last to be removed.
            _touch(link.entry.path)
        return links

    def _found(self) -> Sequence[_Entry]:
        """Return the entries of all files of this model that are there now."""
        paths = self.folder.folder.glob(f"*/{self.model[:16]}-*{SUFFIX}")
        entries = (self._entries.get(path) or self._opened(path) for path in paths)
        self._entries = {entry.path: entry for entry in entries if entry}
        return tuple(self._entries.values())

    def _opened(self, path: Path) -> _Entry | None:
        try:
            header = read_header(path, self.key)
            keys = np.frombuffer(header.prefix_keys, np.int64)
        except OtherKeyError:
            if self.key != PUBLIC_KEY:  # The keyring may only be locked now, and give the key the next time.
                self._discard(path)
            return None
        except OSError:
            return None
        except (UnusableFileError, ValueError):
            self._discard(path)
            return None
        return _Entry(path, header, keys) if header.model == self.model else None

    def _discard(self, path: Path) -> None:
        _log.warning("a file of the disk cache cannot be used and is removed")
        with suppress(OSError):
            path.unlink(missing_ok=True)


def model_fingerprint(checkpoint: Checkpoint, runtime: DecoderRuntime) -> str:
    """Return a fingerprint of everything that a KV cache depends on, besides its tokens and images.

    Empty if the runtime's cache cannot be read.
    """
    if not runtime.cache_format:
        return ""
    parts = (__version__, checkpoint.tensors.digest, checkpoint.config, checkpoint.preprocessor, runtime.cache_format)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def common_prefix_length(one: IntArray, other: IntArray) -> int:
    """Return how many keys two arrays have in common from the beginning on."""
    length = min(len(one), len(other))
    different = np.flatnonzero(one[:length] != other[:length])
    return int(different[0]) if len(different) else length


def _frames(entry: _Entry, key: bytes, length: int) -> Iterator[tuple[int, int, Bytes]]:
    """Yield first token, last token + 1 and data of the frames that continue a sequence of `length` tokens."""
    start, end = entry.header.start, len(entry.prefix_keys)
    first = (length - start) // FRAME_TOKENS
    for number, data in enumerate(read_frames(entry.path, key, first), first):
        begin = start + number * FRAME_TOKENS
        yield begin, min(begin + FRAME_TOKENS, end), data


def _touch(path: Path) -> None:
    with suppress(OSError):
        os.utime(path)
