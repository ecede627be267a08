"""A log says what happened and where, in nobody's words but ours."""

import io
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.redacting_log import RedactingFormatter, kind_of, log_uncaught

CANARY = "Ms Fulvetta, account 4481"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in ("app.tests", "some_library.part")]
    for logger in loggers:
        logger.addHandler(handler)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)


def read_account() -> None:
    try:
        int(CANARY)
    except ValueError as error:
        raise OSError(2, f"no such file: {CANARY}.pdf") from error


@pytest.mark.expects_log_warnings
def test_exceptions_are_kept_without_their_words(written: io.StringIO) -> None:
    try:
        read_account()
    except OSError:
        logging.getLogger("app.tests").exception("reading failed")
    said = written.getvalue()
    assert CANARY not in said
    assert "ERROR app.tests: reading failed" in said
    first, second = said.split("\ncaused\n")
    assert first.endswith("builtins.ValueError")
    assert second.strip().endswith("builtins.FileNotFoundError 2")
    assert "tests/domain/test_redacting_log.py:" in first
    assert str(Path.cwd()) not in said
    assert "in read_account" in first


@pytest.mark.expects_log_warnings
def test_what_a_library_says_is_left_out(written: io.StringIO) -> None:
    try:
        read_account()
    except OSError:
        logging.getLogger("some_library.part").exception("cannot open %s", CANARY)
    said = written.getvalue()
    assert CANARY not in said
    assert said.startswith("ERROR some_library.part: (message of a library omitted)")
    assert "in read_account" in said


@pytest.mark.expects_log_warnings
def test_our_own_words_are_there(written: io.StringIO) -> None:
    """Otherwise the tests above could not fail."""
    logging.getLogger("app.tests").warning("seen: %s", CANARY)
    assert CANARY in written.getvalue()


@pytest.mark.expects_log_warnings
def test_what_nobody_catches_is_logged(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log_uncaught(logging.getLogger("app.tests"))
    thread = threading.Thread(target=read_account)
    thread.start()
    thread.join()
    said = written.getvalue()
    assert CANARY not in said
    assert "ERROR app.tests: uncaught" in said
    assert "in read_account" in said


def test_an_error_in_a_word() -> None:
    assert kind_of(PermissionError(13, CANARY)) == "builtins.PermissionError 13"
    assert kind_of(UnicodeDecodeError("utf-8", b"\xff", 0, 1, CANARY)) == "builtins.UnicodeDecodeError"
