"""`lorgnette batch` as its user meets it: the real command, over processes that take text files for images."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.cli import main
from app.commands import batch, batch_engines, batch_workers
from app.domain.batch.batch import InputFile
from app.domain.documents.pages import OcrPage
from app.domain.models.answer_stats import FinishReason
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import Done, Failed, ListModels, ProbeImage
from app.engine.process.watchdog import MAX_TICKS
from app.paths import DEMO_MODEL, RESOURCES
from app.services.batch import batch_calls, batch_run
from app.services.batch.batch_calls import BatchCall, Work
from app.storage.batch.batch_journal import NAME
from tests.support.batch_backends import LOG, SECONDS, text_file_client
from tests.support.fake_engine import FakeClient
from tests.support.processes import wait_until

RUN = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "  # Whoever runs this may ignore it.
    "from app.commands.batch import main; from tests.support.batch_backends import text_file_client as c; "
)


@pytest.fixture(autouse=True)
def one_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """One image after another, so that the order of messages is known."""
    monkeypatch.setattr(batch, "reader_count", lambda: 1)


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
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").touch()
    assert run(scans, "-o", out, "--fields", "date, total: with tax, guess", "--model", model) == 1
    with zipfile.ZipFile(out / "lorgnette-batch.xlsx") as book:
        words = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/sharedStrings.xml").decode())
        notes = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/comments1.xml").decode())
    assert words[:6] == ["File", "date", "total", "guess", "Pages", "Problem"]
    assert [word for word in words if word.endswith(".png")] == ["a.png", "b.png", "c.png"]
    assert "It is not an image. Take another." in words
    assert sum("Not found" in note for note in notes) == 2
    assert "“7”: page 2, x 57 to 70 px, y 0 to 20 px." in notes


def test_one_file_that_breaks_or_hangs_its_process_costs_that_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MAX_TICKS, ProbeImage, 5)
    scans = make(tmp_path / "scans", a="exit", b="hang", c="refuse", d="locked", e="good")
    assert run(scans, scans / "gone.png", "-o", tmp_path / "out") == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split(".png”")[0] for line in said[:2]] == ["lorgnette: “scans/a", "lorgnette: “scans/b"]
    assert said[2:4] == ["lorgnette: It is not an image. Take another.", "lorgnette: It has a password. Give it."]
    assert "gone.png” no longer exists" in said[4]
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
    assert capsys.readouterr().err.splitlines()[-1] == "0 done, 0 failed, 3 already done."
    make(scans, b="two, new", d="new")
    assert run(scans, "-o", out, "--retry") == 1
    assert pages_read(log) == ["a.png", "b.png", "b.png", "d.png"]
    assert (out / "b.png.txt").read_text() == "two, new\n"
    assert run(scans, "-o", out, "--format", "json") == 1
    assert len(pages_read(log)) == 7


def test_outputs_that_were_deleted_or_emptied_are_written_again_and_edited_ones_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    monkeypatch.setenv(LOG, str(log))
    scans = make(tmp_path / "scans", a="one", b="two", c="three", d="four", e="five", f="refuse")
    out = tmp_path / "out"
    command = (scans, "-o", out, "--format", "txt", "--format", "json", "--format", "xlsx")
    assert run(*command) == 1
    log.unlink()
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.name != NAME}
    (out / "a.png.txt").unlink()
    (out / "b.png.json").write_bytes(b"")
    (out / "c.png.txt").write_text("edited")
    for name in ("d.png.txt", "d.png.json", "lorgnette-batch.xlsx"):
        (out / name).unlink()
    assert run(*command) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "3 done, 0 failed, 3 already done."
    assert pages_read(log) == ["a.png", "b.png", "d.png"]
    after = {path.name: path.read_bytes() for path in out.iterdir() if path.name != NAME}
    assert after.keys() == before.keys()
    assert after.pop("c.png.txt") == b"edited"
    sheet = "lorgnette-batch.xlsx"
    assert {name: content for name, content in after.items() if name != sheet and before[name] != content} == {}
    run(*command)
    assert len(pages_read(log)) == 3


def test_an_image_without_text_has_an_empty_output_and_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    monkeypatch.setenv(LOG, str(log))
    scans, out = make(tmp_path / "scans", a=""), tmp_path / "out"
    for _ in range(2):
        assert run(scans, "-o", out) == 0
    assert pages_read(log) == ["a.png"]


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
    # What was being read when the command was killed twice, two images at most, and had not been kept, is read again.
    assert sum(counts.values()) <= 44
    assert not list(out.glob("*.part"))


@pytest.mark.parametrize("is_ending", [False, True])
def test_a_call_that_an_idle_process_never_began_is_made_once_more(is_ending: bool) -> None:
    """But not when Ctrl+C has ended the processes."""
    clients = [FakeClient(lambda _request: iter((Done(FinishReason.COMPLETE),))) for _ in range(3)]
    begun = iter(clients)
    call = BatchCall(BackendKind.IMAGES, ProbeImage("a.png", 0))
    with batch_engines.BatchEngines(lambda: ListModels("", "", True), lambda _kind: next(begun)) as engines:
        assert engines.call(call) == (Done(FinishReason.COMPLETE),)
        if is_ending:
            engines.kill()
        else:
            clients[0].kill()
        said = engines.call(call)
        if is_ending:
            assert engines.call(BatchCall(BackendKind.READER, ProbeImage("a.png", 0))) == said
    assert list(begun) == clients[1 if is_ending else 2 :], "none is started in vain"
    assert [type(event) for event in said] == [Failed if is_ending else Done]
    assert [len(client.requests) for client in clients] == [1, 0 if is_ending else 1, 0]


def heeds_no_ctrl_c(pid: int) -> bool:
    """Whether a process blocks or ignores SIGINT, by the masks in its status: see proc_pid_status(5)."""
    facts = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return bool((int(facts["SigBlk"], 16) | int(facts["SigIgn"], 16)) & 1 << (signal.SIGINT - 1))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["command", "terminal"])
def test_ctrl_c_says_how_far_it_is_and_how_to_go_on(tmp_path: Path, send: Callable[[int, int], None]) -> None:
    """A terminal sends it to the command's processes, too, which say nothing."""
    scans, log = make(tmp_path / "scans", **{f"p{number}": "text" for number in range(200)}), tmp_path / "log"
    command = [sys.executable, "-c", RUN + "sys.exit(main(sys.argv[1:], c))", str(scans), "-o", str(tmp_path / "out")]
    with subprocess.Popen(
        command,
        env={**os.environ, LOG: str(log), SECONDS: "0.05"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stderr
        wait_until(lambda: len(pages_read(log)) > 3)
        assert all(heeds_no_ctrl_c(child.pid) for child in psutil.Process(running.pid).children())
        send(running.pid, signal.SIGINT)
        said = running.stderr.read()
    assert running.returncode == 130
    assert " remaining" in said
    assert "Traceback" not in said


class Interrupting(ThreadPoolExecutor):
    """Is interrupted as soon as its first worker is at work."""

    def submit(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - the pool's own
        submitted = super().submit(*arguments, **named)
        signal.raise_signal(signal.SIGINT)
        return submitted


def test_ctrl_c_while_the_workers_start_ends_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_workers, "ThreadPoolExecutor", Interrupting)
    monkeypatch.setenv(SECONDS, "0.1")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        scans, out = make(tmp_path / "scans", **{f"p{number}": "text" for number in range(50)}), tmp_path / "out"
        assert run(scans, "-o", out) == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(list(out.glob("*.txt"))) < 50


def test_a_full_disk_stops_the_batch_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scans, out = make(tmp_path / "scans", a="one", b="two"), tmp_path / "out"
    (out / "a.png.txt").mkdir(parents=True)
    assert run(scans, "-o", out) == 0
    assert (out / "2 a.png.txt").is_file()
    make(scans, c="refuse", d="more")
    monkeypatch.setattr(batch_run, "MIN_FREE", 1 << 80)
    assert run(scans, "-o", out) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-3] == "0 done, 0 failed, 2 already done, 2 remaining."
    assert "is full" in said[-1]
    monkeypatch.undo()
    assert run(scans, "-o", out) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "1 done, 1 failed, 2 already done."


def test_a_drive_that_is_gone_stops_the_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "stick" / "a.png", tmp_path / "stick" / "b.png", "-o", tmp_path / "out") == 1
    said = capsys.readouterr().err
    assert "no longer exists" in said
    assert "0 done, 0 failed, 2 remaining." in said


def test_processes_that_die_at_every_file_stop_the_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scans = make(tmp_path / "scans", **{f"p{number}": "exit" for number in range(9)})
    assert run(scans, "-o", tmp_path / "out") == 1
    assert "0 done, 4 failed, 5 remaining." in capsys.readouterr().err


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
        batch_engines.client_ignoring_sigint,
    )
    assert status == 1
    assert capsys.readouterr().err.count("\n") >= 2


def test_odd_names_cost_their_own_files_and_the_run_goes_on_and_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = "長" * 83
    scans, out = make(tmp_path / "scans", a="one", z="last", **{long: "long"}), tmp_path / "out"
    (scans / "loop.png").symlink_to(scans / "loop.png")
    os.mkfifo(scans / "pipe.png")
    (scans / "notes.txt").write_text("no image")
    Path(os.fsdecode(b"%b/latin-\xe9.png" % os.fsencode(scans))).write_text("odd")
    assert run(scans, tmp_path / f"{'x' * 300}.png", "-o", out) == 1
    told = capsys.readouterr().err
    assert "4 done, 1 failed; left out: other files: 1, links that lead nowhere: 1, pipes or devices: 1.\n" in told
    written = {path.read_text() for path in out.rglob("*.txt")}
    assert written == {"one\n", "long\n", "last\n", "odd\n"}
    assert run(scans, "-o", out) == 0
    make(scans, b="new")
    assert run(scans, "-o", out) == 0
    assert capsys.readouterr().err.splitlines()[-1].startswith("1 done, 0 failed, 4 already done")


def test_an_output_that_cannot_be_written_costs_its_image_and_is_done_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scans, out = make(tmp_path / "scans", z="last"), tmp_path / "out"
    make(scans / "sub", a="one")
    out.mkdir()
    (out / "sub").write_text("a file in the way")
    assert run(scans, "-o", out) == 1
    assert "1 done, 1 failed." in capsys.readouterr().err
    (out / "sub").unlink()
    assert run(scans, "-o", out, "--retry") == 0
    assert (out / "sub" / "a.png.txt").read_text() == "one\n"


def test_a_spreadsheet_that_is_not_the_batchs_own_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scans, out = make(tmp_path / "scans", a="one"), tmp_path / "out"
    out.mkdir()
    (out / "lorgnette-batch.xlsx").write_text("a budget")
    for _ in range(2):
        assert run(scans, "-o", out, "--format", "xlsx") == 0
        assert "2 lorgnette-batch.xlsx" in capsys.readouterr().err
    assert (out / "lorgnette-batch.xlsx").read_text() == "a budget"
    assert sorted(path.name for path in out.iterdir()) == ["2 lorgnette-batch.xlsx", NAME, "lorgnette-batch.xlsx"]


def test_an_output_folder_that_is_gone_stops_the_batch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scans, out = make(tmp_path / "scans", a="one", b="two"), tmp_path / "out"

    def read_and_lose(source: InputFile, page: int) -> Work[OcrPage]:
        found = yield from batch_calls.read(source, page)
        shutil.rmtree(out)
        return found

    monkeypatch.setattr(batch_run, "read", read_and_lose)
    assert run(scans, "-o", out) == 1
    assert "0 done, 0 failed, 2 remaining." in capsys.readouterr().err
    assert not out.exists()


def _has_read(log: Path, most: int) -> bool:
    return len(pages_read(log)) > most
