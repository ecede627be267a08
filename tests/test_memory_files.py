"""Files without a place on any disk."""

from pathlib import Path

import pytest

from app import memory_files
from app.regular_files import open_regular, read_regular

pytestmark = pytest.mark.skipif(not memory_files.ARE_SUPPORTED, reason="no files in memory")


def test_it_is_opened_like_any_other_file_as_long_as_it_exists() -> None:
    path = memory_files.make("photo.png")
    assert path.name == "photo.png"
    assert memory_files.is_here(path)
    assert not path.exists()
    with memory_files.open_file(path) as file:
        file.write(b"content")
    assert read_regular(path, 100) == b"content"
    memory_files.remove(path)
    memory_files.remove(path)
    with pytest.raises(FileNotFoundError):
        open_regular(path)
    assert memory_files.is_here(path)


def test_two_of_the_same_name_are_two() -> None:
    first, second = memory_files.make("photo.png"), memory_files.make("photo.png")
    with memory_files.open_file(first) as file:
        file.write(b"first")
    assert read_regular(second, 100) == b""
    for path in (first, second):
        memory_files.remove(path)


def test_whoever_has_it_open_finds_it_empty_once_it_is_removed() -> None:
    path = memory_files.make("photo.png")
    with memory_files.open_file(path) as file:
        file.write(b"content")
    with open_regular(path) as opened:
        memory_files.remove(path)
        assert opened.read() == b""


def test_files_elsewhere_are_not_in_memory(tmp_path: Path) -> None:
    assert not memory_files.is_here(tmp_path / "photo.png")
    assert not memory_files.is_here(Path("photo.png"))
