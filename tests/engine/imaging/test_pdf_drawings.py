"""Rules, filled rectangles and images of PDF pages, in pixels of their pictures."""

from pathlib import Path

import pikepdf
import pytest

from app.domain.images.geometry import Box
from app.engine.imaging.open_pdf import page_layer, render_page
from app.engine.imaging.pdf_drawings import Drawings
from tests.support.documents import drawn_pdf, scanned_pdf

SCALE = 200 / 72


def drawings(path: Path) -> Drawings:
    return page_layer(path, 0).drawings


@pytest.mark.parametrize("drawing", ["72 700 m 272 700 l 2 w S", "72 699 200 2 re f"])
def test_strokes_and_thin_rectangles_are_rules(tmp_path: Path, drawing: str) -> None:
    (rule,) = drawings(drawn_pdf(tmp_path / "a.pdf", f"2 w {drawing}")).rules
    assert (rule.start.x, rule.end.x, rule.width) == pytest.approx((72 * SCALE, 272 * SCALE, 2 * SCALE), abs=0.1)
    assert rule.start.y == rule.end.y == pytest.approx(142 * SCALE, abs=0.1)


def test_a_stroked_rectangle_has_four_rules_and_a_filled_one_an_area(tmp_path: Path) -> None:
    found = drawings(drawn_pdf(tmp_path / "a.pdf", "72 600 100 50 re S 1 0 0 rg 72 500 100 50 re f"))
    assert len(found.rules) == 4
    (fill,) = found.fills
    assert fill.colour == (255, 0, 0)
    assert fill.box.left == pytest.approx(72 * SCALE, abs=0.1)
    assert fill.box.bottom == pytest.approx((842 - 500) * SCALE, abs=0.1)


def test_curves_slanted_strokes_and_what_is_off_the_page_are_no_rules(tmp_path: Path) -> None:
    content = "72 700 m 100 800 200 800 272 700 c S 72 500 m 272 600 l S 700 500 m 900 500 l S 72 900 m 272 900 l S"
    assert drawings(drawn_pdf(tmp_path / "a.pdf", content)).rules == ()


def test_rules_within_forms_lie_where_they_are_drawn(tmp_path: Path) -> None:
    with pikepdf.open(drawn_pdf(tmp_path / "a.pdf", "q 2 0 0 2 100 100 cm /X1 Do Q")) as pdf:
        form = pdf.make_stream(b"10 20 m 110 20 l S")
        form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        form.BBox, form.Matrix = pikepdf.Array([0, 0, 200, 200]), pikepdf.Array([1, 0, 0, 1, 5, 0])
        pdf.pages[0].Resources.XObject = pikepdf.Dictionary(X1=form)
        pdf.pages[0].Rotate = 90
        pdf.save(tmp_path / "b.pdf")
    (rule,) = drawings(tmp_path / "b.pdf").rules
    # On its side: from left to right becomes from top to bottom.
    assert (rule.start.x, rule.end.x) == pytest.approx((140 * SCALE, 140 * SCALE), abs=0.1)
    assert (rule.start.y, rule.end.y) == pytest.approx((130 * SCALE, 330 * SCALE), abs=0.1)
    column = round(140 * SCALE)
    ink = (
        render_page(tmp_path / "b.pdf", 0).convert("L").crop((column - 3, 0, column + 3, 1600)).point(lambda v: 255 - v)
    )
    box = ink.getbbox()
    assert box is not None
    assert (box[1], box[3]) == pytest.approx((130 * SCALE, 330 * SCALE), abs=2)


def test_images_are_told(tmp_path: Path) -> None:
    (image,) = drawings(scanned_pdf(tmp_path / "a.pdf", ["one"])).images
    assert image == Box(0, 0, pytest.approx(1654, abs=1), pytest.approx(2339, abs=1))  # type: ignore[arg-type]
