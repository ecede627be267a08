"""Files that appear whole or not at all, whatever ends the process that writes them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.storage.files.atomic import write_whole

IS_KILLED = """
import os, signal, sys
from pathlib import Path
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
