"""Waits for files that arrive in the folders of a watched batch."""

import time
from collections.abc import Sequence
from pathlib import Path

from app.domain.batch.batch import InputFile
from app.storage.batch.batch_input import POLL_SECONDS, find_input_files


def wait_for_change(given: Sequence[str], out: Path, before: Sequence[InputFile]) -> None:
    """Wait until the settled files of `given` are others than `before`. Raises BatchError, and KeyboardInterrupt."""
    while list(find_input_files(given, out, only_settled=True).sources) == list(before):
        time.sleep(POLL_SECONDS)
