"""`lorgnette ocr` as its user meets it."""

import errno
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import pdfa
from PIL import Image

from app.cli import main
from app.commands import page_readers
from app.domain.documents.page_formats import TSV_HEAD
from app.domain.documents.pages import UNREAD, OcrPage
from app.domain.images.geometry import Point, TextLine
from app.paths import DEMO_MODEL, RESOURCES
from tests.support.documents import damaged_tiff, locked_pdf, scanned_pdf, written_pdf

NOTE = str(RESOURCES / "samples" / "note.png")
LINES = ["Gate B14", "Boarding 09:35", "Luggage: 23 kg"]


PDF_WRONG = (
    ["ocr", "--format", "pdf", NOTE, NOTE],
    ["ocr", "--format", "xlsx", NOTE, NOTE],
    ["ocr", "--format", "pdf", "--pages", "1", NOTE],
    ["ocr", "--pdf-a", NOTE],
    ["ocr", "--pages", "3-1", NOTE],
)


class Standard:
    """Standard input that has these bytes."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


def test_the_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ocr", NOTE]) == 0
    assert capsys.readouterr().out.splitlines() == LINES


def test_an_image_comes_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Standard(Path(NOTE).read_bytes()))
    assert main(["ocr", "-", "--format", "json"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert (page["file"], page["width"], page["height"]) == ("-", 512, 206)
    assert [line["text"] for line in page["lines"]] == LINES
    first = page["lines"][0]
    assert 0 < first["box"]["left"] < first["box"]["right"] < 512
    assert [set(corner) for corner in first["quad"]] == [{"x", "y"}] * 4


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(Path(NOTE).read_bytes()[:60])
    assert main(["ocr", str(broken), NOTE, str(tmp_path / "gone.png"), "--format", "tsv"]) == 1
    said = capsys.readouterr()
    rows = said.out.splitlines()
    assert rows[0] == TSV_HEAD
    assert [row.split("\t")[-1] for row in rows[1:]] == LINES
    assert [line.partition(" ")[0] for line in said.err.splitlines()] == ["lorgnette:", "lorgnette:"]
    assert "“broken.png” is damaged" in said.err


def test_files_of_one_name_get_files_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "note.png"
    Image.open(NOTE).save(other)
    out = tmp_path / "texts"
    assert main(["ocr", NOTE, str(other), "-o", str(out), "--format", "md"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["2 note.png.md", "note.png.md"]
    assert (out / "note.png.md").read_text() == f"## {NOTE}\n\n" + "".join(f"{line}  \n" for line in LINES)
    assert capsys.readouterr().out == ""


def test_the_model_reads_where_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ocr", "--reader", "model", "--model", str(DEMO_MODEL), NOTE]) == 0
    assert capsys.readouterr().out.splitlines() == LINES


def test_the_model_reads_where_the_reader_is_unsure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unsure = OcrPage(512, 206, (), "G@te", notice="Parts may be wrong.")
    monkeypatch.setattr(page_readers.BuiltInReader, "read", lambda *_: unsure)
    assert main(["ocr", NOTE]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("G@te\n", f"lorgnette: {NOTE}: Parts may be wrong.\n")
    assert main(["ocr", "--model", str(DEMO_MODEL), NOTE]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == LINES
    assert "uncertain, so the model reads it" in said.err


def test_lines_that_were_not_read_well_are_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    corners = (Point(0, 0), Point(9, 0), Point(9, 9), Point(0, 9))
    lines = tuple(
        TextLine.between(text, corners, score) for text, score in (("Gate", 0.9), (UNREAD, 0.1), ("B1A", 0.4))
    )
    page = OcrPage(512, 206, lines, f"Gate\n{UNREAD}\nB1A")
    monkeypatch.setattr(page_readers.BuiltInReader, "read", lambda *_: page)
    assert main(["ocr", NOTE]) == 0
    said = capsys.readouterr()
    assert said.out == f"Gate\n{UNREAD}\nB1A\n"
    assert said.err == f"lorgnette: {NOTE}: 2 lines are uncertain, or {UNREAD} if unread.\n"


def test_wrong_arguments_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["ocr"], ["ocr", "--reader", "model", NOTE], ["ocr", "--format", "odt", NOTE], *PDF_WRONG):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["ocr", NOTE, "-o", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.startswith("lorgnette: ")


def test_reading_loads_neither_qt_nor_a_model_runtime() -> None:
    script = (
        "import sys; from app.cli import main; main(sys.argv[1:]);"
        "print([name for name in ('PySide6', 'torch', 'openvino', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script, "ocr", NOTE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [*LINES, "[]"]


def test_a_reader_that_has_had_enough_is_no_error_of_ours() -> None:
    command = [sys.executable, "-m", "app", "ocr", NOTE, NOTE, NOTE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reading:
        assert reading.stdout
        assert reading.stderr
        reading.stdout.close()
        complaints = reading.stderr.read()
    assert "Traceback" not in complaints
    assert "BrokenPipe" not in complaints
    assert reading.returncode == 1


def test_a_document_is_read_page_by_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scanned = scanned_pdf(tmp_path / "scan.pdf", ["Gate B14", "Platform 7"])
    written = written_pdf(tmp_path / "letter.pdf", "The total of all items is 12.40 EUR")
    assert main(["ocr", str(scanned), str(written), "--format", "json"]) == 0
    pages = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(page["file"], page["text"]) for page in pages] == [
        (f"{scanned}:1", "Gate B14"),
        (f"{scanned}:2", "Platform 7"),
        (f"{written}:1", "The total of all items is 12.40 EUR"),
    ]
    assert main(["ocr", str(scanned), "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "scan.pdf.txt").read_text() == "Gate B14\nPlatform 7\n"


def test_a_scan_becomes_a_pdf_that_can_be_searched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scanned = scanned_pdf(tmp_path / "scan.pdf", ["Gate B14", "Platform 7"])
    assert main(["ocr", "--format", "pdf", "-o", str(tmp_path / "out"), str(scanned), NOTE]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["note.pdf", "scan.pdf"]
    assert main(["ocr", str(tmp_path / "out" / "note.pdf")]) == 0
    assert capsys.readouterr().out.split() == " ".join(LINES).split()


def test_pages_are_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scanned = str(scanned_pdf(tmp_path / "scan.pdf", ["One fish", "Two fish", "Red fish"]))
    assert main(["ocr", "--pages", "2-", scanned]) == 0
    assert capsys.readouterr().out.splitlines() == ["Two fish", "Red fish"]
    assert main(["ocr", "--pages", "7", scanned]) == 1
    assert "3 pages" in capsys.readouterr().err


def test_a_password_comes_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    locked = str(locked_pdf(tmp_path / "a.pdf", "The total of all items is 12.40 EUR", "sesame"))
    assert main(["ocr", locked]) == 1
    assert "password" in capsys.readouterr().err
    (tmp_path / "secret").write_text("sesame\n")
    assert main(["ocr", "--password-file", str(tmp_path / "secret"), locked]) == 0
    assert "12.40" in capsys.readouterr().out
    (tmp_path / "secret").write_text("")
    assert main(["ocr", "--password-file", str(tmp_path / "secret"), locked]) == 1
    assert "no password" in capsys.readouterr().err


def test_a_searchable_pdf_never_replaces_what_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scanned = scanned_pdf(tmp_path / "scan.pdf", ["Gate B14"])
    Image.open(NOTE).save(tmp_path / "scan.png")
    original = scanned.read_bytes()
    assert main(["ocr", "--format", "pdf", "-o", str(tmp_path), str(tmp_path / "scan.png"), str(scanned)]) == 0
    assert scanned.read_bytes() == original
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2 scan.pdf", "3 scan.pdf", "scan.pdf", "scan.png"]


def test_pdf_a_is_written_or_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = str(written_pdf(tmp_path / "a.pdf", "The total of all items is 12.40 EUR"))
    how = ["ocr", "--format", "pdf", "--pdf-a", "--deskew", "--compress", "-o", str(tmp_path / "out")]
    assert main([*how, NOTE, written]) == 1
    assert "cannot become PDF/A" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["note.pdf"]
    assert pdfa.validate_written(tmp_path / "out" / "note.pdf", "2b").passed


def test_a_copy_without_the_originals_encryption_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    locked = str(locked_pdf(tmp_path / "a.pdf", "The total of all items is 12.40 EUR", "sesame"))
    (tmp_path / "secret").write_text("sesame\n")
    out = str(tmp_path / "out")
    assert main(["ocr", "--format", "pdf", "--password-file", str(tmp_path / "secret"), "-o", out, locked]) == 0
    said = capsys.readouterr()
    assert "opens without a password" in said.err
    assert "sesame" not in said.out + said.err
    assert main(["ocr", "--format", "pdf", "-o", out, NOTE]) == 0
    assert capsys.readouterr().err == ""


def pdf_with_table(path: Path) -> Path:
    """A page with a table of four rows, and one with a sentence."""
    rows = [("Item", "Count", "Price"), ("Apples", "12", "3.40"), ("Pears", "7", "2.10"), ("Plums", "31", "9.99")]
    cells = [
        f"1 0 0 1 {72 + 150 * column} {700 - 30 * row} Tm ({text}) Tj"
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]
    with (
        pikepdf.open(written_pdf(path.with_name("w.pdf"), "x")) as pdf,
        pikepdf.open(written_pdf(path.with_name("x.pdf"), "The same words again")) as other,
    ):
        pdf.pages[0].Contents = pdf.make_stream(f"BT /F1 14 Tf {' '.join(cells)} ET".encode())
        pdf.pages.append(other.pages[0])
        pdf.save(path)
    return path


def sheets(content: bytes) -> dict[str, str]:
    """The XML of each sheet of a spreadsheet by its name, texts in their places."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = re.findall(r'<sheet name="([^"]*)"', archive.read("xl/workbook.xml").decode())
        texts = re.findall(r"<t[^>]*>(.*?)</t>", archive.read("xl/sharedStrings.xml").decode(), re.DOTALL)
        parts = [archive.read(f"xl/worksheets/sheet{number}.xml").decode() for number in range(1, len(names) + 1)]
    told = [re.sub(r't="s"><v>(\d+)</v>', lambda found: f">{texts[int(found[1])]}<", part) for part in parts]
    return dict(zip(names, told, strict=True))


def test_tables_are_found_in_the_text_that_a_document_carries(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ocr", "--format", "csv", str(pdf_with_table(tmp_path / "table.pdf"))]) == 0
    assert "Apples,12,3.40" in capsys.readouterr().out


def test_tables_become_sheets_and_so_does_the_text_of_pages_without_one(tmp_path: Path) -> None:
    path, out = pdf_with_table(tmp_path / "table.pdf"), tmp_path / "out"
    assert main(["ocr", "--format", "xlsx", str(path), NOTE, str(tmp_path / "gone.png"), "-o", str(out)]) == 1
    assert sorted(file.name for file in out.iterdir()) == ["note.png.xlsx", "table.pdf.xlsx"]
    found = sheets((out / "table.pdf.xlsx").read_bytes())
    assert list(found) == ["Page 1, table 1", "Page 2"]
    assert ">Apples<" in found["Page 1, table 1"]
    assert "<v>3.4</v>" in found["Page 1, table 1"]
    assert ">The same words again<" in found["Page 2"]
    (note,) = sheets((out / "note.png.xlsx").read_bytes()).values()
    assert all(f">{line}<" in note for line in LINES)


def test_a_spreadsheet_goes_to_standard_output(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = pdf_with_table(tmp_path / "table.pdf")
    assert main(["ocr", "--format", "xlsx", "--pages", "2", str(path)]) == 0
    assert list(sheets(capfdbinary.readouterr().out)) == ["Page 2"]


def test_a_file_that_was_never_read_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.open(NOTE).convert("RGB").save(tmp_path / "photo.jpg")
    standing = {"photo.pdf": "a contract", "photo.jpg.txt": "notes", "photo.jpg.xlsx": "a budget"}
    for name, content in standing.items():
        (tmp_path / name).write_text(content)
    for form, name in (("pdf", "photo.pdf"), ("txt", "photo.jpg.txt"), ("xlsx", "photo.jpg.xlsx")):
        assert main(["ocr", "--format", form, "-o", str(tmp_path), str(tmp_path / "photo.jpg")]) == 0
        assert (tmp_path / name).read_text() == standing[name]
        assert (tmp_path / f"2 {name}").stat().st_size > 0
        assert f"2 {name}" in capsys.readouterr().err
    assert main(["ocr", "--overwrite", "-o", str(tmp_path), str(tmp_path / "photo.jpg")]) == 0
    assert (tmp_path / "photo.jpg.txt").read_text().splitlines() == LINES
    assert capsys.readouterr().err == ""


def test_a_name_that_cannot_be_written_costs_that_file_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / f"{'長' * 83}.png"
    names = [tmp_path / name for name in ("locked.png", "日本語.png", "it's \u200bodd.png")]
    for path in (long, *names):
        path.write_bytes(Path(NOTE).read_bytes())
    monkeypatch.setattr(os, "open", _refuses(os.open, "locked.png.txt"))
    assert main(["ocr", "-o", str(tmp_path / "out"), str(long), *map(str, names)]) == 1
    found = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(found) == 3
    assert {"日本語.png.txt", "it's \u200bodd.png.txt"} < set(found)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "“locked.png.txt” could not be saved" in told[1]


def test_a_drive_that_refuses_ends_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "open", _refuses(os.open, "note.png.txt", errno.ENOSPC))
    assert main(["ocr", "-o", str(tmp_path / "out"), NOTE, NOTE, NOTE]) == 1
    told = capsys.readouterr().err
    assert told.count("disk is full") == 1
    assert told.endswith("The other 2 files were not read.\n")
    assert main(["ocr", "-o", str(tmp_path / "out"), NOTE, NOTE]) == 1
    assert capsys.readouterr().err.endswith("The last file was not read.\n")
    assert not list((tmp_path / "out").iterdir())


def test_pages_of_a_document_with_a_long_name_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scanned = scanned_pdf(tmp_path / "scan.pdf", ["Gate B14"])
    long = scanned.rename(tmp_path / f"{'x' * 251}.pdf")
    assert main(["ocr", str(long)]) == 0
    assert capsys.readouterr().out == "Gate B14\n"


@pytest.mark.timeout(60)
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    names = [str(tmp_path / name) for name in ("pipe.png", "zero.png", "loop.png")]
    assert main(["ocr", *names, NOTE]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"==> {NOTE} <==", *LINES]
    assert [line.split("”")[0] for line in said.err.splitlines()] == [
        f"lorgnette: “{name}" for name in ("pipe.png", "zero.png", "loop.png")
    ]


def _refuses(opened: Callable[..., int], name: str, number: int = errno.EACCES) -> Callable[..., int]:
    def refuse(path: str | Path, *arguments: int, **options: int) -> int:
        if Path(path).name == name:
            raise OSError(number, os.strerror(number))
        return opened(path, *arguments, **options)

    return refuse


def test_what_decoders_remark_is_not_printed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from app.cli import main; sys.exit(main())", "ocr", "a.tif"],
        cwd=damaged_tiff(tmp_path / "a.tif").parent,
        env={**os.environ, "PYTHONPATH": str(RESOURCES.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = done.stderr.splitlines()
    assert line.startswith("lorgnette: “a.tif” is damaged or incomplete.")
