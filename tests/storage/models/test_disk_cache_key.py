"""The key of the disk cache: one for ever, in the keyring, and none without one."""

import io
import sys
from collections.abc import Iterator

import keyring
import pytest
from keyring.backends import SecretService

from app.storage.models import token
from app.storage.models.disk_cache_key import KEY_BYTES, disk_cache_key
from app.storage.models.token import SERVICE
from tests.storage.models.test_token import MemoryKeyring


@pytest.fixture
def memory() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_the_key_is_made_once(memory: MemoryKeyring) -> None:
    key = disk_cache_key()
    assert len(key) == KEY_BYTES
    assert disk_cache_key() == key
    assert list(memory.kept) == [(SERVICE, "disk cache")]


def test_there_is_none_without_a_keyring_or_with_a_locked_one(memory: MemoryKeyring) -> None:
    memory.is_locked = True
    assert disk_cache_key() == b""
    memory.is_locked = False
    assert len(disk_cache_key()) == KEY_BYTES


def test_a_damaged_entry_is_replaced(memory: MemoryKeyring) -> None:
    memory.kept[SERVICE, "disk cache"] = "not a key"
    key = disk_cache_key()
    assert len(key) == KEY_BYTES
    assert disk_cache_key() == key


@pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is of Linux desktops")
def test_a_desktop_without_its_secret_service_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    before = keyring.get_keyring()
    keyring.set_keyring(SecretService.Keyring())  # type: ignore[no-untyped-call]
    try:
        assert disk_cache_key() == b""
    finally:
        keyring.set_keyring(before)


class Collection:
    """The only collection of a Secret Service, which is locked or not."""

    def __init__(self, *, is_locked: bool) -> None:
        self._is_locked = is_locked

    def is_locked(self) -> bool:
        return self._is_locked


@pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is of Linux desktops")
@pytest.mark.parametrize("is_locked", [True, False])
def test_a_locked_secret_service_is_not_unlocked(
    memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, *, is_locked: bool
) -> None:
    import secretstorage  # noqa: PLC0415 - of Linux alone

    monkeypatch.setattr(token, "uses_secret_service", lambda: True)
    monkeypatch.setattr(secretstorage, "dbus_init", io.BytesIO)  # It has to be closed.
    monkeypatch.setattr(secretstorage.collection, "get_collection_by_alias", lambda *_: Collection(is_locked=is_locked))
    assert bool(disk_cache_key()) is not is_locked
    assert bool(memory.kept) is not is_locked
