"""Whatever may be dropped, pasted or handed over."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.faults.conftest import Tries
from tests.faults.test_disk import is_well_reported
from tests.faults.test_model_folders import peak_bytes
from tests.support.driver import Driver, driving
from tests.support.mutations import good_files, mutated, png

AT_ONCE = 20
IMPORT_SECONDS = 60.0
"""Of one file: the importer's own deadline, and what a busy machine adds."""
MAX_BYTES = 2 << 30
LOOP_SECONDS = 3.0
"""Of the processor, for which the event loop may be kept busy; a bench reports how long it is on a quiet machine."""


def take(app: Driver, paths: list[str], by: str = "take") -> list[str]:
    """Hand files over, and return what is to be said against what happened."""
    app.read()
    since, told = len(app.facts), len(app.problems())
    app.do("toil")
    app.do(by, paths=paths)
    deadline = time.monotonic() + IMPORT_SECONDS * len(paths)
    starts: list[str] = []
    ends: list[str] = []
    while True:
        app.do("ping", IMPORT_SECONDS)
        starts = [fact["id"] for fact in app.facts[since:] if fact["fact"] == "import" and fact["end"] == "started"]
        ends = [fact["id"] for fact in app.facts[since:] if fact["fact"] == "import" and fact["end"] != "started"]
        if len(starts) >= len(paths) and set(starts) <= set(ends):
            break
        if time.monotonic() > deadline:
            return [f"{len(set(starts) - set(ends))} of {len(starts)} imports do not end"]
        time.sleep(0.01)
    found = is_well_reported(list(dict.fromkeys(app.problems()[told:])))
    if (busy := app.do("toil")) > LOOP_SECONDS:
        found.append(f"the window stood still for {busy:.1f} s")
    if len(ends) != len(set(ends)):
        found.append("an import has ended twice")
    failed = [fact["id"] for fact in app.facts[since:] if fact["fact"] == "import" and fact["end"] == "failed"]
    if failed and len(app.problems()) == told:
        found.append("a file that was not added is not told")
    if app.data.exists() and peak_bytes(app.engine("images")) > MAX_BYTES:
        found.append("too much memory")
    return found


def good_one_is_taken(app: Driver, home: Path) -> list[str]:
    """Behind whatever came, an image is opened."""
    path = home / "good one.png"
    path.write_bytes(png())
    app.do("new_chat")
    app.read()
    since = len(app.facts)
    app.do("drop", paths=[str(path)])
    app.wait_for("added", IMPORT_SECONDS, lambda fact: fact["name"] == path.name, since)
    return []


@pytest.mark.timeout(3600)
def test_mutated_files_are_added_or_refused(app: Driver, home: Path, rng: Random, tries: Tries) -> None:
    """Each import ends once, in a word or in a chip; the window and a good image behind them do well."""
    good = good_files(home)
    for _ in range(tries(240, 2400) // AT_ONCE):
        paths = []
        for number in range(AT_ONCE):
            source = rng.choice(good)
            path = home / f"{number} {source.name}"
            path.write_bytes(mutated(source.read_bytes(), rng))
            paths.append(str(path))
        app.do("new_chat")
        assert take(app, paths) == []
    assert good_one_is_taken(app, home) == []


UGLY = [
    "plain.png", " spaces .png", "-o.png", "--help", ".hidden.png", "a" * 251 + ".png", "日本語 テスト.png",
    "quo'te\"s & <b>bold.png", "new\nline.png", "tab\t.png", "esc\x1b]0;title\x07.png", "\u202egnp.exe.png",
    "zero\u200bwidth.png", "é.png", "é.png", "%s %n {0}.png", "$(touch x).png", "a;b|c.png", "CON.png", "nul",
    "😀.png", "...", "x.png.pdf", "\u2028line\u2029separators.png", "ﷺ" * 60 + ".png", "emoji 👩‍👩‍👧‍👦.png",
]  # fmt: skip
NOT_UTF8 = [b"latin1-\xe9.png", b"\xff\xfe.png", b"half \xe2\x82.png", bytes(range(0x80, 0xC0)) + b".png"]


@pytest.mark.parametrize("by", ["take", "drop"])
def test_ugly_names_are_names(app: Driver, home: Path, by: str) -> None:
    """An image of whatever name is added, and so is the next one."""
    paths = []
    for name in UGLY:
        (home / name).write_bytes(png())
        paths.append(str(home / name))
    for start in range(0, len(paths), AT_ONCE):
        app.do("new_chat")
        assert take(app, paths[start : start + AT_ONCE], by) == []
    assert good_one_is_taken(app, home) == []


@pytest.mark.parametrize("name", NOT_UTF8, ids=repr)
def test_names_that_are_no_utf8_cost_nothing_else(app: Driver, home: Path, name: bytes) -> None:
    """Added, or refused in a sentence; the images behind it are added."""
    path = os.path.join(os.fsencode(home), name)  # noqa: PTH118 - pathlib knows no bytes
    Path(os.fsdecode(path)).write_bytes(png())
    app.do("new_chat")
    assert take(app, [os.fsdecode(path)]) == []
    assert good_one_is_taken(app, home) == []


def pipe(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def endless(path: Path) -> None:
    path.symlink_to("/dev/urandom")


def folder(path: Path) -> None:
    path.mkdir()


def sparse(path: Path) -> None:
    path.write_bytes(png())
    os.truncate(path, 20 << 30)


def unreadable(path: Path) -> None:
    path.write_bytes(png())
    path.chmod(0)


def bomb(path: Path) -> None:
    from PIL import Image  # noqa: PLC0415

    Image.new("1", (30_000, 30_000)).save(path)


@pytest.mark.parametrize("make", [pipe, loop, device, endless, folder, sparse, unreadable, bomb])
def test_what_is_no_file_is_refused(app: Driver, home: Path, make: Callable[[Path], None]) -> None:
    """Soon, in a sentence, without reading it; the next image is added."""
    path = home / "odd.png"
    make(path)
    app.do("new_chat")
    assert take(app, [str(path)]) == []
    assert good_one_is_taken(app, home) == []


@pytest.mark.timeout(900)
def test_five_hundred_files_at_once(app: Driver, home: Path, tries: Tries) -> None:
    """Handed over at once they are all added; dropped at once they are offered as a batch."""
    count = tries(120, 500)
    paths = []
    for number in range(500):
        path = home / f"{number}.png"
        path.write_bytes(png(16 + number))
        paths.append(str(path))
    app.do("new_chat")
    assert take(app, paths[:count]) == []
    assert len(app.do("look")["draft"][1]) == count
    app.do("new_chat")
    app.do("toil")
    app.do("drop", paths=paths)
    assert app.do("sources") == 500
    assert app.do("toil") < LOOP_SECONDS


CLIPBOARDS = {
    "20 MB of text": ("text/plain", "word " * 4_000_000),
    "one word of 2 MB": ("text/plain", "x" * 2_000_000),
    "a million lines": ("text/plain", "\n" * 1_000_000),
    "controls": ("text/plain", "".join(map(chr, range(32))) * 100),
    "bidi": ("text/plain", "\u202e\u2066\u2069\u200f" * 5000),
    "surrogates": ("text/plain", "\ud800\udfff" * 100),
    "html": ("text/html", "<script>alert(1)</script>" + "<div>" * 20_000),
    "an svg": ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"),
    "no image": ("image/png", "this is no image"),
    "addresses": ("text/uri-list", "file://server/share/x.png\r\nhttp://127.0.0.1:9/x\r\nfile:///\r\njavascript:1\r\n"),
    "a thousand addresses": ("text/uri-list", "file:///nowhere/x.png\r\n" * 1000),
    "nothing": ("text/plain", ""),
}


@pytest.mark.parametrize("clipboard", CLIPBOARDS, ids=lambda name: name.replace(" ", "-"))
def test_absurd_clipboards_are_pasted_or_refused(app: Driver, home: Path, clipboard: str) -> None:
    """The window goes on within seconds, and what was pasted can be taken out again."""
    kind, text = CLIPBOARDS[clipboard]
    app.do("new_chat")
    told = len(app.problems())
    app.do("toil")
    app.do("paste", 60, kind=kind, text=text)
    app.do("ping")
    assert app.do("toil") < LOOP_SECONDS
    assert is_well_reported(app.problems()[told:][-5:]) == []
    app.do("write", text="")
    assert good_one_is_taken(app, home) == []


def test_clipboards_of_random_bytes(app: Driver, home: Path, rng: Random, tries: Tries) -> None:
    """Whatever a program puts there under whatever name."""
    kinds = [
        "text/plain",
        "text/html",
        "image/png",
        "image/jpeg",
        "text/uri-list",
        "application/x-qt-image",
        "image/tiff",
    ]
    app.do("new_chat")
    for _ in range(tries(20, 500)):
        content = rng.randbytes(rng.choice([0, 1, 10, 1000, 100_000]))
        app.do("paste", kind=rng.choice(kinds), data=content.hex())
    app.do("write", text="")
    assert good_one_is_taken(app, home) == []


def test_twin_an_import_that_never_ends_and_silence_are_objected_to(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "bad.png").write_bytes(b"no image")
    (home / "good.png").write_bytes(png())
    with driving(home) as app:
        app.begin()
        assert take(app, [str(home / "bad.png"), str(home / "good.png")]) == []
        monkeypatch.setattr(app, "problems", list)
        assert take(app, [str(home / "bad.png")]) == ["a file that was not added is not told"]
        monkeypatch.setattr("tests.faults.test_input.MAX_BYTES", 1 << 20)
        monkeypatch.setattr("tests.faults.test_input.LOOP_SECONDS", 0.0)
        slow, much = take(app, [str(home / "good.png")])
        assert slow.startswith("the window stood still")
        assert much == "too much memory"
        monkeypatch.setattr("tests.faults.test_input.IMPORT_SECONDS", 3.0)
        os.kill(app.engine("images"), 19)
        assert take(app, [str(home / "good.png")]) == ["1 of 1 imports do not end"]
