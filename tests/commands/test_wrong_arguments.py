"""Arguments that are refused, and what is said of them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from app import bootstrap
from app.cli import main
from app.commands import ocr
from app.domain.documents.page_formats import PageFormat
from app.paths import RESOURCES

NOTE = str(RESOURCES / "samples" / "note.png")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ocr", "--format", "doc", "x"], "argument --format: “doc” is not one of its values: txt, md, html, json, "),
        (["ocr", "--reader", "me", "x"], "argument --reader: “me” is not one of its values: auto, builtin, model\n"),
        (["batch", "--format", "doc", "x", "-o", "y"], "argument --format: “doc” is not one of its values: txt, md, "),
        (["batch", "--reader", "me", "x", "-o", "y"], "--reader: “me” is not one of its values: auto, builtin, model"),
        (["quantize", "--format", "gguf", "x", "y"], "argument --format: “gguf” is not one of its values: "),
        (["completion", "csh"], "argument shell: “csh” is not one of its values: bash, zsh, fish\n"),
        (["bench", "--sides", "wide"], "argument --sides: “wide” is not a number from 64 to 4096\n"),
        (["ocr", "--pages", "0,x,2", "x"], "“0”, “x” are not pages or ranges of pages, counted from 1; use a form"),
        (["ocr", "--pages", "3-1", "x"], "“3-1” is not a page or a range of pages, counted from 1; use a form"),
        (["frobnicate"], "“frobnicate” is neither a command nor a file. Commands: ocr, ask, "),
        ([NOTE, "orc"], "“orc” is neither a command nor a file. Commands: ocr, ask, "),
    ],
)
def test_the_error_names_the_value_and_what_is_possible(
    arguments: Sequence[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "run_application", lambda *_, **__: 0)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_choices_become_the_enum_and_words_beside_it() -> None:
    form = ocr.parser().parse_args(["--format", "md", NOTE]).format
    assert isinstance(form, PageFormat)
    assert ocr.parser().parse_args(["--format", "pdf", NOTE]).format == "pdf"


@pytest.mark.parametrize("name", ["gone.png", "./frobnicate", "folder/frobnicate"])
def test_a_missing_file_is_left_to_the_window(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "run_application", lambda *_, **__: 7)
    assert main([name]) == 7


def test_a_file_without_a_suffix_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "run_application", lambda *_, **__: 7)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo").write_bytes(b"x")
    (tmp_path / "link").symlink_to("nowhere")
    assert main(["photo", "link"]) == 7


def test_a_folder_without_a_model_is_told_even_if_no_model_is_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["ocr", NOTE], ["batch", NOTE, "-o", str(tmp_path / "out")]):
        assert main([*arguments, "--model", str(tmp_path)]) == 1
        assert "has no config.json, so it is not a complete model" in capsys.readouterr().err
        assert main([*arguments, "--model", str(tmp_path / "gone")]) == 1
        assert "The model folder “gone” no longer exists" in capsys.readouterr().err
