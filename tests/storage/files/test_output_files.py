"""One rule for the names of outputs: nothing that is not ours is written over, whatever it is called."""

import errno
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.errors import DiskError, ImageError, StorageError
from app.storage.files.output_files import MAX_NAME_BYTES, OutputFiles, fitting
from tests.support.error_texts import error_text

Told = list[tuple[str, str]]


def outputs(folder: Path, *sources: Path, overwrites: bool = False, told: Told | None = None) -> OutputFiles:
    def renamed(name: str, path: Path) -> None:
        if told is not None:
            told.append((name, path.name))

    made = OutputFiles(folder, sources, overwrites=overwrites, renamed=renamed)
    made.open()
    return made


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no names for descriptors")
def test_a_descriptor_gets_the_output_itself() -> None:
    """And no file is made beside it: "2 stdout" lay in /dev."""
    receives, sends = os.pipe()
    outputs(Path("/dev/fd")).save(str(sends), b"figures")
    os.close(sends)
    with os.fdopen(receives, "rb") as pipe:
        assert pipe.read() == b"figures"


def test_a_file_that_stands_there_stays_and_the_other_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "photo.pdf").write_text("a contract")
    told: Told = []
    outputs(tmp_path, told=told).save("photo.pdf", b"new")
    assert contents(tmp_path) == {"photo.pdf": "a contract", "2 photo.pdf": "new"}
    assert told == [("photo.pdf", "2 photo.pdf")]


@pytest.mark.parametrize("overwrites", [False, True])
def test_what_a_run_has_written_it_does_not_replace(tmp_path: Path, overwrites: bool) -> None:
    files = outputs(tmp_path, overwrites=overwrites)
    for content in (b"1", b"2", b"3"):
        files.save("a.txt", content)
    assert contents(tmp_path) == {"a.txt": "1", "2 a.txt": "2", "3 a.txt": "3"}


def test_a_file_is_replaced_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    outputs(tmp_path, overwrites=True).save("a.txt", b"new")
    assert contents(tmp_path) == {"a.txt": "new"}


def link(source: Path, name: Path) -> None:
    name.symlink_to(source)


def hard_link(source: Path, name: Path) -> None:
    name.hardlink_to(source)


@pytest.mark.parametrize("lead", [link, hard_link])
def test_a_source_is_never_replaced_by_whatever_name_it_is_reached(
    tmp_path: Path, lead: Callable[[Path, Path], None]
) -> None:
    source, out = tmp_path / "scan.pdf", tmp_path / "out"
    source.write_text("the original")
    out.mkdir()
    lead(source, out / "scan.pdf")
    outputs(out, source, overwrites=True).save("scan.pdf", b"new")
    assert source.read_text() == (out / "scan.pdf").read_text() == "the original"
    assert (out / "2 scan.pdf").read_text() == "new"


def test_links_folders_and_pipes_of_the_name_stay(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    files = outputs(tmp_path, overwrites=True)
    for name in ("gone.txt", "folder.txt", "pipe.txt"):
        files.save(name, b"new")
        assert (tmp_path / f"2 {name}").read_text() == "new"
    assert not (tmp_path / "nowhere").exists()


def test_two_runs_at_once_give_each_file_a_name_of_its_own(tmp_path: Path) -> None:
    def write(content: bytes) -> None:
        files = OutputFiles(tmp_path)
        for _ in range(50):
            files.save("a.txt", content)

    runs = [threading.Thread(target=write, args=(name,)) for name in (b"one", b"two")]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(contents(tmp_path).values()) == ["one"] * 50 + ["two"] * 50


@pytest.mark.parametrize("letter", ["x", "日", "é", "\udce9"])
@pytest.mark.parametrize("length", [249, 251, 252, 255, 300])
def test_names_that_are_too_long_are_cut_and_tell_one_from_another(tmp_path: Path, letter: str, length: int) -> None:
    size = len(os.fsencode(letter))
    first, second = (f"{letter * (length // size)}{end}.txt" for end in "ab")
    told: Told = []
    files = outputs(tmp_path, told=told)
    for name in (first, second, second):
        files.save(name, name[-5:].encode())
    assert sorted(contents(tmp_path).values()) == ["a.txt", "b.txt", "b.txt"]
    assert all(len(os.fsencode(name)) <= MAX_NAME_BYTES and name.endswith(".txt") for name in contents(tmp_path))
    assert fitting(first) == fitting(first) != fitting(second)


def test_what_fails_leaves_no_name_behind(tmp_path: Path) -> None:
    files = outputs(tmp_path)
    with pytest.raises(ImageError), files.writing("a.pdf"):
        raise ImageError(error_text("It is damaged."))
    with pytest.raises(KeyboardInterrupt), files.writing("b.pdf"):
        raise KeyboardInterrupt
    assert not contents(tmp_path)


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, DiskError), (errno.EROFS, DiskError), (errno.EIO, DiskError), (errno.EDQUOT, DiskError),
     (errno.EACCES, StorageError), (errno.EINVAL, StorageError), (errno.ENAMETOOLONG, StorageError)],
)  # fmt: skip
def test_the_drives_errors_are_told_from_a_files_own_also_translated_ones(
    tmp_path: Path, number: int, kind: type[StorageError]
) -> None:
    files = outputs(tmp_path)
    with pytest.raises(StorageError) as failed, files.writing("a.txt"):
        raise OSError(number, os.strerror(number))
    assert type(failed.value) is kind
    with pytest.raises(DiskError if kind is DiskError else ImageError), files.writing("a.txt"):
        raise ImageError(error_text("It could not be written.")) from OSError(number, os.strerror(number))


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    files = outputs(tmp_path / "stick" / "out")
    (tmp_path / "stick" / "out").rmdir()
    with pytest.raises(DiskError, match="no longer exists"):
        files.save("sub/a.txt", b"new")
    assert not (tmp_path / "stick" / "out").exists()


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x1b", "\n"])
def test_a_name_shows_how_it_ends(tmp_path: Path, mark: str) -> None:
    """Behind U+202E, "photo\u202egnp.exe" is shown as "photoexe.png"."""
    told: list[tuple[str, Path]] = []
    files = OutputFiles(tmp_path, renamed=lambda name, path: told.append((name, path)))
    wanted = f"a{mark}b/photo{mark}gpj.txt"
    assert files.claim(wanted) == "a_b/photo_gpj.txt"
    assert (tmp_path / "a_b" / "photo_gpj.txt").is_file()
    assert files.claim(wanted) == "a_b/2 photo_gpj.txt", "the name is taken, and nothing is overwritten"
    with files.writing(f"other{mark}.txt") as target:
        target.write_text("x")
    assert told == [(f"other{mark}.txt", tmp_path / "other_.txt")]


def test_marks_that_scripts_need_stay(tmp_path: Path) -> None:
    name = "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u200e1\u200f.txt"
    assert OutputFiles(tmp_path).claim(name) == name
