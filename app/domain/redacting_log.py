"""Log formatting that records what happened and where in the code, without the user's texts, names or secrets.

The text of an exception often names a file or quotes the input that could not be read, so only its type is logged, with
its stack frames. A library's message may contain anything; only the fact that there was one is logged.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

_OWN = "app"
_SHOWN_PARTS = 3
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class RedactingFormatter(logging.Formatter):
    """Formats Lorgnette's own records, with exceptions but not their texts; of others only the logger's name."""

    def format(self, record: logging.LogRecord) -> str:
        """Format one record, with the stack frames of its exception."""
        if record.name.partition(".")[0] in (_OWN, "__main__"):
            return super().format(record)
        kept = logging.makeLogRecord({**record.__dict__, "msg": "(message of a library omitted)", "args": ()})
        kept.exc_text = None
        return super().format(kept)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's name
        """Format the chain of exceptions, root cause first."""
        error, parts = ei[1], list[str]()
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [f"  {_shortened(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
            parts.append("\n".join([*lines, kind_of(error)]))
            error = error.__cause__ or error.__context__
        return "\ncaused\n".join(reversed(parts))


def _shortened(file: str) -> str:
    """Shorten a path by the folders that Lorgnette is installed in, which are often named after the user."""
    return "/".join(Path(file).parts[-_SHOWN_PARTS:])


def kind_of(error: BaseException) -> str:
    """Return an exception's qualified type name, followed by its errno if it has one."""
    number = f" {error.errno}" if isinstance(error, OSError) and error.errno else ""
    return f"{type(error).__module__}.{type(error).__qualname__}{number}"


def log_uncaught(logger: logging.Logger, show: Callable[[BaseException], None] | None = None) -> None:
    """Log uncaught exceptions of all threads, which Python would write to the terminal with their texts.

    `show` is called with those of the main thread and of slots, after they are logged; slots may be on any thread.
    """

    def log(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logger.error("uncaught", exc_info=(kind, error, trace))

    def log_of_main_thread(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log(kind, error, trace)
        if show:
            show(error)

    def log_of_thread(hook_args: threading.ExceptHookArgs) -> None:
        if hook_args.exc_value is not None:
            log(hook_args.exc_type, hook_args.exc_value, hook_args.exc_traceback)

    sys.excepthook = log_of_main_thread
    threading.excepthook = log_of_thread
