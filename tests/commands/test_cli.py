"""What the command line makes of the paths that it is given."""

import subprocess
import sys
from pathlib import Path

import pytest

import app.bootstrap
from app.cli import main
from app.domain.launch_request import CaptureTarget, LaunchRequest
from app.paths import Paths

INTERRUPTED_IMPORT = """
import importlib, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from app import cli
load = importlib.import_module
def interrupted(name):
    signal.raise_signal(signal.SIGINT)
    print(load(name).__name__)
importlib.import_module = interrupted
sys.exit(cli.main(["diagnostics"]))
"""


def test_ctrl_c_while_a_command_is_loaded_ends_it_in_a_word() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True, text=True, check=False)
    assert done.stdout == "app.commands.diagnostics\n", "the import ended first"
    assert done.stderr == "lorgnette: Interrupted.\n"
    assert done.returncode == 130


def test_a_link_that_leads_to_itself_costs_no_other_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, good = tmp_path / "loop.png", tmp_path / "good.png"
    loop.symlink_to(loop)
    good.write_bytes(b"x")
    given: list[tuple[Paths, LaunchRequest, str]] = []

    def run(paths: Paths, launch_request: LaunchRequest, model_folder: str) -> int:
        given.append((paths, launch_request, model_folder))
        return 0

    monkeypatch.setattr(app.bootstrap, "run_application", run)
    assert main([str(loop), str(good), "--model", str(loop), "--data", str(loop)]) == 0
    ((paths, launch_request, model_folder),) = given
    assert launch_request.images == (str(loop), str(good))
    assert (paths.data, model_folder) == (loop, str(loop))


@pytest.mark.parametrize(
    ("arguments", "wanted", "stays_away"),
    [
        (["--capture"], LaunchRequest(capture=True), False),
        (["--capture", "--text"], LaunchRequest(capture=True, reads_text=True), True),
        (["--capture", "--window"], LaunchRequest(capture=True, target=CaptureTarget.WINDOW), False),
        (
            ["--capture", "--screen", "--delay", "3", "--text"],
            LaunchRequest(capture=True, reads_text=True, target=CaptureTarget.SCREEN, delay=3),
            True,
        ),
        (["--text", "--capture", "--clipboard"], LaunchRequest(capture=True, reads_text=True, clipboard=True), False),
    ],
)
def test_captured_text_alone_needs_no_window(
    arguments: list[str], wanted: LaunchRequest, stays_away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[LaunchRequest] = []

    def run(paths: Paths, launch_request: LaunchRequest, model_folder: str) -> int:
        given.append(launch_request)
        return 0

    monkeypatch.setattr(app.bootstrap, "run_application", run)
    assert main(arguments) == 0
    assert given == [wanted]
    assert wanted.stays_away is stays_away


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--window"], "--window goes with --capture"),
        (["--screen"], "--screen goes with --capture"),
        (["--delay", "3"], "--delay goes with --capture"),
        (["--capture", "--window", "--screen"], "not allowed with"),
        (["--capture", "--delay", "61"], "from 0 to 60"),
        (["--capture", "--delay", "²"], "from 0 to 60"),
    ],
)
def test_what_is_captured_goes_with_capture(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert said in capsys.readouterr().err


def test_text_is_captured_text(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--text"])
    assert "--text goes with --capture" in capsys.readouterr().err
