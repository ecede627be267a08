"""What a kill has left half done is gone behind the next start, and nothing else is."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from app.paths import Paths
from app.storage.files.leftovers import remove_leftovers

HALF = f"{'ab' * 16}.part"


def test_half_written_files_and_pasted_data_go_and_all_else_stays(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    gone = (
        tmp_path / f"settings.json.{HALF}",
        paths.attachments / "ab" / f"{'ab' * 32}.{HALF}",
        paths.models / "incoming" / f"Maker--Tiny.json.{HALF}",
        paths.incoming / "one" / "pasted.png",
    )
    stays = (
        tmp_path / "settings.json",
        tmp_path / "lorgnette.backup-2026-01-01.sqlite.part",
        paths.attachments / "ab" / ("ab" * 32),
        paths.models / "incoming" / f"{'ab' * 32}.part",
        paths.incoming / "two" / "pasted.png",
        paths.incoming / "three" / "interrupted.png",
    )
    for path in (*gone, *stays):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"...")
    start = time.time()
    for path in (*gone, paths.incoming / "one"):
        os.utime(path, (start - 60, start - 60))
    os.utime(paths.incoming / "two", (start + 1, start + 1))
    interrupted = stays[-1]
    for path in (interrupted, interrupted.parent):
        os.utime(path, (start - 60, start - 60))
    remove_leftovers(paths, start, {interrupted})
    assert interrupted.stat().st_mtime >= start
    assert [path for path in gone if path.exists()] == []
    assert [path for path in stays if not path.exists()] == []


def test_there_may_be_nothing_at_all(tmp_path: Path) -> None:
    remove_leftovers(Paths.under(tmp_path / "data"), time.time())


def test_a_folder_that_is_gone_meanwhile_keeps_none_of_the_others(
    tmp_path: Path, vanish: Callable[[Path, str], None]
) -> None:
    paths = Paths.under(tmp_path)
    for name in ("one", "two", "three"):
        (paths.incoming / name).mkdir(parents=True)
    vanish(paths.incoming / "one", "stat")
    vanish(paths.incoming / "three", "stat")
    remove_leftovers(paths, time.time() + 60)
    assert list(paths.incoming.iterdir()) == []
