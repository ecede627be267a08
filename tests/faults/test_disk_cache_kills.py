"""Processes that write the disk cache are killed at any moment: its files are whole, or absent."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from app.disk_cache_files import DiskCacheFolder
from app.engine.generation.disk_cache_file import read_frames, read_header

KEY = bytes(range(32))
WRITER = """
import sys
from pathlib import Path
import numpy as np
from app.disk_cache_files import DiskCacheFolder
from app.engine.generation.disk_cache_file import FileHeader, file_bytes, write_file

folder, number = DiskCacheFolder(Path(sys.argv[1])), 0
while True:
    frames = [np.full(500_000, value, np.uint8) for value in range(8)]
    header = FileHeader("model", tuple(frame.size for frame in frames))
    folder.trim(int(sys.argv[3]) - file_bytes(header))
    write_file(folder.of_chat(sys.argv[2]) / f"{number}.kept", bytes(range(32)), header, frames)
    number += 1
    print(flush=True)
"""
MAX_BYTES = 24_000_000


def test_files_are_whole_or_absent_after_kills(tmp_path: Path, rng: Random, tries: Callable[[int, int], int]) -> None:
    folder = DiskCacheFolder(tmp_path / "cache")
    for chat in ("a1", "b2"):
        folder.permit(chat)
    for _ in range(tries(6, 300)):
        # Two at once, as of two applications.
        arguments = [sys.executable, "-c", WRITER, str(folder.folder)]
        writers = [
            subprocess.Popen([*arguments, chat, str(MAX_BYTES)], stdout=subprocess.PIPE) for chat in ("a1", "b2")
        ]
        for writer in writers:
            assert writer.stdout
            writer.stdout.readline()
        time.sleep(rng.uniform(0, 0.2))
        for writer in writers:
            writer.kill()
            writer.communicate()
        whole = [path for path in folder.folder.rglob("*") if path.is_file()]
        assert whole
        for path in whole:
            assert path.suffix == ".kept"
            assert len(read_header(path, KEY).sizes) == 8
            assert [int(frame.max()) for frame in read_frames(path, KEY)] == list(range(8))
        assert folder.used_bytes() <= MAX_BYTES + 5_000_000  # What the other one wrote meanwhile.
