"""`lorgnette batch` as its user meets it: the real command, over processes that take text files for images."""

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from app.cli import main
from app.commands import batch, batch_engines
from app.paths import DEMO_MODEL, RESOURCES
from app.services import batch_calls, batch_run
from app.storage.batch_journal import NAME
from tests.support.batch_backends import LOG, SECONDS, text_file_client
from tests.support.processes import wait_until

RUN = (
    "import sys; from app.commands.batch import main; from tests.support.batch_backends import text_file_client as c; "
)


def make(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.png").write_text(text)
    return folder


def run(*arguments: object) -> int:
    return batch.main([str(argument) for argument in arguments], text_file_client)


def pages_read(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").split() if log.exists() else []


def test_the_real_reader_reads_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", str(RESOURCES / "samples"), "-o", str(tmp_path), "--format", "txt", "--format", "json"]) == 0
    assert (tmp_path / "note.png.txt").read_text() == "Gate B14\nBoarding 09:35\nLuggage: 23 kg\n"
    assert len(json.loads((tmp_path / "note.png.json").read_text())["pages"][0]["lines"]) == 3
    assert capsys.readouterr().err == "2 done, 0 failed.\n"


def test_folders_are_mirrored_and_documents_have_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scans = make(tmp_path / "scans", a="one", b="first\fsecond")
    make(scans / "sub", c="three")
    (scans / "notes.txt").write_text("no image")
    out = tmp_path / "out"
    assert run(scans, "-o", out, "--format", "md", "--format", "pdf") == 0
    files = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert files == [
        "a.png.md", "a.png.pdf", "b.png.md", "b.png.pdf", NAME, "sub/c.png.md", "sub/c.png.pdf",
    ]  # fmt: skip
    assert (out / "b.png.md").read_text().count("## b.png, page ") == 2
    assert (out / "b.png.pdf").read_text() == "PDF of b.png: first\fsecond"


def test_fields_go_into_a_spreadsheet_and_what_nothing_bears_out_is_marked(tmp_path: Path) -> None:
    scans = make(tmp_path / "scans", a="date 2024-03-01\ntotal 12.40", b="date bad\ftotal 7", c="refuse")
    out = tmp_path / "out"
    assert run(scans, "-o", out, "--fields", "date, total: with tax, guess", "--model", tmp_path / "model") == 1
    with zipfile.ZipFile(out / "lorgnette-batch.xlsx") as book:
        words = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/sharedStrings.xml").decode())
        notes = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/comments1.xml").decode())
    assert words[:6] == ["File", "date", "total", "guess", "Pages", "Problem"]
    assert [word for word in words if word.endswith(".png")] == ["a.png", "b.png", "c.png"]
    assert "It is not an image. Take another." in words
    assert sum("No evidence" in note for note in notes) == 2
    assert "“7”: page 2, 0 to 70 px across, 0 to 20 px down." in notes


def test_one_file_that_breaks_or_hangs_its_process_costs_that_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_calls, "PROBE_SECONDS", 5.0)
    scans = make(tmp_path / "scans", a="exit", b="hang", c="refuse", d="locked", e="good")
    assert run(scans, scans / "gone.png", "-o", tmp_path / "out") == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split(".png”")[0] for line in said[:2]] == ["lorgnette: “scans/a", "lorgnette: “scans/b"]
    assert said[2:4] == ["lorgnette: It is not an image. Take another.", "lorgnette: It has a password. Give it."]
    assert "gone.png” is no longer there" in said[4]
    assert said[5] == "1 done, 5 failed."
    assert (tmp_path / "out" / "scans" / "e.png.txt").read_text() == "good\n"


def test_what_is_done_is_not_done_again_and_what_has_changed_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    monkeypatch.setenv(LOG, str(log))
    scans, out = make(tmp_path / "scans", a="one", b="two", c="refuse"), tmp_path / "out"
    assert run(scans, "-o", out) == 1
    assert run(scans, "-o", out) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "0 done, 0 failed, 3 done before."
    make(scans, b="two, new", d="new")
    assert run(scans, "-o", out, "--retry") == 1
    assert pages_read(log) == ["a.png", "b.png", "b.png", "d.png"]
    assert (out / "b.png.txt").read_text() == "two, new\n"
    assert run(scans, "-o", out, "--format", "json") == 1
    assert len(pages_read(log)) == 7


def test_after_kill_9_nothing_is_read_twice_and_nothing_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {f"page{number:02}": f"text {number}" for number in range(40)}
    scans, out, log = make(tmp_path / "scans", **names), tmp_path / "out", tmp_path / "log"
    command = [sys.executable, "-c", RUN + "sys.exit(main(sys.argv[1:], c))", str(scans), "-o", str(out)]
    environment = {**os.environ, LOG: str(log), SECONDS: "0.02"}
    for most in (8, 20):
        with subprocess.Popen(command, env=environment) as killed:
            wait_until(partial(_has_read, log, most))
            killed.send_signal(signal.SIGKILL)
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert {path.stem.removesuffix(".png"): path.read_text().rstrip() for path in out.glob("*.txt")} == names
    counts = Counter(pages_read(log))
    assert len(counts) == 40
    # What was being read when the command was killed, and had not been kept, is read again.
    assert sum(counts.values()) <= 42
    assert not list(out.glob("*.part"))


def test_ctrl_c_says_how_far_it_is_and_how_to_go_on(tmp_path: Path) -> None:
    scans, log = make(tmp_path / "scans", **{f"p{number}": "text" for number in range(200)}), tmp_path / "log"
    command = [sys.executable, "-c", RUN + "sys.exit(main(sys.argv[1:], c))", str(scans), "-o", str(tmp_path / "out")]
    with subprocess.Popen(
        command, env={**os.environ, LOG: str(log), SECONDS: "0.05"}, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr
        wait_until(lambda: len(pages_read(log)) > 3)
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
    assert running.returncode == 130
    assert " to do" in said
    assert "Traceback" not in said


def test_a_full_disk_stops_the_batch_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scans, out = make(tmp_path / "scans", a="one", b="two"), tmp_path / "out"
    (out / "a.png.txt").mkdir(parents=True)
    assert run(scans, "-o", out) == 0
    assert (out / "2 a.png.txt").is_file()
    make(scans, c="refuse", d="more")
    monkeypatch.setattr(batch_run, "LEAST_FREE", 1 << 80)
    assert run(scans, "-o", out) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-3] == "0 done, 0 failed, 2 done before, 2 to do."
    assert "is full" in said[-1]
    monkeypatch.undo()
    assert run(scans, "-o", out) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "1 done, 1 failed, 2 done before."


def test_a_drive_that_is_gone_stops_the_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "stick" / "a.png", tmp_path / "stick" / "b.png", "-o", tmp_path / "out") == 1
    said = capsys.readouterr().err
    assert "is no longer there, so the batch was paused" in said
    assert "0 done, 0 failed, 2 to do." in said


def test_processes_that_die_at_every_file_stop_the_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scans = make(tmp_path / "scans", **{f"p{number}": "exit" for number in range(9)})
    assert run(scans, "-o", tmp_path / "out") == 1
    assert "0 done, 4 failed, 5 to do." in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--fields", "date"],
        ["--fields", "date", "--model", str(DEMO_MODEL)],
        ["--fields", "date, date", "--model", "/m"],
        ["--fields", "date", "--model", "/m", "--format", "txt"],
        ["--reader", "model"],
        ["--ignore", "top"],
    ],
)
def test_wrong_arguments_are_told_before_anything_is_read(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, "-o", tmp_path / "out", *arguments)
    assert ended.value.code == 2
    assert not (tmp_path / "out").exists()


def test_a_model_that_cannot_be_opened_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scans = make(tmp_path / "scans", a="one")
    status = batch.main(
        [str(scans), "-o", str(tmp_path / "out"), "--model", str(tmp_path / "no model"), "--reader", "model"],
        batch_engines.deaf_client,
    )
    assert status == 1
    assert capsys.readouterr().err.count("\n") >= 2


def _has_read(log: Path, most: int) -> bool:
    return len(pages_read(log)) > most
