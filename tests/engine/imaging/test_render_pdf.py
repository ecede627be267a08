"""Pages are drawn at the resolution that their text needs."""

from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageChops

from app.engine.imaging import render_pdf
from app.engine.imaging.open_pdf import page_frame, render_page
from app.engine.imaging.render_pdf import MAX_PAGE_PIXELS, USUAL_PIXELS
from tests.support.documents import drawn_pdf

CONTENT = "BT /F1 14 Tf 30 TL 90 700 Td (first row) Tj T* (second row) Tj ET 20 20 500 700 re S"


@pytest.mark.parametrize("rotation", [0, 90])
def test_bands_give_the_same_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rotation: int) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", CONTENT, Rotate=rotation)
    whole = render_page(path, 0)
    monkeypatch.setattr(render_pdf, "BAND_PIXELS", 300_000)
    banded = render_page(path, 0)
    assert banded.size == whole.size == page_frame(path, 0).size
    assert ImageChops.difference(banded, whole).getbbox() is None


def test_a_plan_is_read_at_full_resolution_and_shown_at_less(tmp_path: Path) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", CONTENT, MediaBox=pikepdf.Array([0, 0, 2384, 3370]))
    assert page_frame(path, 0).scale == pytest.approx(200 / 72)
    shown = render_page(path, 0)
    assert shown.width * shown.height <= USUAL_PIXELS * 1.01


def test_no_page_is_drawn_larger_than_that(tmp_path: Path) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", CONTENT, MediaBox=pikepdf.Array([0, 0, 14_400, 14_400]))
    width, height = page_frame(path, 0).size
    assert width * height <= MAX_PAGE_PIXELS * 1.01


@pytest.mark.parametrize(
    ("pixels", "dots", "read"),
    [
        ((1200, 1600), 600, (1200, 1600)),  # A small leaf.
        ((1800, 2400), 72, (1800, 2400)),  # A large one: not enlarged.
        ((800, 1000), 72, (1789, 2237)),  # Up to the usual size.
        ((2480, 3508), 300, (1654, 2339)),  # A usual one.
    ],
)
def test_a_scan_is_read_at_its_own_resolution(
    tmp_path: Path, pixels: tuple[int, int], dots: int, read: tuple[int, int]
) -> None:
    Image.new("L", pixels, 200).save(tmp_path / "a.pdf", resolution=dots)
    assert page_frame(tmp_path / "a.pdf", 0).size == pytest.approx(read, abs=2)
