"""A batch on the disk: which files it has, its journal, and what it never overwrites."""

import errno
import os
from pathlib import Path

import pytest

from app.domain.batch import BatchOptions, Entry, FieldCell, ItemState, Job, Output, Source
from app.domain.errors import BatchError, Problem, ProblemKind, StorageError
from app.domain.evidence import Evidence
from app.domain.regions import Box
from app.storage.batch_folder import BatchFolder
from app.storage.batch_journal import NAME, BatchJournal
from app.storage.batch_sources import find_sources
from tests.support.batch_backends import page_of

OPTIONS = BatchOptions(outputs=(Output.TEXT, Output.JSON))
CELL = FieldCell("total", "12", "12", Evidence(1, Box(0, 1, 2, 3)))


def entry(name: str = "a.png", state: ItemState = ItemState.DONE, text: str = "long") -> Entry:
    source = Source(f"/scans/{name}", name, 12, 34)
    return Entry(source=source, options=OPTIONS.fingerprint, state=state, text=text, cells=(CELL,))


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x", encoding="utf-8")
    return path


def test_folders_are_searched_in_natural_order_and_the_rest_is_counted(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    for name in ("10.png", "2.PNG", "b/1.pdf", "notes.txt", ".hidden.png", ".git/x.png", "out/old.pdf", "film.mp4"):
        touch(scans / name)
    found = find_sources([str(scans)], scans / "out")
    assert [source.name for source in found.sources] == ["2.PNG", "10.png", "b/1.pdf"]
    assert found.skipped == 2
    assert (found.sources[0].size, found.sources[0].modified_ns) == (1, (scans / "2.PNG").stat().st_mtime_ns)


def test_links_that_lead_around_end_and_a_file_counts_once(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    touch(scans / "a.png")
    (scans / "loop").symlink_to(scans)
    (scans / "again.png").symlink_to(scans / "a.png")
    (scans / "gone.png").symlink_to(scans / "nowhere")
    found = find_sources([str(scans), str(scans / "a.png")], tmp_path / "out")
    assert [source.name for source in found.sources] == ["scans/a.png"]


def test_files_of_one_name_get_names_of_their_own_and_odd_names_pass(tmp_path: Path) -> None:
    files = [touch(tmp_path / folder / "new\nline.png") for folder in ("a", "b")]
    gone = tmp_path / "gone.png"
    found = find_sources([*(str(file) for file in files), str(gone)], tmp_path / "out")
    assert [source.name for source in found.sources] == ["new\nline.png", "2 new\nline.png", "gone.png"]
    assert found.sources[2].size == 0


def test_a_folder_is_not_read_and_written_at_once(tmp_path: Path) -> None:
    with pytest.raises(BatchError):
        find_sources([str(tmp_path)], tmp_path)


def test_the_journal_remembers_and_the_later_line_holds(tmp_path: Path) -> None:
    job = Job(("/scans",), OPTIONS)
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
    (tmp_path / NAME).write_bytes(b'[1]\n{"item": {"state": "odd"}}\n\xff\n')
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
            full.setattr("app.storage.batch_journal.os.fsync", _is_full)
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
    touch(tmp_path / "sub" / "a.png.txt")
    with BatchJournal(tmp_path) as journal:
        folder = BatchFolder(tmp_path, journal)
        folder.clear_away()
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


def test_a_problem_survives_the_journal(tmp_path: Path) -> None:
    problem = Problem(ProblemKind.PASSWORD, "It is locked.", todo="Unlock it.")
    with BatchJournal(tmp_path) as journal:
        journal.add(Entry(source=entry().source, options="x", state=ItemState.FAILED, problem=problem))
    with BatchJournal(tmp_path) as journal:
        assert journal.entries["a.png"].problem == problem


def _is_full(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
