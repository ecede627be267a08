"""The key of the disk cache: one for ever, in the keyring, and none without one."""

from collections.abc import Iterator

import keyring
import pytest

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
