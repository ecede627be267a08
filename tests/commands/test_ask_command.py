"""`lorgnette ask` as its user meets it."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.commands import server_choice
from app.paths import RESOURCES, Paths
from tests.support.chat_server import chat_server, end, event, piece

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


def test_a_server_answers_about_the_image_where_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server_choice, "default_paths", lambda: Paths.under(tmp_path))
    monkeypatch.setenv(server_choice.KEY, "a-key")
    with chat_server() as server:
        server.answer = [piece("At "), piece("B14."), end()]
        asked = ["ask", "--json", "--server", server.address, "--server-model", "qwen3-vl", NOTE, "Which gate?"]
        assert main(asked) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["answer"] == "At B14."
    assert said["model"].startswith("qwen3-vl")
    ((image, question),) = (message["content"] for message in server.requests[0]["messages"])
    assert image["type"] == "image_url"
    assert question["text"] == "Which gate?"


def test_a_folder_and_a_server_are_not_both_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ask", "--model", ".", "--server", "gpu-box:8000", NOTE, QUESTION])
    assert ended.value.code == 2
    assert "not allowed with argument --model" in capsys.readouterr().err


def test_an_empty_question_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ask", "a.png", "  "])
    assert ended.value.code == 2
    assert "the question is empty" in capsys.readouterr().err


def test_reasoning_is_not_printed_and_no_answer_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server_choice, "default_paths", lambda: Paths.under(tmp_path))
    thought = event(choices=[{"delta": {"reasoning_content": "A sign, so "}}])
    with chat_server() as server:
        asked = ["ask", "--server", server.address, "--server-model", "qwen3-vl", NOTE, "Which gate?"]
        server.answer = [thought, piece("B14."), end()]
        assert main(asked) == 0
        assert capsys.readouterr().out == "B14.\n"
        server.answer = [thought, end("length")]
        assert main(asked) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "The model thought, but gave no answer." in said.err
