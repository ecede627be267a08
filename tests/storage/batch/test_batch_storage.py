"""A batch on the disk: which files it has, its journal, and what it never overwrites."""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document

from app.domain.batch.batch import BatchJob, BatchOptions, Entry, FieldCell, InputFile, ItemState, LeftOut, Output
from app.domain.documents.pages import OcrPage
from app.domain.errors import BatchError, DiskError, Problem, ProblemKind, StorageError
from app.domain.images.geometry import Box
from app.domain.proofs.evidence import Evidence
from app.partial_files import PartialFile
from app.storage.batch.batch_folder import BatchFolder
from app.storage.batch.batch_input import find_input_files
from app.storage.batch.batch_journal import FILES_FOR_ALL, NAME, BatchJournal
from app.storage.files.atomic import save_file
from tests.support.batch_backends import page_of

OPTIONS = BatchOptions(outputs=(Output.TEXT, Output.JSON))
SHEET = FILES_FOR_ALL[Output.SPREADSHEET]
CELL = FieldCell("total", "12", "12", Evidence(1, Box(0, 1, 2, 3)))


def entry(name: str = "a.png", state: ItemState = ItemState.DONE, text: str = "long") -> Entry:
    source = InputFile(f"/scans/{name}", name, 12, 34)
    return Entry(source=source, options=OPTIONS.fingerprint, state=state, text=text, cells=(CELL,))


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x", encoding="utf-8")
    return path


def test_folders_are_searched_in_natural_order_and_the_rest_is_counted(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    for name in ("10.png", "2.PNG", "b/1.pdf", "notes.txt", ".hidden.png", ".git/x.png", "out/old.pdf", "video.mp4"):
        touch(scans / name)
    found = find_input_files([str(scans)], scans / "out")
    assert [source.name for source in found.sources] == ["2.PNG", "10.png", "b/1.pdf"]
    assert found.left_out == LeftOut(others=2)
    assert (found.sources[0].size, found.sources[0].modified_ns) == (1, (scans / "2.PNG").stat().st_mtime_ns)


def test_links_that_lead_around_end_and_a_file_counts_once(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    touch(scans / "a.png")
    (scans / "loop").symlink_to(scans)
    (scans / "again.png").symlink_to(scans / "a.png")
    (scans / "gone.png").symlink_to(scans / "nowhere")
    found = find_input_files([str(scans), str(scans / "a.png")], tmp_path / "out")
    assert [source.name for source in found.sources] == ["scans/a.png"]
    assert found.left_out == LeftOut(links=1)


def test_links_that_lead_nowhere_pipes_devices_and_locked_folders_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = tmp_path / "scans"
    touch(scans / "a.png")
    for name, target in (("gone.png", "nowhere"), ("gone", "a.png/x"), ("loop.png", "loop.png"), ("null", os.devnull)):
        (scans / name).symlink_to(target)
    os.mkfifo(scans / "pipe.png")
    (scans / "locked").mkdir()
    scan = os.scandir

    def locked(folder: Path) -> Iterator[os.DirEntry[str]]:
        if folder.name == "locked":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return scan(folder)

    monkeypatch.setattr("app.storage.batch.batch_input.os.scandir", locked)
    found = find_input_files([str(scans)], tmp_path / "out")
    assert [source.name for source in found.sources] == ["a.png"]
    assert found.left_out == LeftOut(links=3, specials=2, folders=1)


def test_files_of_one_name_get_names_of_their_own_and_odd_names_pass(tmp_path: Path) -> None:
    files = [touch(tmp_path / folder / "new\nline.png") for folder in ("a", "b")]
    gone = tmp_path / "gone.png"
    found = find_input_files([*(str(file) for file in files), str(gone)], tmp_path / "out")
    assert [source.name for source in found.sources] == ["new\nline.png", "2 new\nline.png", "gone.png"]
    assert found.sources[2].size == 0


def test_a_folder_is_not_read_and_written_at_once(tmp_path: Path) -> None:
    with pytest.raises(BatchError):
        find_input_files([str(tmp_path)], tmp_path)


def test_the_journal_remembers_and_the_later_line_holds(tmp_path: Path) -> None:
    job = BatchJob(("/scans",), OPTIONS)
    with BatchJournal(tmp_path / "out") as journal:
        journal.begin(job)
        journal.add(entry(state=ItemState.WRITING))
        journal.add(entry("b.png", ItemState.FAILED))
        journal.add(entry())
    with BatchJournal(tmp_path / "out") as journal:
        assert journal.job == job
        assert {name: known.state for name, known in journal.entries.items()} == {
            "a.png": ItemState.DONE,
            "b.png": ItemState.FAILED,
        }
        assert journal.entries["a.png"].text == ""
        assert {known.source.name: known for known in journal.whole()}["a.png"] == entry()


@pytest.mark.parametrize("tail", [b'{"item":{"sou', b"\xff\xfe", b"x" * 200_000])
def test_a_line_that_was_cut_off_costs_nothing_else(tmp_path: Path, tail: bytes) -> None:
    with BatchJournal(tmp_path) as journal:
        journal.add(entry())
    with (tmp_path / NAME).open("ab") as file:
        file.write(tail)
    with BatchJournal(tmp_path) as journal:
        journal.add(entry("b.png"))
    with BatchJournal(tmp_path) as journal:
        assert sorted(journal.entries) == ["a.png", "b.png"]
    assert (tmp_path / NAME).read_bytes().count(b"\n") == 2
    assert not (tmp_path / NAME).read_bytes().endswith(tail)


def test_lines_that_mean_nothing_are_passed_over(tmp_path: Path) -> None:
    with BatchJournal(tmp_path) as journal:
        journal.begin(BatchJob(("scans",), BatchOptions()))
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'[1]\n{"item": {"state": "odd"}}\n\xff\n')
    with BatchJournal(tmp_path) as journal:
        journal.add(entry())
    with BatchJournal(tmp_path) as journal:
        assert list(journal.entries) == ["a.png"]


def test_two_processes_do_not_write_one_journal(tmp_path: Path) -> None:
    with BatchJournal(tmp_path), pytest.raises(StorageError, match="Another Lorgnette"):
        BatchJournal(tmp_path)
    BatchJournal(tmp_path).close()


def test_a_full_disk_leaves_a_whole_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with BatchJournal(tmp_path) as journal:
        journal.add(entry())
        with monkeypatch.context() as full:
            full.setattr("app.storage.batch.batch_journal.os.fsync", _is_full)
            with pytest.raises(StorageError, match="disk is full"):
                journal.add(entry("b.png"))
        assert list(journal.entries) == ["a.png"]
        journal.add(entry("c.png"))
        with pytest.raises(StorageError, match="Another"):
            BatchJournal(tmp_path)
    with BatchJournal(tmp_path) as journal:
        assert list(journal.entries) == ["a.png", "c.png"]


def test_an_unwritable_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="could not be saved"):
        BatchJournal(touch(tmp_path / "file") / "out")


def test_a_foreign_file_is_left_alone_and_ones_own_is_replaced(tmp_path: Path) -> None:
    touch(tmp_path / "a.png.txt")
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        for text in ("old", "new"):
            planned = folder.plan(entry(), OPTIONS)
            assert planned.outputs == ("2 a.png.txt", "a.png.json")
            folder.write(planned, [page_of(text)], None)
    assert (tmp_path / "a.png.txt").read_text() == "x"
    assert (tmp_path / "2 a.png.txt").read_text() == "new\n"


def test_what_was_half_written_is_cleared_away_and_its_names_are_used_again(tmp_path: Path) -> None:
    with BatchJournal(tmp_path) as journal:
        planned = BatchFolder(tmp_path, journal).plan(entry("sub/a.png"), OPTIONS)
    half, foreign = touch(tmp_path / "sub" / "a.png.txt.0123.part"), touch(tmp_path / "sub" / "b.part")
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        folder.remove_partial_files()
        assert folder.plan(entry("sub/a.png"), OPTIONS).outputs == planned.outputs
    assert (half.exists(), foreign.exists()) == (False, True)


def test_a_pdf_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    options = BatchOptions(outputs=(Output.PDF,))
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        planned = folder.plan(entry("sub/a.png"), options)
        partial = folder.partial_pdf(planned)
        assert partial
        touch(partial)
        folder.write(planned, [], partial)
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["a.png.pdf"]


def test_an_image_has_a_file_of_each_format(tmp_path: Path) -> None:
    options = BatchOptions(outputs=(Output.HTML, Output.WORD, Output.HOCR, Output.ALTO))
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        for text in ("old", "Gate B14"):
            written = folder.write(folder.plan(entry(), options), [page_of(text), page_of("Page two")], None)
            assert written.outputs == ("a.png.html", "a.png.docx", "a.png.hocr", "a.png.alto.xml")
    assert [item.text for item in Document(str(tmp_path / "a.png.docx")).paragraphs if item.text] == [
        "Gate B14", "Page two",
    ]  # fmt: skip
    for name in ("a.png.html", "a.png.hocr", "a.png.alto.xml"):
        assert "B14" in (tmp_path / name).read_text()


def test_a_problem_survives_the_journal(tmp_path: Path) -> None:
    problem = Problem(ProblemKind.PASSWORD, "It is locked.", todo="Unlock it.")
    with BatchJournal(tmp_path) as journal:
        journal.add(Entry(source=entry().source, options="x", state=ItemState.FAILED, problem=problem))
    with BatchJournal(tmp_path) as journal:
        assert journal.entries["a.png"].problem == problem


@pytest.mark.parametrize("form", [1, 2])
def test_an_old_journal_opens_and_what_nobody_can_tell_from_an_edited_file_stays(tmp_path: Path, form: int) -> None:
    source = {"path": "/scans/a.png", "name": "a.png", "size": 12, "modified_ns": 34}
    lines: list[dict[str, object]] = [
        {"job": {"sources": ["/scans"], "options": {"outputs": ["txt", "xlsx"]}}},
        {"item": {"source": source, "options": OPTIONS.fingerprint, "state": "done", "outputs": ["a.png.txt"]}},
    ]
    if form == 2:
        lines = [{**lines[0], "form": 2}, lines[1], {"sheet": SHEET}]
    (tmp_path / NAME).write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name in (SHEET, "a.png.txt"):
        touch(tmp_path / name)
    with BatchJournal(tmp_path) as journal:
        assert journal.job
        assert journal.job.sources == ("/scans",)
        assert journal.entries["a.png"].stands_for(entry().source, OPTIONS.fingerprint)
        folder = BatchFolder(tmp_path, journal)
        for _ in range(2):
            done = replace(folder.plan(entry(), BatchOptions()), state=ItemState.DONE)
            written = folder.write(done, [page_of("new")], None)
            assert written.outputs == ("2 a.png.txt",)
            assert folder.save_for_all(Output.SPREADSHEET, ["a.png"], []) == f"2 {SHEET}"
    assert [(tmp_path / name).read_text() for name in (SHEET, "a.png.txt")] == ["x", "x"]


@pytest.mark.parametrize("edited", ["txt", "json", "pdf"])
def test_a_file_that_was_edited_since_stays_and_its_successor_gets_another_name(tmp_path: Path, edited: str) -> None:
    options = BatchOptions(outputs=(Output.TEXT, Output.JSON, Output.PDF))
    for text in ("old", "same size as the next edit", "newest"):
        with BatchJournal(tmp_path) as journal:
            folder = BatchFolder(tmp_path, journal)
            folder.write(*planned_with_pdf(folder, options, text))
        assert len(list(tmp_path.iterdir())) == 4
    file = tmp_path / f"a.png.{edited}"
    times = file.stat()
    file.write_bytes(file.read_bytes().replace(b"newest", b"edited"))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    kept = file.read_bytes()
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        for text in ("later", "last"):
            written = folder.write(*planned_with_pdf(folder, options, text))
    assert file.read_bytes() == kept
    assert f"2 a.png.{edited}" in written.outputs
    assert b"last" in (tmp_path / f"2 a.png.{edited}").read_bytes()
    assert len(list(tmp_path.iterdir())) == 5


def test_a_file_that_is_edited_while_its_successor_is_made_stays(tmp_path: Path) -> None:
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        folder.write(folder.plan(entry(), BatchOptions()), [page_of("old")], None)
        planned = folder.plan(entry(), BatchOptions())
        assert planned.outputs == ("a.png.txt",)
        (tmp_path / "a.png.txt").write_text("annotated")
        assert folder.write(planned, [page_of("new")], None).outputs == ("2 a.png.txt",)
    assert (tmp_path / "a.png.txt").read_text() == "annotated"


@pytest.mark.parametrize("output", FILES_FOR_ALL)
def test_a_file_for_all_that_was_edited_stays(tmp_path: Path, output: Output) -> None:
    name = FILES_FOR_ALL[output]
    with BatchJournal(tmp_path) as journal:
        journal.add(entry())
        folder = BatchFolder(tmp_path, journal)
        assert [folder.save_for_all(output, ["a.png"], fields) for fields in ([], ["total"], [])] == [name] * 3
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"a formula")
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        assert [folder.save_for_all(output, ["a.png"], []) for _ in range(2)] == [f"2 {name}"] * 2
    assert (tmp_path / name).read_bytes().endswith(b"a formula")


def test_one_text_has_all_images_in_order_and_says_which_failed(tmp_path: Path) -> None:
    broken = Problem(ProblemKind.IMAGE, "It is broken.")
    with BatchJournal(tmp_path) as journal:
        journal.add(entry("b.png", text="last"))
        journal.add(replace(entry("a.png", ItemState.FAILED), problem=broken))
        journal.add(entry("c.png", ItemState.WRITING))
        journal.add(entry("b.png", text="newer"))
        folder = BatchFolder(tmp_path, journal)
        name = folder.save_for_all(Output.ONE_TEXT, ["a.png", "b.png", "c.png"], [])
    assert (tmp_path / name).read_text() == (
        "a.png\n=====\n\n[It is broken.]\n\n\nb.png\n=====\n\nnewer\n- total: 12\n\n\n"
    )


def test_a_file_for_all_keeps_what_another_batch_in_the_folder_has_read(tmp_path: Path) -> None:
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        assert folder.save_for_all(Output.ONE_TEXT, [], []) == ""
        assert not (tmp_path / FILES_FOR_ALL[Output.ONE_TEXT]).exists()
        journal.add(entry("10.png", text="ten"))
        journal.add(entry("9.png", text="nine"))
        journal.add(entry("old.png", ItemState.FAILED))
        journal.add(entry("new.png", text="of this batch"))
        for order, texts in ((["new.png"], ["of this batch", "nine", "ten"]), ([], ["nine", "ten", "of this batch"])):
            name = folder.save_for_all(Output.ONE_TEXT, order, [])
            shown = (tmp_path / name).read_text().splitlines()
            assert [line for line in shown if line in texts] == texts


def test_a_journal_finds_an_entry_after_it_was_opened_again(tmp_path: Path) -> None:
    with BatchJournal(tmp_path) as journal:
        for text in ("old", "new"):
            journal.add(entry("a.png", text=text))
            journal.add(entry("b.png", text="other"))
    with BatchJournal(tmp_path) as journal:
        assert [journal.entry(name) for name in ("a.png", "c.png")] == [entry("a.png", text="new"), None]
        journal.add(entry("a.png", text="newest"))
        assert journal.entry("a.png") == entry("a.png", text="newest")


@pytest.mark.parametrize("is_written", [False, True])
def test_a_kill_between_journal_and_file_leaves_the_files_the_batchs_own(
    tmp_path: Path, is_written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the earlier nor the later content is anybody else's."""

    def kill(target: Path, content: bytes) -> None:
        if is_written:
            save_file(target, content)
        raise KeyboardInterrupt

    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        folder.write(folder.plan(entry(), BatchOptions()), [page_of("old")], None)
        planned = folder.plan(entry(), BatchOptions())
        with monkeypatch.context() as killed:
            killed.setattr("app.storage.batch.batch_folder.save_file", kill)
            with pytest.raises(KeyboardInterrupt):
                folder.write(planned, [page_of("new")], None)
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        assert folder.write(folder.plan(entry(), BatchOptions()), [page_of("newest")], None).outputs == ("a.png.txt",)
    assert (tmp_path / "a.png.txt").read_text() == "newest\n"


def planned_with_pdf(folder: BatchFolder, options: BatchOptions, text: str) -> tuple[Entry, list[OcrPage], Path]:
    planned = folder.plan(entry(), options)
    partial = folder.partial_pdf(planned)
    assert partial
    partial.write_text(text)
    return planned, [page_of(text)], partial


def test_the_journal_keeps_names_that_are_no_utf_8(tmp_path: Path) -> None:
    for _ in range(2):
        with BatchJournal(tmp_path) as journal:
            journal.begin(BatchJob(("/scans/\udce9",), OPTIONS))
            journal.add(entry("a\udce9.png"))
            journal.add(entry("日本.png"))
    with BatchJournal(tmp_path) as journal:
        assert journal.job == BatchJob(("/scans/\udce9",), OPTIONS)
        assert list(journal.entries) == ["a\udce9.png", "日本.png"]
        assert sorted(known.source.path for known in journal.whole()) == ["/scans/a\udce9.png", "/scans/日本.png"]


def test_a_batch_that_cannot_keep_its_journal_stops(tmp_path: Path) -> None:
    with BatchJournal(tmp_path / "out") as journal:
        shutil.rmtree(tmp_path / "out")
        with pytest.raises(DiskError):
            journal.add(entry())


def test_names_that_nothing_was_written_to_are_let_go(tmp_path: Path) -> None:
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        folder.write(folder.plan(entry("old.png"), OPTIONS), [page_of("old")], None)
        for name in ("a.png", "old.png"):
            folder.abandon(folder.plan(entry(name), OPTIONS))
        folder.record_failure(entry("old.png", ItemState.FAILED))
        assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "old.png.json", "old.png.txt"]
        assert folder.plan(entry("old.png"), OPTIONS).outputs == ("old.png.txt", "old.png.json")


def test_what_the_present_version_has_half_written_is_cleared_away(tmp_path: Path) -> None:
    with BatchJournal(tmp_path) as journal:
        planned = BatchFolder(tmp_path, journal).plan(entry(), BatchOptions(outputs=(Output.PDF,)))
        half = touch(BatchFolder(tmp_path, journal).partial_pdf(planned) or tmp_path)
        quarter = PartialFile(half)  # What a decoder was handed for it.
        quarter.make()
    with BatchJournal(tmp_path) as journal:
        BatchFolder(tmp_path, journal).remove_partial_files()
    assert not half.exists()
    assert not quarter.path.exists()


def _is_full(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("content", [b"hello my notes", b'{"a": 1}\n', b"a line\nand another\n", b"\x89PNG\r\n\x1a\n"])
def test_somebody_elses_file_is_not_taken_for_a_journal(content: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(StorageError, match="is not a batch journal"):
        BatchJournal(tmp_path)
    assert (tmp_path / NAME).read_bytes() == content


def test_a_journal_with_a_damaged_beginning_keeps_what_is_whole(tmp_path: Path) -> None:
    with BatchJournal(tmp_path) as journal:
        journal.begin(BatchJob(sources=("/scans",), options=OPTIONS))
        journal.add(entry())
    path = tmp_path / NAME
    path.write_bytes(os.urandom(300).replace(b"\n", b"") + b"\n" + path.read_bytes())
    with BatchJournal(tmp_path) as journal:
        assert journal.job is not None
        assert set(journal.entries) == {"a.png"}


@pytest.mark.parametrize("link", ["symbolic", "hard", "device", "pipe", "dangling"])
def test_a_journal_is_never_written_through_a_link(link: str, tmp_path: Path) -> None:
    """It might lead to an image that the batch reads."""
    source, out = tmp_path / "pic.png", tmp_path / "out"
    out.mkdir()
    source.write_bytes(b"")
    match link:
        case "symbolic":
            (out / NAME).symlink_to(source)
        case "hard":
            (out / NAME).hardlink_to(source)
        case "device":
            (out / NAME).symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(out / NAME)
        case _:
            (out / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="is not a batch journal"):
        BatchJournal(out)
    assert source.read_bytes() == b""
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("head", [b"", b"{", b'{"job', b'{"job":{"sour'])
def test_a_journal_whose_first_line_was_cut_off_is_begun_anew(head: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(head)
    with BatchJournal(tmp_path) as journal:
        assert journal.job is None
    assert (tmp_path / NAME).read_bytes() == b""
