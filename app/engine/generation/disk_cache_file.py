"""A file of the disk cache: a header and frames of bytes, each encrypted and authenticated.

    magic (16 bytes), key id (8), file id (16), length of the header (4, little-endian), header, frames

The header is a MessagePack map. It and the frames are AES-256-GCM ciphertexts (NIST SP 800-38D) under a key of the file
alone, BLAKE2b of its random id keyed with the cache's key, so that their numbers can be the nonces. Without a key in a
keyring, a public one takes its place: the tags then only show damage.
"""

import hashlib
import io
import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.engine.runtimes.port import Bytes
from app.partial_files import writing
from app.paths import PRIVATE_FILE
from app.regular_files import open_regular

PUBLIC_KEY = bytes(32)
"""Takes the place of a key where there is no keyring."""
TAG_BYTES = 16
_MAGIC = b"LORGNETTE CACHE1"
_ID_BYTES, _KEY_ID_BYTES = 16, 8
_LENGTH = struct.Struct("<I")
_PREAMBLE = len(_MAGIC) + _KEY_ID_BYTES + _ID_BYTES + _LENGTH.size
_MAX_HEADER_BYTES = 16 * 1024**2


class UnusableFileError(Exception):
    """The file is damaged, incomplete, of another version, or none of the cache's."""


class OtherKeyError(UnusableFileError):
    """The file was encrypted with another key."""


class FileHeader(msgspec.Struct, frozen=True):
    """What a file holds: its frames have `sizes` bytes. `model` is the fingerprint of what computed them.

    Of a conversation: `prefix_keys`, int64 in bytes, of all tokens up to the last one in the file; its frames have
    those from `start` on, FRAME_TOKENS each. Of an image, in one frame: its digest, pixel budget and `visual_tokens`.
    """

    model: str
    sizes: tuple[int, ...]
    prefix_keys: bytes = b""
    start: int = 0
    digest: str = ""
    pixel_budget: int = 0
    visual_tokens: int = 0


def write_file(target: Path, key: bytes, header: FileHeader, frames: Iterable[Bytes]) -> None:
    """Write a file that is whole and on disk when this returns, and absent if it does not.

    Raises OSError, and ValueError if the frames are not those of the header.
    """
    file_id = secrets.token_bytes(_ID_BYTES)
    cipher = _cipher(key, file_id)
    sealed = cipher.encrypt(_nonce(0), msgspec.msgpack.encode(header), None)
    with writing(target) as file:
        if os.chmod in os.supports_fd:
            os.chmod(file.fileno(), PRIVATE_FILE)  # noqa: PTH101 - it has no name yet
        file.write(_MAGIC + _key_id(key) + file_id + _LENGTH.pack(len(sealed)) + sealed)
        for number, (size, frame) in enumerate(zip(header.sizes, frames, strict=True), 1):
            if frame.size != size:
                raise ValueError("a frame of another size")
            file.write(cipher.encrypt(_nonce(number), frame.data, None))
        file.flush()
        os.fsync(file.fileno())


def file_bytes(header: FileHeader) -> int:
    """Return the size of a file with this header, in bytes."""
    sealed = len(msgspec.msgpack.encode(header)) + TAG_BYTES
    return _PREAMBLE + sealed + sum(header.sizes) + TAG_BYTES * len(header.sizes)


def read_header(path: Path, key: bytes) -> FileHeader:
    """Return a file's header. Raises OSError, UnusableFileError, OtherKeyError."""
    with _opened(path, key) as (_, _, header):
        return header


def read_frames(path: Path, key: bytes, first: int = 0) -> Iterator[Bytes]:
    """Yield a file's frames from number `first` on, each of which is valid until the next one.

    Raises OSError, UnusableFileError, OtherKeyError.
    """
    with _opened(path, key) as (file, cipher, header):
        reader = cast(io.BufferedReader, file)
        reader.seek(sum(header.sizes[:first]) + TAG_BYTES * first, os.SEEK_CUR)
        # New memory for each frame would take longer than its decryption.
        sealed, plain = (np.empty(max(header.sizes, default=0) + TAG_BYTES, np.uint8) for _ in range(2))
        for number, size in enumerate(header.sizes[first:], first + 1):
            if reader.readinto(sealed[: size + TAG_BYTES].data) != size + TAG_BYTES:
                raise UnusableFileError
            try:
                cipher.decrypt_into(_nonce(number), sealed[: size + TAG_BYTES].data, None, plain[:size].data)
            except InvalidTag as error:
                raise UnusableFileError from error
            yield plain[:size]


@contextmanager
def _opened(path: Path, key: bytes) -> Iterator[tuple[BinaryIO, AESGCM, FileHeader]]:
    """Yield a file at its first frame."""
    with open_regular(path) as file:
        preamble = file.read(_PREAMBLE)
        if len(preamble) < _PREAMBLE or not preamble.startswith(_MAGIC):
            raise UnusableFileError
        key_id, file_id = preamble[16 : 16 + _KEY_ID_BYTES], preamble[16 + _KEY_ID_BYTES : -_LENGTH.size]
        if key_id != _key_id(key):
            raise OtherKeyError
        (length,) = _LENGTH.unpack(preamble[-_LENGTH.size :])
        if length > _MAX_HEADER_BYTES:
            raise UnusableFileError
        cipher = _cipher(key, file_id)
        try:
            header = msgspec.msgpack.decode(_unsealed(cipher, 0, file.read(length)), type=FileHeader)
        except msgspec.DecodeError as error:
            raise UnusableFileError from error
        if os.fstat(file.fileno()).st_size != file_bytes(header):
            raise UnusableFileError
        yield file, cipher, header


def _unsealed(cipher: AESGCM, number: int, sealed: bytes) -> bytes:
    try:
        return cipher.decrypt(_nonce(number), sealed, None)
    except (InvalidTag, ValueError) as error:  # ValueError: shorter than a tag.
        raise UnusableFileError from error


def _cipher(key: bytes, file_id: bytes) -> AESGCM:
    return AESGCM(hashlib.blake2b(file_id, key=key, digest_size=32).digest())


def _key_id(key: bytes) -> bytes:
    return hashlib.blake2b(b"key id", key=key, digest_size=_KEY_ID_BYTES).digest()


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "little")
