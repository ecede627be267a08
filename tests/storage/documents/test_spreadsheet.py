"""Spreadsheets, opened again by looking into the file."""

import re
import zipfile
from pathlib import Path

import pytest

from app.domain.documents.worksheets import WorksheetCell, WorksheetData
from app.domain.errors import StorageError
from app.storage.documents import spreadsheet
from app.storage.documents.spreadsheet import MAX_TEXT_CHARS, save_workbook


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def strings(path: Path) -> list[str]:
    return re.findall(r"<t[^>]*>(.*?)</t>", part(path, "xl/sharedStrings.xml"), re.DOTALL)


def test_texts_and_numbers_are_what_they_were(tmp_path: Path) -> None:
    save_workbook(tmp_path / "a.xlsx", [WorksheetData("One", [["Price", "日本"], ["12.50", "007"]])])
    assert strings(tmp_path / "a.xlsx") == ["Price", "日本", "007"]
    assert "<v>12.5</v>" in part(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml")


def test_nothing_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    texts = ["=1+1", "http://example.org", "{=A1}", "mailto:a@b"]
    save_workbook(tmp_path / "a.xlsx", [WorksheetData("One", [texts])])
    assert strings(tmp_path / "a.xlsx") == texts
    sheet = part(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml")
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_doubts_are_coloured_and_explained(tmp_path: Path) -> None:
    save_workbook(
        tmp_path / "a.xlsx",
        [WorksheetData("One", [["Total"], [WorksheetCell("9", is_flagged=True, note="No evidence")]])],
    )
    assert "FFE7A3" in part(tmp_path / "a.xlsx", "xl/styles.xml")
    assert "No evidence" in part(tmp_path / "a.xlsx", "xl/comments1.xml")


def test_spans_are_merged(tmp_path: Path) -> None:
    save_workbook(tmp_path / "a.xlsx", [WorksheetData("One", [["wide", "", "x"]], [(0, 0, 1, 2)])])
    assert '<mergeCell ref="A1:B1"/>' in part(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml")
    assert strings(tmp_path / "a.xlsx") == ["wide", "x"]


def test_names_are_such_as_spreadsheets_take(tmp_path: Path) -> None:
    names = ["a/b:[c]", "A B  C ", "", "x" * 40, "x" * 50, "history"]
    save_workbook(tmp_path / "a.xlsx", [WorksheetData(name, [["1"]]) for name in names])
    found = re.findall(r'<sheet name="([^"]*)"', part(tmp_path / "a.xlsx", "xl/workbook.xml"))
    assert len(found) == len({name.casefold() for name in found}) == 6
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in found)
    assert "history" not in found


def test_odd_texts_do_no_harm(tmp_path: Path) -> None:
    save_workbook(tmp_path / "a.xlsx", [WorksheetData("One", [["a\x00b\x0bc\ud800", "y" * 40_000]])])
    first, second = strings(tmp_path / "a.xlsx")
    assert first == "a\ufffdb\ufffdc\ufffd"
    assert len(second) == MAX_TEXT_CHARS
    assert second.endswith("…")


def test_where_it_cannot_be_written_what_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError):
        save_workbook(tmp_path / "file" / "a.xlsx", [WorksheetData("One", [["1"]])])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["x" * 30 + "'y", "\ud800 page", "😀" * 20, "'", "History"])
def test_names_that_a_cut_or_a_letter_would_spoil(tmp_path: Path, name: str) -> None:
    save_workbook(tmp_path / "a.xlsx", [WorksheetData(name, [["1"]]), WorksheetData(name, [["2"]])])
    found = re.findall(r'<sheet name="([^"]*)"', part(tmp_path / "a.xlsx", "xl/workbook.xml"))
    assert len({name.casefold() for name in found}) == 2
    assert all(0 < len(name.encode("utf-16-le")) // 2 <= 31 and not name.endswith("'") for name in found)


def test_the_length_of_a_text_is_what_excel_counts(tmp_path: Path) -> None:
    save_workbook(tmp_path / "a.xlsx", [WorksheetData("One", [["😀" * MAX_TEXT_CHARS, "y" * MAX_TEXT_CHARS]])])
    cut, whole = strings(tmp_path / "a.xlsx")
    assert len(cut.encode("utf-16-le")) // 2 == MAX_TEXT_CHARS
    assert cut.endswith("😀…")
    assert whole == "y" * MAX_TEXT_CHARS


def test_long_numbers_stay_as_they_are_read(tmp_path: Path) -> None:
    save_workbook(tmp_path / "a.xlsx", [WorksheetData("One", [["9556939040116", "12345678901"]])])
    assert strings(tmp_path / "a.xlsx") == ["9556939040116"]
    assert "<v>12345678901</v>" in part(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml")


def test_too_many_rows_are_refused_and_not_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_ROWS", 2)
    (tmp_path / "a.xlsx").write_text("old")
    with pytest.raises(StorageError, match="row limit"):
        save_workbook(tmp_path / "a.xlsx", [WorksheetData("One", [["1"]] * 3)])
    assert (tmp_path / "a.xlsx").read_text() == "old"
