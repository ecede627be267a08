"""`lorgnette ask` as its user meets it."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.paths import RESOURCES

NOTE = str(RESOURCES / "samples" / "note.png")
QUESTION = "Where is Boarding?"


def test_the_answer_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "--greedy", NOTE, "How many lines are there?"]) == 0
    assert capsys.readouterr().out == "3 lines\n"


def test_json_has_the_answer_and_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "--greedy", "--json", NOTE, QUESTION]) == 0
    said = json.loads(capsys.readouterr().out)
    assert "bbox_2d" in said["answer"]
    assert said["model"].startswith("Demo")
    assert said["stats"]["visual_tokens"] > 0


def test_what_is_no_model_or_no_image_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "--model", str(tmp_path), NOTE, QUESTION]) == 1
    assert main(["ask", str(tmp_path / "gone.png"), QUESTION]) == 1
    assert [line.partition(" ")[0] for line in capsys.readouterr().err.splitlines()] == ["lorgnette:"] * 2
