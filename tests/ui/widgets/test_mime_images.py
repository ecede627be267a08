import os
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColor, QImage

from app.domain.error_texts import image_texts
from app.ui.widgets import mime_images
from app.ui.widgets.mime_images import MAX_FOR_A_CHAT, has_images, incoming_images, pasted_text

DATA_URL = "data:image/png;base64,iVBO+Rw0/KGgo="


def offered(
    text: str | None = None, html: str | None = None, urls: tuple[str, ...] = (), *, has_image: bool = False
) -> QMimeData:
    """What an application puts on the clipboard."""
    mime = QMimeData()
    if text is not None:
        mime.setText(text)
    if html is not None:
        mime.setHtml(html)
    if urls:
        mime.setUrls([QUrl(url) for url in urls])
    if has_image:
        mime.setImageData(QImage(20, 10, QImage.Format.Format_RGB32))
        mime.setData("image/png", b"a picture")
    return mime


def test_local_files_come_first_and_all_of_them(tmp_path: Path) -> None:
    mime = QMimeData()
    (tmp_path / "a b.png").touch()
    mime.setUrls(
        [
            QUrl.fromLocalFile(str(tmp_path / "a b.png")),
            QUrl.fromLocalFile(str(tmp_path / "ü.jpg")),
            QUrl("https://x.org/c"),
        ]
    )
    mime.setData("image/png", b"a preview")

    incoming = incoming_images(mime, "Dropped image")

    assert incoming.files == (tmp_path / "a b.png", tmp_path / "ü.jpg")
    assert not incoming.data
    assert (problem := incoming.problem)
    assert "left out: 1" in problem.sentence


def test_a_file_whose_name_is_not_utf_8_keeps_its_bytes() -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromEncoded(b"file:///home/me/a%20b-%E9.png"), QUrl.fromEncoded(b"file:///%EF%BF%BD.png")])
    files = incoming_images(mime, "Dropped image").files
    assert files == (Path(os.fsdecode(b"/home/me/a b-\xe9.png")), Path("/\N{REPLACEMENT CHARACTER}.png"))


def test_an_encoded_image_is_taken_as_it_is() -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/photo.jpg")])
    mime.setData("image/jpeg", b"\xff\xd8 bytes")

    incoming = incoming_images(mime, "Dropped image")

    assert (incoming.data, incoming.name) == (b"\xff\xd8 bytes", "Dropped image.jpeg")


def test_decoded_pixels_become_a_png() -> None:
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    mime = QMimeData()
    mime.setImageData(image)

    incoming = incoming_images(mime, "Pasted image")

    assert incoming.name == "Pasted image.png"
    again = QImage.fromData(incoming.data)
    assert (again.width(), again.height(), again.pixelColor(5, 5)) == (20, 10, QColor("red"))


def test_an_address_on_the_web_is_refused_in_words() -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/photo.jpg")])

    assert has_images(mime)
    problem = incoming_images(mime, "Dropped image").problem
    assert problem
    assert "does not download" in problem.sentence


def test_text_is_not_for_here() -> None:
    mime = QMimeData()
    mime.setText("only words")
    assert not has_images(mime)
    assert incoming_images(mime, "Dropped image").problem is None


def test_a_data_url_is_an_image_however_it_is_offered() -> None:
    for mime in (
        offered(text=f"{DATA_URL}\n"),
        offered(urls=(DATA_URL,)),
        offered(html=f"<meta charset='utf-8'><img src='{DATA_URL}'>"),
        offered(text=DATA_URL, html=f"<a href='{DATA_URL}'>{DATA_URL}</a>"),
    ):
        assert has_images(mime)
        assert pasted_text(mime) is None
        incoming = incoming_images(mime, "Pasted image")
        assert (incoming.data_urls, incoming.name, incoming.problem) == ((DATA_URL,), "Pasted image", None)


def test_html_of_several_images_gives_all_and_html_with_text_gives_text() -> None:
    images = offered(html=f"<p><img src='{DATA_URL}'></p><img src='{DATA_URL}'>")
    assert incoming_images(images, "").data_urls == (DATA_URL, DATA_URL)
    many = offered(html=f"<img src='{DATA_URL}'>" * (MAX_FOR_A_CHAT + 1))
    assert (problem := incoming_images(many, "").problem)
    assert "21 images" in problem.sentence
    report = offered(html=f"<h1>Report</h1><img src='{DATA_URL}'><p>All is <b>well</b>.</p>")
    assert not has_images(report)
    assert (text := pasted_text(report))
    assert text.split() == ["Report", "All", "is", "well."]


def test_a_picture_of_a_text_is_left_for_the_text() -> None:
    """As Calc and Excel (a table), Word and Writer (paragraphs) put their text on the clipboard."""
    cells = offered("Name\tAmount\nMüller\t1.234,56\n", "<table><tr><td>Name</td></tr></table>", has_image=True)
    cells.setData("application/x-openoffice-embed-source-xml", b"zip")
    cells.setData("text/rtf", b"{\\rtf1}")
    assert pasted_text(cells) == "Name\tAmount\nMüller\t1.234,56\n"
    cell = offered("https://example.org", "<table><tr><td>https://example.org</td></tr></table>", has_image=True)
    assert pasted_text(cell) == "https://example.org"
    link = offered("https://example.org/a.png", urls=("https://example.org/a.png",))
    assert pasted_text(link) == "https://example.org/a.png"


def test_a_picture_without_a_text_is_pasted() -> None:
    """As browsers and word processors put a picture on the clipboard, some with its address or a sign in its place."""
    html = "<meta charset='utf-8'><img src='https://example.org/a.png' alt='A cat'>"
    for mime in (
        offered(has_image=True),
        offered(html=html, has_image=True),
        offered("https://example.org/a.png", html, has_image=True),
        offered("\N{OBJECT REPLACEMENT CHARACTER}\n", has_image=True),
    ):
        assert pasted_text(mime) is None
        assert incoming_images(mime, "Pasted image").data == b"a picture"


def test_an_image_of_the_web_in_html_is_refused_in_words() -> None:
    mime = offered(html="<img src='https://example.org/a.png'>")
    assert has_images(mime)
    assert pasted_text(mime) is None
    assert (problem := incoming_images(mime, "").problem)
    assert "does not download" in problem.sentence


def test_a_picture_is_taken_in_place_of_a_file_that_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    mime = offered(urls=(QUrl.fromLocalFile(str(file)).toString(),), has_image=True)
    assert incoming_images(mime, "").data == b"a picture"
    file.touch()
    assert incoming_images(mime, "").files == (file,)
    assert pasted_text(mime) is None


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("smb://server/share/a.png", "(“smb”)"),
        ("mtp://phone/DCIM/a.jpg", "(“mtp”)"),
        ("trash:///a.png", "(“trash”)"),
        ("https://example.com/a.png", "web address"),
    ],
)
def test_an_address_that_is_no_path_has_a_sentence_of_its_own(address: str, told: str) -> None:
    mime = offered(urls=(address,))
    assert (pasted_text(mime) is None) is (told != "web address")
    problem = incoming_images(mime, "Dropped image").problem
    assert problem
    assert told in problem.sentence


def test_a_file_on_a_mounted_share_is_taken_from_its_mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    mount = tmp_path / "gvfs" / "smb-share:server=nas,share=scans"
    mount.mkdir(parents=True)
    mime = offered("smb://nas/scans/a.png", urls=("smb://nas/scans/a.png", "mtp://phone/b.jpg"))
    assert pasted_text(mime) is None
    incoming = incoming_images(mime, "")
    assert incoming.files == (mount / "a.png",)
    assert incoming.problem == image_texts.LEFT_OUT.problem(count=1)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("image/avif", "Pasted.avif"), ("image/heic", "Pasted.heic"), ("image/heif", "Pasted.heif"),
     ("application/pdf", "Pasted.pdf")],
)  # fmt: skip
def test_bytes_that_only_the_images_process_can_decode_are_taken(kind: str, name: str) -> None:
    mime = QMimeData()
    mime.setData(kind, b"bytes")
    assert has_images(mime)
    assert pasted_text(mime) is None
    assert (incoming_images(mime, "Pasted").data, incoming_images(mime, "Pasted").name) == (b"bytes", name)
    mime.setText("the words of it")
    assert pasted_text(mime) == "the words of it"


def test_a_picture_is_preferred_to_a_pdf_of_it() -> None:
    mime = offered(has_image=True)
    mime.setData("application/pdf", b"%PDF")
    assert incoming_images(mime, "Pasted").name == "Pasted.png"


def test_an_image_of_the_web_beside_one_in_html_is_told() -> None:
    mime = offered(html=f"<img src='{DATA_URL}'><img src='https://example.org/a.png'>")
    assert incoming_images(mime, "").data_urls == (DATA_URL,)
    assert incoming_images(mime, "").problem == image_texts.LEFT_OUT.problem(count=1)


def test_bytes_larger_than_a_file_may_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mime_images, "MAX_MEGABYTES", 1)
    mime = QMimeData()
    mime.setData("image/png", bytes(1024 * 1024 + 1))
    incoming = incoming_images(mime, "Pasted")
    assert not incoming.data
    assert (problem := incoming.problem)
    assert "larger than 1 MB" in problem.sentence
