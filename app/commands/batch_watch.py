"""Waits for files that arrive in the folders of a watched batch."""

import time
from collections.abc import Sequence
from pathlib import Path

from app.domain.batch.batch import InputFile
from app.storage.batch.batch_input import find_input_files

POLL_SECONDS = 2.0
"""Interval in seconds at which the folders are looked at; no notification of a system works on every network share."""


def wait_for_change(given: Sequence[str], out: Path, before: Sequence[InputFile]) -> None:
    """Wait until the settled files of `given` are others than `before`. Raises BatchError, and KeyboardInterrupt."""
    while list(find_input_files(given, out, only_settled=True).sources) == list(before):
        time.sleep(POLL_SECONDS)
