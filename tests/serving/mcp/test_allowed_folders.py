"""Which paths a client may have read, and which are refused."""

import os
import socket
import sys
from pathlib import Path

import pytest

from app.domain.errors import StorageError
from app.serving.mcp.allowed_folders import AllowedFolders, PathRefused

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has none, or lets only administrators make them")


@pytest.fixture(params=[True, False], ids=["below a descriptor", "by name"])
def opens_below(request: pytest.FixtureRequest) -> bool:
    if request.param and os.open not in os.supports_dir_fd:
        pytest.skip("this system opens no file below a descriptor")
    return bool(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "allowed"
    (made / "inner").mkdir(parents=True)
    (made / "inner" / "a.png").write_bytes(b"pixels")
    (tmp_path / "secret.png").write_bytes(b"secret")
    return made


def refusal(folders: AllowedFolders, path: object) -> str:
    with pytest.raises(PathRefused) as refused:
        folders.read(str(path), 100)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")
    return str(refused.value)


def test_files_in_the_folder_are_read(folder: Path, opens_below: bool) -> None:
    folders = AllowedFolders([folder], opens_below=opens_below)
    assert folders.read(str(folder / "inner" / "a.png"), 100) == ("a.png", b"pixels")
    assert folders.read(f"{folder}//inner/./a.png", 100) == ("a.png", b"pixels")
    folders.close()


def test_without_folders_nothing_is_allowed(folder: Path) -> None:
    assert "was started without --folder" in refusal(AllowedFolders([]), folder / "inner" / "a.png")


def test_ways_out_are_refused(folder: Path, opens_below: bool, tmp_path: Path) -> None:
    folders = AllowedFolders([folder], opens_below=opens_below)
    outside = "is not in a folder that the user allowed"
    assert outside in refusal(folders, tmp_path / "secret.png")
    assert outside in refusal(folders, tmp_path / "missing.png")  # Whether it exists is not told.
    assert outside in refusal(folders, f"{folder}-other/a.png")
    assert "has “..” in it" in refusal(folders, folder / ".." / "secret.png")
    assert "is not a whole path" in refusal(folders, "inner/a.png")
    assert "is not a whole path" in refusal(folders, "file:///etc/passwd")
    assert "is not a whole path" in refusal(folders, "~/secret.png")
    for broken in ("", f"{folder}/a\0.png", f"{folder}/\n", f"{folder}/{'a' * 5000}", f"{folder}/\udc80"):
        assert "A path has 1 to 4096 characters" in refusal(folders, broken)
    folders.close()


def test_what_is_no_file_of_the_user_is_refused(
    folder: Path, opens_below: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = AllowedFolders([folder], opens_below=opens_below)
    assert "is a folder" in refusal(folders, folder)
    assert "is a folder" in refusal(folders, folder / "inner")
    assert "There is no file" in refusal(folders, folder / "missing.png")
    assert refusal(folders, folder / "inner" / "a.png" / "b.png")
    (folder / "large.png").write_bytes(bytes(101))
    assert "has more than 0 MB" in refusal(folders, folder / "large.png")
    (folder / "empty.png").write_bytes(b"")
    assert "is empty" in refusal(folders, folder / "empty.png")
    if sys.platform != "win32":
        monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
        assert "belongs to another user" in refusal(folders, folder / "inner" / "a.png")
    folders.close()


@posix
def test_links_are_not_followed(folder: Path, opens_below: bool, tmp_path: Path) -> None:
    folders = AllowedFolders([folder], opens_below=opens_below)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "within.png").symlink_to(folder / "inner" / "a.png")
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    for path in ("link.png", "within.png", "up/secret.png", "up/allowed/inner/a.png", "loop", "loop/a.png"):
        assert "is a link or leads through one" in refusal(folders, folder / path)
    folders.close()


@posix
def test_devices_pipes_and_sockets_are_not_opened(
    folder: Path, opens_below: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that nobody writes to would keep whoever opens it waiting for ever."""
    folders = AllowedFolders([folder], opens_below=opens_below)
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(folder)  # A socket's path has at most 107 bytes.
        listening.bind("socket")
        for name in ("pipe", "socket"):
            assert "is a device, a pipe or a socket" in refusal(folders, folder / name)
    folders.close()


@posix
def test_a_folder_that_is_replaced_by_a_link_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    """The folder that was allowed is held open: its path may lead elsewhere later."""
    folders = AllowedFolders([folder])
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path)
    assert "There is no file" in refusal(folders, folder / "secret.png")
    assert folders.read(str(folder / "inner" / "a.png"), 100) == ("a.png", b"pixels")
    folders.close()


@posix
def test_a_link_that_the_user_allowed_is_one_of_his_folders(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "by-link").symlink_to(folder)
    folders = AllowedFolders([tmp_path / "by-link"])
    for path in (tmp_path / "by-link" / "inner" / "a.png", folder / "inner" / "a.png"):
        assert folders.read(str(path), 100) == ("a.png", b"pixels")
    folders.close()


@pytest.mark.parametrize("name", ["missing", "file", *([] if sys.platform == "win32" else ["/", "/proc/self", "/dev"])])
def test_what_cannot_be_allowed_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="is no folder that can be allowed"):
        AllowedFolders([tmp_path / name])
