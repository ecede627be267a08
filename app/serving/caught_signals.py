"""Signals that end a command with an event loop."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def caught_signals() -> Iterator["asyncio.Future[signal.Signals]"]:
    """Yield what is done with the first Ctrl+C or SIGTERM within the block; only in the main thread."""
    loop = asyncio.get_running_loop()
    ending: asyncio.Future[signal.Signals] = loop.create_future()

    def end(number: int, _frame: FrameType | None = None) -> None:
        loop.call_soon_threadsafe(_set, signal.Signals(number))

    def _set(number: signal.Signals) -> None:
        if not ending.done():
            ending.set_result(number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    if sys.platform == "win32":
        before = {number: signal.signal(number, end) for number in numbers}
    else:
        for number in numbers:
            loop.add_signal_handler(number, end, number)
    try:
        yield ending
    finally:
        for number in numbers:
            if sys.platform == "win32":
                signal.signal(number, before[number])
            else:
                loop.remove_signal_handler(number)
