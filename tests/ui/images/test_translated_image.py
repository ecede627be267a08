"""A translation where the text stood: painted, toggled, saved."""

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.domain.documents.paragraphs import Paragraph
from app.domain.documents.translation import Translation
from app.domain.images.geometry import Box, Point, TextLine
from app.ui.images.image_viewer import ImageViewer
from app.ui.images.translated_image import fitted_font, translated_image
from tests.support.chats import attachment
from tests.ui.conftest import shown
from tests.ui.images.test_image_viewer import png

GROUND, INK = QColor("#204060"), QColor("#f0e0d0")
IMAGE = attachment()


def paragraph(text: str, left: float, top: float, right: float, bottom: float) -> Paragraph:
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return Paragraph(text, (TextLine(text, Box(left, top, right, bottom), corners, 0.9),))


def sign(qtbot: QtBot) -> QImage:
    """200 x 100 pixels with a bar of ink where a text would be, at twice the page's size."""
    image = QImage(200, 100, QImage.Format.Format_RGB32)
    image.fill(GROUND)
    painter = QPainter(image)
    painter.fillRect(30, 40, 140, 20, INK)
    painter.end()
    return image


def is_near(one: QColor, other: QColor) -> bool:
    channels = (one.red() - other.red(), one.green() - other.green(), one.blue() - other.blue())
    return max(map(abs, channels)) < 40


def test_the_text_gives_way_to_its_translation_in_its_own_colours(qtbot: QtBot) -> None:
    original = sign(qtbot)
    painted = translated_image(original, 100, [paragraph("bar", 10, 15, 90, 35)], ["o"])
    assert (painted.width(), painted.height()) == (200, 100)
    assert is_near(painted.pixelColor(160, 50), GROUND)  # Where the bar was and no letter is.
    letters = [painted.pixelColor(x, y) for x in range(20, 60) for y in range(30, 70)]
    assert any(is_near(colour, INK) for colour in letters)
    assert painted.pixelColor(5, 5) == GROUND
    assert original.pixelColor(160, 50) == INK


def test_what_has_no_translation_yet_stays(qtbot: QtBot) -> None:
    painted = translated_image(sign(qtbot), 100, [paragraph("bar", 10, 15, 90, 35)], [""])
    assert painted.pixelColor(160, 50) == INK


def test_a_neighbours_ground_does_not_cover_a_translation(qtbot: QtBot) -> None:
    image = QImage(200, 100, QImage.Format.Format_RGB32)
    image.fill(GROUND)
    paragraphs = [paragraph("one", 10, 10, 190, 50), paragraph("two", 10, 40, 190, 80)]
    painted = translated_image(image, 200, paragraphs, ["ggggg", "x"])
    alone = translated_image(image, 200, paragraphs[:1], ["ggggg"])
    for y in range(41, 50):
        for x in range(40, 60):
            if alone.pixelColor(x, y) != GROUND:
                assert painted.pixelColor(x, y) != GROUND


@pytest.mark.parametrize("text", ["short", "a text that is a good deal longer than the one before it", "语" * 60])
def test_type_is_as_large_as_fits(qtbot: QtBot, text: str) -> None:
    room = QRectF(0, 0, 300, 40)
    font = fitted_font(text, room, 20)
    assert 4 <= font.pixelSize() <= 16
    taken = QFontMetricsF(font).boundingRect(QRectF(0, 0, 300, 1e6), 0x1000, text)
    assert taken.height() <= 44 or font.pixelSize() == 4


def translation(*texts: str) -> Translation:
    paragraphs = (paragraph("one", 10, 10, 190, 50), paragraph("two", 10, 100, 190, 140))
    return Translation(IMAGE, "German", 400, paragraphs, texts)


def viewer_of(qtbot: QtBot) -> ImageViewer:
    viewer = ImageViewer()
    viewer.resize(460, 500)
    shown(viewer, qtbot)
    viewer.show_images((IMAGE,), IMAGE)
    viewer.show_preview(IMAGE, png())
    return viewer


def picture_of(viewer: ImageViewer) -> QImage:
    return viewer.canvas.picture().toImage()


def test_a_language_is_chosen_and_the_translation_grows(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    before = picture_of(viewer)
    (german,) = (a for a in viewer.translate.menu().actions() if a.text() == "Deutsch")
    with qtbot.waitSignal(viewer.translation_wanted) as wanted:
        german.trigger()
    assert wanted.args == [IMAGE, "German"]
    viewer.show_translation(translation("eins", ""))
    half = picture_of(viewer)
    assert half != before
    viewer.show_translation(translation("eins", "zwei"))
    assert picture_of(viewer) != half


def test_the_original_is_one_click_away(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    before = picture_of(viewer)
    assert not viewer.translate.original.isVisible()
    viewer.show_translation(translation("eins", "zwei"))
    after = picture_of(viewer)
    viewer.translate.original.trigger()
    assert picture_of(viewer) == before
    viewer.translate.original.trigger()
    assert picture_of(viewer) == after


def test_zoom_and_turn_stay_as_they_are(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    viewer.canvas.rotate()
    viewer.canvas.show_pixels()
    scale = viewer.canvas.scale
    viewer.show_translation(translation("eins", "zwei"))
    assert (viewer.canvas.quarter_turns, viewer.canvas.scale) == (1, scale)


def test_another_image_has_no_translation_yet(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    viewer.show_translation(translation("eins", "zwei"))
    other = attachment("other.png", "cd" * 32)
    viewer.show_images((IMAGE, other), other)
    viewer.show_preview(other, png())
    before = picture_of(viewer)
    viewer.show_translation(translation("eins", "zwei"))  # It comes too late.
    assert picture_of(viewer) == before
    assert not viewer.translate.save.isVisible()
