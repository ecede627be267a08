"""What commands print on a terminal (a pty) and into a pipe, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.paths import RESOURCES
from tests.support.documents import written_pdf

pty = pytest.importorskip("pty")
NOTE = RESOURCES / "samples" / "note.png"
SAYS = (
    "import sys; from app.commands.terminal import print_error, exit_status, print_line, show_progress;"
    "text = bytes.fromhex(sys.argv[1]).decode('utf-8', 'surrogatepass');"
    "sys.exit(exit_status(lambda: [print_line(text), print_error(text), show_progress(text)] and True))"
)
HOSTILE = "\x1b]0;owned\x07\x1b]52;c;eA==\x07\x1b[2J\x9b3m\u202e\ud800\udce9 é\tend"


def on_a_terminal(*command: str, **environment: str) -> tuple[int, bytes]:
    """The status of a command, and what its terminal gets of both streams."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **environment}
    ) as running:
        os.close(theirs)
        told = b""
        while chunk := _read(ours):
            told += chunk
    os.close(ours)
    return running.returncode, told


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux' way to say that nobody writes any more.
        return b""


def hexed(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").hex()


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_a_terminal_gets_nothing_that_it_would_obey(locale: str) -> None:
    status, told = on_a_terminal(sys.executable, "-c", SAYS, hexed(HOSTILE), LC_ALL=locale, PYTHONUTF8="0")
    assert status == 0
    assert not {0x1B, 0x07, 0x00} & set(told)
    assert b"\xc2\x9b" not in told
    assert b"\\x1b]0;owned\\x07\\x1b]52;c;eA==\\x07\\x1b[2J\\x9b3m" in told
    assert "é\tend".encode() in told
    # Names in messages show what turns them, too.
    assert b"lorgnette: \\x1b]0;owned\\x07\\x1b]52;c;eA==\\x07\\x1b[2J\\x9b3m\\u202e\\ud800\\udce9" in told


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_pipe_gets_content_as_it_is_and_messages_escaped(locale: str) -> None:
    environment = {**os.environ, "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", SAYS, hexed(HOSTILE)], capture_output=True, env=environment, check=False
    )
    assert done.returncode == 0
    content = "\x1b]0;owned\x07\x1b]52;c;eA==\x07\x1b[2J\x9b3m\u202e\ufffd".encode() + b"\xe9 \xc3\xa9\tend\n"
    assert done.stdout == content
    assert b"\x1b" not in done.stderr
    assert b"\\udce9" in done.stderr


def test_the_text_of_a_document_does_not_rule_the_terminal(tmp_path: Path) -> None:
    hostile = written_pdf(tmp_path / "esc.pdf", "The total of all items is 12.40 EUR")
    mapped = hostile.read_bytes()
    name = os.fsencode(tmp_path) + b"/\x1b]0;x\x07\xe9.pdf"
    with open(name, "wb") as file:  # noqa: PTH123 - bytes
        file.write(mapped)
    command = (sys.executable, "-m", "app", "ocr", "--format", "tsv")
    status, told = on_a_terminal(*command, os.fsdecode(name), os.fsdecode(name + b"gone"))
    assert status == 1
    assert not {0x1B, 0x07} & set(told)
    assert b"12.40" in told
    done = subprocess.run([*command[:-1], "json", os.fsdecode(name)], capture_output=True, check=True)
    assert b"\\udce9.pdf" in done.stdout
    assert done.stdout.decode("utf-8")


def test_arguments_that_are_repeated_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["ocr", "a.png", "--\x1b]0;x\x07"],
        ["batch", "a", "-o", "b", "--format", "\x1b[2J"],
        ["--\x1b[2J"],
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        told = capsys.readouterr().err
        assert "\x1b" not in told
        assert "\\x1b" in told


def test_a_pdf_is_not_written_on_a_terminal() -> None:
    status, told = on_a_terminal(sys.executable, "-m", "app", "ocr", "--format", "pdf", str(NOTE))
    assert status == 2
    assert b"needs -o FOLDER" in told
    assert b"%PDF" not in told


def test_standard_input_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = "import app.commands.terminal as t; t.MAX_STDIN_BYTES = 5_000_000; from app.cli import main; "
    command += "import sys; sys.exit(main(['ocr', '-']))"
    with open("/dev/zero", "rb") as endless:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-c", command], stdin=endless, capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 1
    assert "Standard input has more than" in done.stderr


def test_a_full_disk_behind_standard_output_is_told() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "app", "ocr", str(NOTE)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("lorgnette: ")
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
