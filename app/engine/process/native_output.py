"""Keeps what native libraries write to standard error apart from Python's own: log records, errors, crash reports.

libtiff, libjpeg, OpenCV and FFmpeg report on damaged files there, in words that say nothing to a user and may quote
the file, as often as they like.
"""

import contextlib
import faulthandler
import os
import sys


def discard_native_output() -> None:
    """Discard what is written to descriptor 2 from now on; `sys.stderr` and crash reports get a copy of it.

    To be called before a log handler takes `sys.stderr`. The copy is not inherited by programs that are started.
    """
    if sys.stderr is None:  # A program without a console on Windows.
        return
    with contextlib.suppress(OSError):  # Descriptor 2 is closed.
        sys.stderr.flush()
        own = os.dup(2)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        stream = os.fdopen(own, "w", buffering=1, encoding=sys.stderr.encoding, errors=sys.stderr.errors)
        sys.stderr = stream
        sys.__stderr__ = stream  # type: ignore[misc]  # Final for the stub; crash reports of threads go there.
        faulthandler.enable(stream)
