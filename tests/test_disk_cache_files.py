"""The folder of the disk cache: what is removed of it when, and that nothing else is."""

import os
from pathlib import Path

import pytest

from app.disk_cache_files import DiskCacheFolder
from app.partial_files import partial_path


@pytest.fixture
def cache(tmp_path: Path) -> DiskCacheFolder:
    return DiskCacheFolder(tmp_path / "chats")


def put(cache: DiskCacheFolder, chat: str, name: str, size: int, used: int) -> Path:
    cache.permit(chat)
    path = cache.of_chat(chat) / name
    path.write_bytes(bytes(size))
    os.utime(path, (used, used))
    return path


def test_the_least_recently_used_files_go_first(cache: DiskCacheFolder) -> None:
    old, new = put(cache, "a1", "1.kept", 100, used=1), put(cache, "b2", "2.kept", 100, used=2)
    cache.trim(200)
    assert cache.used_bytes() == 200
    cache.trim(150)
    assert (old.exists(), new.exists()) == (False, True)
    cache.trim(0)
    assert cache.used_bytes() == 0


def test_only_what_chats_have_stays(cache: DiskCacheFolder) -> None:
    kept = put(cache, "a1", "1.kept", 1, used=1)
    abandoned = partial_path(kept)
    abandoned.write_bytes(b"half of it")
    os.utime(abandoned, (1, 1))
    being_written = partial_path(kept)
    being_written.write_bytes(b"half of it")
    put(cache, "b2", "2.kept", 1, used=1)
    cache.keep_only({"a1"})
    assert sorted(path.name for path in cache.folder.rglob("*")) == sorted(["a1", kept.name, being_written.name])
    cache.clear()
    assert list(cache.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\0b", "a" * 65, "a1.deleted"])
def test_no_name_leads_out_of_the_folder(cache: DiskCacheFolder, name: str) -> None:
    for use in (cache.permit, cache.of_chat, lambda chat: cache.delete([chat])):
        with pytest.raises(ValueError, match="id of a chat"):
            use(name)


def test_a_cache_that_is_not_there_is_empty(cache: DiskCacheFolder) -> None:
    cache.clear()
    cache.trim(0)
    cache.delete(["a1"])
    assert cache.used_bytes() == 0
