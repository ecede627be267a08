"""What the images process hands over is a PNG or nothing: no other of Qt's decoders sees it."""

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from pytestqt.qtbot import QtBot

from app.ui.widgets.thumbnails import MAX_PIXELS, rounded, thumbnail


def save(path: Path, form: str, size: tuple[int, int] = (30, 20)) -> None:
    Image.new("RGB", size, "red").save(path, form)


def test_a_png_is_shown(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "thumbnail.png"
    save(path, "PNG")
    assert thumbnail(path).width() == 30


@pytest.mark.parametrize("form", ["JPEG", "BMP", "PPM", "GIF"])
def test_another_format_under_that_name_is_not(qtbot: QtBot, tmp_path: Path, form: str) -> None:
    path = tmp_path / "thumbnail.png"
    save(path, form)
    assert not QPixmap(str(path)).isNull(), "Qt alone finds out what it is"
    assert thumbnail(path).isNull()


def test_neither_is_what_is_far_too_large_or_not_there(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "thumbnail.png"
    save(path, "PNG", (MAX_PIXELS + 1, 1))
    assert thumbnail(path).isNull()
    assert thumbnail(tmp_path / "missing.png").isNull()
    path.write_bytes(b"nothing that is a picture")
    assert thumbnail(path).isNull()


@pytest.mark.parametrize(("width", "height"), [(200, 50), (50, 200)])
def test_a_long_picture_is_shown_whole(qtbot: QtBot, width: int, height: int) -> None:
    picture = QPixmap(width, height)
    picture.fill(Qt.GlobalColor.red)
    image = rounded(picture, QSize(40, 40), 2.0).toImage()
    assert image.pixelColor(40, 40).red() == 255
    assert image.pixelColor(40, 40).alpha() == 255
    outside = (40, 10) if width > height else (10, 40)
    assert image.pixelColor(*outside).alpha() == 0, "the picture fills the square, and its ends are cut off"
