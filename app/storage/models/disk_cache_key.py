"""The key of the disk cache, in the system's keyring and in no file of ours."""

import base64
import binascii
import secrets
import sys

KEY_BYTES = 32
_NAME = "disk cache"


def disk_cache_key() -> bytes:
    """Return the key, making one the first time; nothing if the system has no keyring, or it is locked.

    It may block on the keyring. The user is not asked to unlock it for the sake of a cache, where that can be avoided.
    """
    # The libraries take a tenth of a second to import, and only this thread needs them.
    from app.storage.models.token import KEYRING_FAILURES, read_secret, write_secret  # noqa: PLC0415

    try:
        if _is_locked():
            return b""
        key = _decoded(read_secret(_NAME))
        if not key:
            key = secrets.token_bytes(KEY_BYTES)
            write_secret(_NAME, base64.b64encode(key).decode())
            key = _decoded(read_secret(_NAME))  # There are keyrings that keep nothing.
    except KEYRING_FAILURES:
        return b""
    return key


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return key if len(key) == KEY_BYTES else b""


def _is_locked() -> bool:
    """Return whether the keyring of a Linux desktop is locked, or does not exist yet."""
    from app.storage.models.token import uses_secret_service  # noqa: PLC0415

    if sys.platform != "linux" or not uses_secret_service():
        return False
    import secretstorage  # noqa: PLC0415

    try:
        connection = secretstorage.dbus_init()
    except secretstorage.SecretServiceNotAvailableException:
        return True
    try:
        return bool(secretstorage.collection.get_collection_by_alias(connection, "default").is_locked())
    except secretstorage.SecretStorageException:
        return True
    finally:
        connection.close()
