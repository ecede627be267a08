"""Tesseract as another reader: its table, its absence, and a stand-in for the program itself."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box
from app.engine.reader import read_any_script as any_script
from app.engine.reader.read_any_script import read_any_script
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.tesseract import installed_languages, lines_of_table, read_by_tesseract
from app.engine.reader.tiles import TextMap

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
TABLE = (
    HEAD + "1\t1\t0\t0\t0\t0\t0\t0\t300\t100\t-1\t\n"
    "4\t1\t1\t1\t1\t0\t10\t20\t200\t30\t-1\t\n"
    "5\t1\t1\t1\t1\t1\t10\t20\t90\t30\t90\tДобрый\n"
    "5\t1\t1\t1\t1\t2\t110\t22\t100\t30\t80\tдень\n"
    "5\t1\t1\t1\t2\t1\t10\t60\t90\t30\t70\tмир\n"
)


class NoReader:
    """Never asked: the page is given."""

    def find(self, image: Image.Image) -> list[Quad]:
        raise AssertionError

    def map_tile(self, tile: Image.Image) -> TextMap:
        raise AssertionError

    def boxes(self, text_map: TextMap, size: tuple[int, int]) -> list[Quad]:
        raise AssertionError

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        raise AssertionError


def test_words_become_lines_with_places() -> None:
    one, two = lines_of_table(TABLE)
    assert (one.text, one.box) == ("Добрый день", Box(10, 20, 210, 52))
    assert one.score == pytest.approx(0.85)
    assert two.text == "мир"


@pytest.mark.parametrize("table", ["", HEAD, "5\t1\t1", "5\t1\t1\t1\t1\t1\tx\ty\tz\t1\t1\tword", "\0" * 50])
def test_a_broken_table_is_no_text(table: str) -> None:
    assert lines_of_table(table) == ()


def test_without_tesseract_there_are_no_languages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed_languages() == frozenset()
    assert read_by_tesseract(Image.new("RGB", (30, 30)), ["rus"]) == ()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A `tesseract` that has one pack, and keeps what it was sent."""
    program = tmp_path / "tesseract"
    program.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        "if sys.argv[1] == '--list-langs':\n"
        "    print('List of available languages (2):\\neng\\nrus')\n"
        "else:\n"
        f"    pathlib.Path({str(tmp_path)!r}, 'sent.png').write_bytes(sys.stdin.buffer.read())\n"
        f"    pathlib.Path({str(tmp_path)!r}, 'arguments').write_text(' '.join(sys.argv[1:]))\n"
        f"    sys.stdout.buffer.write({TABLE!r}.encode())\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
def test_it_reads_a_script_that_the_built_in_reader_does_not_know(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = OcrPage(300, 100, (), "A6pbIy", 180, "unsure", script="Cyrillic")
    monkeypatch.setattr(any_script, "read_page", lambda *_: page)

    read = read_any_script(Image.new("RGB", (300, 100), "white"), NoReader(), lambda: None)

    assert (read.text, read.rotation, read.script) == ("Добрый день\nмир", 0, "Cyrillic")
    assert read.notice.startswith("This looks like Cyrillic")
    assert "Tesseract was used (rus)" in read.notice
    assert (stand_in / "arguments").read_text() == "stdin stdout -l rus+eng tsv"
    with Image.open(stand_in / "sent.png") as sent:
        assert (sent.format, sent.size) == ("PNG", (300, 100))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
@pytest.mark.parametrize("script", ["Thai", ""])
def test_without_the_pack_or_the_need_the_page_stays(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    page = OcrPage(300, 100, (), "abc", script=script)
    monkeypatch.setattr(any_script, "read_page", lambda *_: page)
    assert read_any_script(Image.new("RGB", (300, 100), "white"), NoReader(), lambda: None) is page
    assert not (stand_in / "sent.png").exists()
