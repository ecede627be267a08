"""What other programs put on the clipboard, pasted by Ctrl+V: each offers the same thing in several formats."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.end_to_end.journeys.conftest import User
from tests.support.active_window import NEEDS_WINDOWS

pytestmark = NEEDS_WINDOWS

Copy = Callable[[dict[str, bytes]], None]
HTML = "text/html"


def picture(form: str) -> bytes:
    file = BytesIO()
    Image.effect_noise((80, 60), 90).convert("RGB").save(file, form)
    return file.getvalue()


PNG = picture("PNG")
DATA_URL = b"data:image/png;base64," + base64.b64encode(PNG)


@pytest.fixture
def copy() -> Iterator[Copy]:
    """Have a program of its own copy something in these formats."""
    with ExitStack() as stack:

        def start(formats: dict[str, bytes]) -> None:
            owner = subprocess.Popen(
                [sys.executable, "-m", "tests.support.clipboard_owner"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            stack.callback(owner.wait)
            stack.callback(owner.kill)
            assert owner.stdin
            assert owner.stdout
            owner.stdin.write(
                json.dumps({kind: base64.b64encode(it).decode() for kind, it in formats.items()}).encode()
            )
            owner.stdin.close()
            assert owner.stdout.readline() == b"owned\n"
            stack.callback(owner.stdout.close)

        yield start


TEXTS: dict[str, tuple[dict[str, bytes], str]] = {
    "cells of a spreadsheet": (
        {"text/plain": b"Name\tSum\nAnn\t7\n", HTML: b"<table><tr><td>Name</td></tr></table>", "image/png": PNG},
        "Name\tSum\nAnn\t7\n",
    ),
    "text of a word processor": (
        {"text/plain": "Liebe Grüße".encode(), "text/rtf": b"{\\rtf1 Liebe}", "image/png": PNG},
        "Liebe Grüße",
    ),
    "a link": (
        {"text/uri-list": b"https://example.org/a\r\n", "text/plain": b"https://example.org/a"},
        "https://example.org/a",
    ),
    "HTML alone": ({HTML: b"<p>All is <b>well</b>.</p>"}, "All is well."),
}
PICTURES: dict[str, tuple[dict[str, bytes], str]] = {
    "an image of a browser": ({HTML: b"<img src='https://example.org/a.png'>", "image/png": PNG}, "Pasted image.png"),
    "an image in AVIF": ({"image/avif": picture("AVIF")}, "Pasted image.avif"),
    "a page as PDF": ({"application/pdf": picture("PDF")}, "Pasted image, page 1.png"),
    "a data: URL": ({"text/plain": DATA_URL}, "Pasted image.png"),
    "an image within HTML": ({HTML: b"<p><img src='" + DATA_URL + b"'></p>"}, "Pasted image.png"),
    "a file that is gone, and its picture": (
        {"text/uri-list": b"file:///gone/a.png\r\n", "image/png": PNG},
        "Pasted image.png",
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_text_is_pasted_as_text(user: User, copy: Copy, case: str) -> None:
    formats, text = TEXTS[case]
    copy(formats)
    user.x11.key("ctrl+v")
    user.x11.wait(lambda: user.window.composer.edit.toPlainText() == text)
    assert not user.desktop.lorgnette.session.draft.attachments
    assert not user.window.notices.current


@pytest.mark.parametrize("case", PICTURES)
def test_a_picture_is_pasted_as_a_picture(user: User, copy: Copy, case: str) -> None:
    formats, name = PICTURES[case]
    copy(formats)
    user.x11.key("ctrl+v")
    user.desktop.wait_for_images(1)
    assert [image.name for image in user.desktop.lorgnette.session.draft.attachments] == [name]
    assert user.window.composer.edit.toPlainText() == ""
    assert not user.window.notices.current


def test_what_is_elsewhere_is_told_beside_the_files_that_are_taken(user: User, copy: Copy, receipt: Path) -> None:
    copy({"text/uri-list": f"{receipt.as_uri()}\r\nhttps://example.org/a.png\r\n".encode()})
    user.x11.key("ctrl+v")
    user.desktop.wait_for_images(1)
    (notice,) = user.window.notices.current
    assert "left out: 1" in notice.sentence


def test_a_share_that_is_not_mounted_is_told_in_words(user: User, copy: Copy) -> None:
    copy(
        {"text/uri-list": b"smb://nas/scans/a.png\r\n", "x-special/gnome-copied-files": b"copy\nsmb://nas/scans/a.png"}
    )
    user.x11.key("ctrl+v")
    user.x11.wait(lambda: bool(user.window.notices.current))
    (notice,) = user.window.notices.current
    assert "(“smb”)" in notice.sentence
