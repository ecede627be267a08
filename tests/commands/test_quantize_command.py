"""`lorgnette quantize` as its user meets it."""

import contextlib
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.engine.quantize.report import REPORT
from tests.engine.conftest import TinyCheckpoint
from tests.support.processes import wait_until
from tests.support.tiny_checkpoint import Layout
from tests.support.tiny_model import ANSWERS, quiet

HEAVY = ("torch", "transformers", "auto_round", "numpy", "PIL", "tokenizers", "rapidocr", "PySide6")
QUESTION = "Describe the station."
WITH_CTRL_C = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # Whatever the tests were started by may ignore it.
from app.cli import main
sys.exit(main())
"""


def test_a_run_ends_with_its_report(tiny_checkpoint: TinyCheckpoint, tmp_path: Path) -> None:
    shown = io.StringIO()
    out = tmp_path / "new"
    with quiet(), contextlib.redirect_stdout(shown):
        status = main(["quantize", str(tiny_checkpoint(Layout.PLAIN)), str(out), "--iters", "0", "--ask", QUESTION])
    text = shown.getvalue()
    assert status == 0
    report = json.loads((out / REPORT).read_text(encoding="utf-8"))
    assert f"7.1 MB -> {report['size_after'] / 1e6:.1f} MB" in text
    assert f"{report['average_bits']:.2f} a weight, 4.16 in the quantised layers" in text
    worst = max(report["layers"], key=lambda layer: layer["relative_error"])
    assert f"{worst['relative_error']:.4f}  {worst['name']}" in text
    assert f"16 bits     {ANSWERS[QUESTION]}\n4 bits      the same" in text
    assert "Memory: about " in text


def test_an_error_is_one_line_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quantize", str(tmp_path), str(tmp_path / "new"), "--iters", "0"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("lorgnette: The folder")
    assert told.count("\n") == 1


def test_ctrl_c_is_one_line_status_130_and_leaves_nothing(tiny_checkpoint: TinyCheckpoint, tmp_path: Path) -> None:
    arguments = ["quantize", str(tiny_checkpoint(Layout.PLAIN)), str(tmp_path / "new"), "--iters", "0"]
    process = subprocess.Popen(
        [sys.executable, "-c", WITH_CTRL_C, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: any(tmp_path.iterdir()))
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert told.splitlines()[-1] == f"lorgnette: Interrupted; nothing was left of “{tmp_path / 'new'}”."
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "code", ["import app.cli", "from app.cli import main\ntry: main(['quantize', '--help'])\nfinally: pass"]
)
def test_nothing_heavy_is_imported_before_it_is_needed(code: str) -> None:
    """Spawned engine processes import `app.cli` again; and help should not take seconds."""
    script = f"import sys, atexit\natexit.register(lambda: print([n for n in {HEAVY} if n in sys.modules]))\n{code}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_says_that_the_command_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "“lorgnette quantize”: quantize a 16-bit model" in " ".join(capsys.readouterr().out.split())
