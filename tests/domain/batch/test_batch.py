"""What a batch may be asked to do, and how it is told."""

import json

import pytest
from lxml import etree  # type: ignore[import-untyped]

from app.domain.batch.batch import (
    BatchOptions,
    BatchProgress,
    Entry,
    FieldCell,
    InputFile,
    ItemState,
    Output,
    natural_key,
)
from app.domain.batch.batch_formats import SCHEMA, batch_document, sheet_head, sheet_row
from app.domain.documents.clean_up import CleanUp
from app.domain.documents.fields import Field
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.errors import BatchError, Problem, ProblemKind
from app.domain.images.geometry import Box
from app.domain.proofs.evidence import Evidence
from app.storage.files.output_files import fitting
from tests.support.batch_backends import page_of

SOURCE = InputFile("/scans/a.png", "a.png", 12, 34)
PAGES = [page_of("Gate B14\nBoarding"), page_of("Page two")]
CELLS = (
    FieldCell("gate", "B14", "Gate B14", Evidence(0, Box(0, 0, 80, 20))),
    FieldCell("time", "09:35", "09:35"),
    FieldCell("seat", "", ""),
)
ENTRY = Entry(source=SOURCE, options="x", state=ItemState.DONE, pages=2, cells=CELLS)


@pytest.mark.parametrize(
    "options",
    [
        BatchOptions(outputs=()),
        BatchOptions(fields=(Field("date"),), outputs=(Output.SPREADSHEET,)),
        BatchOptions(fields=(Field("date"),), outputs=(Output.TEXT,), model="/m"),
        BatchOptions(reader=ReaderChoice.MODEL),
    ],
)
def test_what_cannot_be_done_is_refused(options: BatchOptions) -> None:
    with pytest.raises(BatchError):
        options.check()


def test_other_options_or_a_changed_file_are_not_done_yet() -> None:
    options = BatchOptions()
    entry = Entry(source=SOURCE, options=options.fingerprint, state=ItemState.DONE)
    assert entry.stands_for(SOURCE, BatchOptions().fingerprint)
    assert not entry.stands_for(SOURCE, BatchOptions(outputs=(Output.JSON,)).fingerprint)
    assert not entry.stands_for(SOURCE, BatchOptions(clean_up=CleanUp(is_main_text=True)).fingerprint)
    assert not entry.stands_for(InputFile("/scans/a.png", "a.png", 12, 35), options.fingerprint)


def test_a_file_is_known_by_its_name_even_if_that_was_cut() -> None:
    for output in (output for output in Output if not output.is_for_all):
        assert Output.of_name(f"a.png.{output.suffix}") is output
        assert Output.of_name(fitting(f"{'a' * 300}.{output.suffix}")) is output


def test_names_are_in_the_order_in_which_people_count() -> None:
    names = ["page 10.png", "Page 2.png", "b/1.png", "a/2.png", "a/10.png", "a.png", "page 2a.png"]
    in_order = ["a/2.png", "a/10.png", "a.png", "b/1.png", "Page 2.png", "page 2a.png", "page 10.png"]
    assert sorted(names, key=natural_key) == in_order


def test_the_time_left_is_told_from_this_runs_pace() -> None:
    assert BatchProgress(10, earlier=4, seconds=5).seconds_left is None
    progress = BatchProgress(10, earlier=4, done=1, failed=1, seconds=5)
    assert (progress.left, progress.seconds_left) == (4, 10)


def test_json_says_what_bears_each_field_out() -> None:
    found = json.loads(batch_document(ENTRY, PAGES, Output.JSON))
    assert found["schema"] == SCHEMA
    assert found["source"] == {"name": "a.png", "path": "/scans/a.png", "bytes": 12, "modified": 34}
    assert [(page["number"], page["text"]) for page in found["pages"]] == [(1, "Gate B14\nBoarding"), (2, "Page two")]
    assert found["pages"][0]["lines"][0]["box"] == {"left": 0, "top": 0, "right": 80, "bottom": 20}
    evidence = {field["name"]: field["evidence"] for field in found["fields"]}
    box = {"left": 0, "top": 0, "right": 80, "bottom": 20}
    assert evidence == {"gate": {"page": 1, "box": box}, "time": None, "seat": None}
    assert found["problem"] is None


def test_text_and_markdown_keep_lines_and_pages_apart() -> None:
    assert batch_document(ENTRY, PAGES, Output.TEXT) == "Gate B14\nBoarding\n\nPage two\n"
    markdown = batch_document(ENTRY, PAGES, Output.MARKDOWN)
    assert markdown.startswith("## a.png, page 1\n\nGate B14  \nBoarding  \n")
    assert "- time: 09:35 (no evidence on the image)" in markdown


@pytest.mark.parametrize("form", [Output.HTML, Output.HOCR, Output.ALTO])
def test_structured_files_have_every_page(form: Output) -> None:
    made = batch_document(ENTRY, PAGES, form)
    assert "B14" in made
    assert "a.png, page 2" in made
    assert etree.fromstring(made.encode(), etree.HTMLParser() if form is Output.HTML else None) is not None


def test_a_row_marks_what_nothing_bears_out() -> None:
    names = ["gate", "time", "seat"]
    row = sheet_row(ENTRY, names)
    assert len(row) == len(sheet_head(names))
    assert [(cell.text, cell.is_flagged) for cell in row] == [
        ("a.png", False), ("B14", False), ("09:35", True), ("", False), ("2", False), ("", False),
    ]  # fmt: skip
    assert "page 1" in row[1].note
    assert "Not found" in row[2].note
    failed = Entry(source=SOURCE, options="x", state=ItemState.FAILED, problem=Problem(ProblemKind.IMAGE, "Broken."))
    assert [cell.text for cell in sheet_row(failed, names)] == ["a.png", "", "", "", "", "Broken."]
