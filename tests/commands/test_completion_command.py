"""`lorgnette completion`, in the shells themselves where they are there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.cli import COMMANDS, main
from app.commands.completion_scripts import SCRIPTS, Command, Option, Takes

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
needs_fish = pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
WINDOW = Command("", "", (Option(("--data",), "a folder", Takes.FOLDER),))
ODD = Command(
    "odd",
    "it's `touch ran` $(touch ran)",
    (Option(("--x",), "it's `touch ran` $(touch ran) [1]: \\", Takes.CHOICE, ("a", "b")),),
)


@pytest.fixture
def script(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> str:
    assert main(["completion", request.param]) == 0
    return capsys.readouterr().out


def in_bash(script: str, folder: Path, *words: str) -> list[str]:
    """What bash offers for the last of `words`."""
    typed = " ".join(f"'{word}'" for word in ("lorgnette", *words))
    ask = f"{script}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words)}; _lorgnette; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout.split("\n")[:-1]


@needs_bash
@pytest.mark.parametrize("script", ["bash"], indirect=True)
def test_bash_completes_commands_options_values_and_folders(script: str, tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a file").touch()
    assert in_bash(script, tmp_path, "") == [*COMMANDS, "a file", "a folder"]
    assert in_bash(script, tmp_path, "oc") == ["ocr"]
    assert in_bash(script, tmp_path, "ocr", "--pass") == ["--password-file"]
    assert in_bash(script, tmp_path, "ocr", "--reader", "") == ["auto", "builtin", "model"]
    assert in_bash(script, tmp_path, "ocr", "x.png", "-o", "a") == ["a folder"]
    assert in_bash(script, tmp_path, "ask", "--rea") == [""]  # Nothing: then bash completes files.
    assert in_bash(script, tmp_path, "--cap") == ["--capture"]
    assert in_bash(script, tmp_path, "completion", "f") == ["fish"]


@needs_fish
@pytest.mark.parametrize("script", ["fish"], indirect=True)
def test_fish_completes_commands_options_and_values(script: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "lorgnette.fish").write_text(script)
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}

    def offered(line: str) -> list[str]:
        ask = f"source lorgnette.fish; complete -C '{line}'"
        done = subprocess.run(["fish", "-c", ask], capture_output=True, text=True, check=True, cwd=tmp_path, env=home)
        return [row.split("\t")[0] for row in done.stdout.splitlines()]

    assert offered("lorgnette oc") == ["ocr"]
    assert offered("lorgnette ocr --pass") == ["--password-file"]
    assert offered("lorgnette ocr --reader b") == ["builtin"]
    assert offered("lorgnette ocr a") == ["a.png"]
    assert offered("lorgnette completion f") == ["fish"]


@pytest.mark.parametrize("shell", list(SCRIPTS))
def test_what_options_say_never_runs(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = tmp_path / "script"
    path.write_text(SCRIPTS[shell](WINDOW, [ODD]))
    load = f"source '{path}'" if shell != "zsh" else f"compdef() {{ }}; source '{path}'; which _lorgnette"
    done = subprocess.run([shell, "-c", load], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [left.name for left in tmp_path.iterdir()] == ["script"]


@pytest.mark.parametrize("script", list(SCRIPTS), indirect=True)
def test_every_command_is_in_every_script(script: str) -> None:
    for name in COMMANDS:
        assert name in script
    assert "password-file" in script


def test_an_unknown_shell_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["completion", "cmd"])
    assert ended.value.code == 2
    assert "fish" in capsys.readouterr().err
