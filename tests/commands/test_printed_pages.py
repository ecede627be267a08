"""What `lorgnette ocr` prints of one file and of several, and of files with more images than it reads."""

from pathlib import Path

import pytest
from PIL import Image

from app.cli import main
from app.commands import page_readers
from app.domain.documents.pages import OcrPage

ANIMATION = "This is an animation: only the first of its 3 images was read. Choose others with --pages."


@pytest.fixture(autouse=True)
def read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page has the same text."""
    monkeypatch.setattr(page_readers.BuiltInReader, "read", lambda *_: OcrPage(9, 9, (), "Gate"))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two images, in the current folder."""
    monkeypatch.chdir(tmp_path)
    names = ["a.png", "b.png"]
    for name in names:
        Image.new("RGB", (9, 9)).save(name)
    return names


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("txt", "==> a.png <==\nGate\n\n==> b.png <==\nGate\n"),
        ("md", "## a.png\n\nGate  \n\n## b.png\n\nGate  \n"),
        ("csv", ""),
    ],
)
def test_several_files_are_named(files: list[str], form: str, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ocr", "--format", form, "gone.png", *files])
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(("form", "printed"), [("txt", "Gate\n"), ("md", "Gate  \n")])
def test_a_file_alone_is_not_named(
    files: list[str], form: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ocr", "--format", form, files[0]]) == 0
    assert capsys.readouterr().out == printed
    assert main(["ocr", "--format", "html", files[0]]) == 0
    assert "a.png" not in capsys.readouterr().out


def test_pages_of_a_file_alone_have_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = Image.new("RGB", (9, 9))
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page])
    assert main(["ocr", "--format", "md", str(tmp_path / "a.tif")]) == 0
    assert capsys.readouterr().out == "## Page 1\n\nGate  \n\n## Page 2\n\nGate  \n"
    assert main(["ocr", str(tmp_path / "a.tif")]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("Gate\nGate\n", "")


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_images_of_an_animation_that_are_not_read_are_told(
    tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a.{suffix}"
    first, *others = [Image.new("RGB", (9, 9), colour) for colour in ("red", "lime", "blue")]
    first.save(path, save_all=True, append_images=others, duration=100)
    assert main(["ocr", str(path)]) == 0
    said = capsys.readouterr()
    assert said.out == "Gate\n"
    assert said.err == f"lorgnette: {path}: {ANIMATION}\n"
    assert main(["ocr", "--pages", "1-", str(path)]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("Gate\n" * 3, "")
