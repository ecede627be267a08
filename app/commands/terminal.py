"""What all commands share: output, standard input in place of a file, one-line errors, exit status.

All output of commands goes through here. Terminals obey control characters, and the text on an image, in a file's name
or in a model's answer is untrusted: control characters are escaped on a terminal, while a file or a pipe gets content
unchanged. Names and messages are escaped everywhere. The text is UTF-8 whatever the locale; the bytes of a file name
that are not UTF-8 are written unchanged.
"""

import argparse
import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

from app.domain.error_texts import command_line_sentence, command_texts
from app.domain.errors import ImageError, Problem, UserError
from app.domain.ports import NEVER_CANCELLED
from app.domain.text.visible_text import ANY_TEXT, visible, without_commands
from app.storage.files.output_files import fitting
from app.storage.files.scratch import scratch_folder

FAILED, INTERRUPTED = 1, 130
STDIN = "-"
MAX_STDIN_BYTES = 512 * 1024 * 1024
"""Maximum bytes read from standard input: the same as the maximum size of an image file."""
WIDTH = 79
_CHUNK = 1024 * 1024
Choice = TypeVar("Choice", bound=str)


class CommandParser(argparse.ArgumentParser):
    """An argument parser whose errors repeat no control characters to a terminal."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the arguments, and exit with status 2."""
        super().error(visible(message))


def name_given(text: str) -> str:
    """Validate an argument that names a file or a folder; the type of all such arguments.

    An empty one, as from an unset shell variable, would mean the current folder.
    """
    if not text:
        raise argparse.ArgumentTypeError("its name is empty; name a file or a folder")
    return text


def path_given(text: str) -> Path:
    """Return the path of the file or folder that an argument names."""
    return Path(name_given(text))


def one_of(choices: Iterable[Choice]) -> Callable[[str], Choice]:
    """Return the type of an argument that takes one of `choices`, whose error names what was given and all of them.

    That of an enum as type would name its class.
    """
    named = {str(choice): choice for choice in choices}

    def choice(text: str) -> Choice:
        if text not in named:
            raise argparse.ArgumentTypeError(f"“{text}” is not one of its values: {', '.join(named)}")
        return named[text]

    return choice


@contextmanager
def opened(name: str) -> Iterator[Path]:
    """Yield the path of a file, or of a copy of standard input if `name` is "-". Raises ImageError for excess input."""
    if name != STDIN:
        yield Path(name)
        return
    with scratch_folder() as folder:
        path = folder / "standard input"
        with path.open("wb") as file:
            while chunk := sys.stdin.buffer.read(_CHUNK):
                file.write(chunk)
                if file.tell() > MAX_STDIN_BYTES:
                    raise ImageError(command_texts.STDIN_TOO_LARGE, megabytes=MAX_STDIN_BYTES // 1024**2)
        yield path


def print_content(text: str) -> None:
    """Print content on standard output, without ending the line."""
    sys.stdout.write(without_commands(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def print_line(text: str = "") -> None:
    """Print a line on standard output."""
    print_content(f"{text}\n")


def print_error(sentence: str) -> None:
    """Print an error on standard error."""
    print_note(f"lorgnette: {' '.join(sentence.splitlines())}")


def print_problem(problem: Problem) -> None:
    """Print a problem on standard error, in the words of a command."""
    print_error(command_line_sentence(problem))


def print_note(sentence: str) -> None:
    """Print a line on standard error."""
    show_progress("")
    print(visible(sentence), file=sys.stderr)


def show_progress(line: str) -> None:
    """Replace the last line on standard error if that is a terminal; an empty line clears it."""
    if sys.stderr.isatty():
        shown = visible(line)[:WIDTH].ljust(WIDTH)
        print(f"\r{shown}", end="" if line else "\r", file=sys.stderr, flush=True)


def print_renamed(name: str, path: Path) -> None:
    """Report that an output has another name than requested."""
    last = name.rpartition("/")[2]
    why = "already exists" if fitting(last) == last else "has too long a name"
    print_error(f"“{name}” {why}: written to “{path}” instead.")


def exit_status(work: Callable[[], bool]) -> int:
    """Do `work`, which returns whether it succeeded: 0, 1 for reported errors, 130 for Ctrl+C."""
    write_any_text()
    try:
        return 0 if work() else FAILED
    except UserError as error:
        print_problem(error.problem)
        return FAILED
    except OSError as error:
        # The reader has closed the pipe, which Windows reports as an invalid argument.
        if error.errno != (errno.EINVAL if os.name == "nt" else errno.EPIPE):
            print_error(f"The system reported an error ({error}).")
        _drop_unwritten()
        return FAILED
    except KeyboardInterrupt:
        print_error("Interrupted.")
        return INTERRUPTED


@contextmanager
def held_interrupts() -> Iterator[Callable[[], None]]:
    """Hold back Ctrl+C within the block; the yielded function raises it as KeyboardInterrupt, and so does the end.

    Python raises KeyboardInterrupt wherever the main thread is, where it may be lost: within a lock's code, which then
    stays locked, or in a callback of an import. A second Ctrl+C is not held back.
    """
    is_interrupted = False

    def hold(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_interrupted
        if is_interrupted:
            raise KeyboardInterrupt
        is_interrupted = True

    def check() -> None:
        if is_interrupted:
            raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()  # Signals are handled there alone.
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # It may be ignored.
        yield NEVER_CANCELLED
        return
    signal.signal(signal.SIGINT, hold)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    check()


def write_any_text() -> None:
    """Make standard output and standard error accept any text, as UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=ANY_TEXT)


def _drop_unwritten() -> None:
    """Discard what standard output does not accept: Python would report it again when it flushes at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
