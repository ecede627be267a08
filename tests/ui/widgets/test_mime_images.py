import os
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColor, QImage

from app.ui.widgets.mime_images import has_images, incoming_images


def test_local_files_come_first_and_all_of_them() -> None:
    mime = QMimeData()
    mime.setUrls(
        [QUrl.fromLocalFile("/home/me/a b.png"), QUrl.fromLocalFile("/home/me/ü.jpg"), QUrl("https://x.org/c")]
    )
    mime.setData("image/png", b"a preview")

    incoming = incoming_images(mime, "Dropped image")

    assert incoming.files == (Path("/home/me/a b.png"), Path("/home/me/ü.jpg"))
    assert not incoming.data


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
