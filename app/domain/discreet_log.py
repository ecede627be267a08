"""What a log may hold: what happened and where in the code, and nothing that a user wrote, read, named or keeps secret.

The text of an exception often names a file or quotes what could not be read, so only its kind is kept, with the places
in the code that it came through. What a library says may hold anything; that it said something is kept.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

_OWN = "app"
_KEPT_PARTS = 3
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class DiscreetFormatter(logging.Formatter):
    """Formats records of our own, their exceptions without words; of others only the name of who spoke."""

    def format(self, record: logging.LogRecord) -> str:
        """One record, with the places that its exception came through."""
        if record.name.partition(".")[0] in (_OWN, "__main__"):
            return super().format(record)
        kept = logging.makeLogRecord({**record.__dict__, "msg": "(a library's words are left out)", "args": ()})
        kept.exc_text = None
        return super().format(kept)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's name
        """The chain of exceptions, the first cause first."""
        error, parts = ei[1], list[str]()
        while error is not None:
            places = traceback.extract_tb(error.__traceback__)
            lines = [f"  {_shortened(place.filename)}:{place.lineno} in {place.name}" for place in places]
            parts.append("\n".join([*lines, kind_of(error)]))
            error = error.__cause__ or error.__context__
        return "\ncaused\n".join(reversed(parts))


def _shortened(file: str) -> str:
    """Without the folders that Lorgnette is installed in, which are often named after the user."""
    return "/".join(Path(file).parts[-_KEPT_PARTS:])


def kind_of(error: BaseException) -> str:
    """An exception in a word, with the system's own number for it where there is one."""
    number = f" {error.errno}" if isinstance(error, OSError) and error.errno else ""
    return f"{type(error).__module__}.{type(error).__qualname__}{number}"


def log_uncaught(logger: logging.Logger, show: Callable[[BaseException], None] | None = None) -> None:
    """Have what nobody catches, in any thread, logged: Python would write it to the terminal with all its words.

    `show` gets what was raised on the main thread, once it is in the log.
    """

    def log(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logger.error("uncaught", exc_info=(kind, error, trace))

    def log_of_main_thread(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log(kind, error, trace)
        if show:
            show(error)

    def log_of_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            log(told.exc_type, told.exc_value, told.exc_traceback)

    sys.excepthook = log_of_main_thread
    threading.excepthook = log_of_thread
