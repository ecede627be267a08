"""Files that appear whole or not at all, whatever ends the process that writes them."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.partial_files import writing
from app.storage.files.atomic import write_whole

IS_KILLED = """
import os, signal, sys
from pathlib import Path
from app.partial_files import writing
from app.storage.files.atomic import write_whole
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
write_whole(Path(sys.argv[1]), b"new" * 1000)
"""


def test_a_kill_while_a_file_is_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "chat.html"
    write_whole(target, b"old")
    done = subprocess.run([sys.executable, "-c", IS_KILLED, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


IS_KILLED_AT_ITS_END = """
import os, pathlib, signal, sys
from pathlib import Path
from app.partial_files import writing
from app.storage.files.atomic import write_whole
pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write_whole(Path(sys.argv[1]), b"new")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")
def test_a_new_file_is_never_there_under_another_name(tmp_path: Path) -> None:
    """Between two steps of putting it in place, a kill would leave a hidden file in the user's own folder."""
    target = tmp_path / "chat.html"
    subprocess.run([sys.executable, "-c", IS_KILLED_AT_ITS_END, str(target)], check=False)
    assert [path.name for path in tmp_path.iterdir()] == ["chat.html"]
    assert target.read_bytes() == b"new"


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")
def test_a_file_that_is_being_written_has_no_name(tmp_path: Path) -> None:
    target = tmp_path / "scan.pdf"
    with writing(target) as file:
        file.write(b"half")
        file.flush()
        assert list(tmp_path.iterdir()) == []
        file.write(b" and half")
    assert target.read_bytes() == b"half and half"


def test_where_a_file_cannot_get_a_name_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    write_whole(tmp_path / "new", b"content" * 100_000)
    write_whole(tmp_path / "new", b"replaced")
    assert (tmp_path / "new").read_bytes() == b"replaced"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "private.html"
    write_whole(target, b"old")
    target.chmod(0o600)
    write_whole(target, b"new")
    assert target.stat().st_mode & 0o777 == (0o600 if os.name == "posix" else 0o666)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "chat.html"
    write_whole(target, b"old")
    with pytest.raises(TypeError), writing(target) as file:
        file.writelines([b"new", None])  # type: ignore[list-item]
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_where_files_need_names_they_are_written_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o077)
    try:
        for name in ("unnamed", "named"):
            write_whole(tmp_path / name, b"content")
            monkeypatch.setattr(sys, "platform", "other")
    finally:
        os.umask(before)
    for name in ("unnamed", "named"):
        assert (tmp_path / name).read_bytes() == b"content"
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["named", "unnamed"]
