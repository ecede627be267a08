"""Pages with boxes of every kind: the text that they tell, and the text that is added, lies on its ink."""

from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.open_pdf import page_layer, render_page
from app.engine.imaging.pdf_layer import PageLayer
from app.engine.imaging.render_pdf import MAX_PAGE_PIXELS
from app.engine.imaging.searchable_pdf import write_searchable_pdf
from tests.support.documents import drawn_pdf

MIN_COVERED = 0.94
"""Minimum fraction of a page's ink that its words' boxes cover."""

ROWS = ("Minutes of the garden committee", "Seeds cost 48.60 and were bought", "Next meeting on 11 April")
CONTENT = "BT /F1 14 Tf 30 TL 90 330 Td " + " ".join(f"({row}) Tj T*" for row in ROWS) + " ET"
BOXES: dict[str, dict[str, list[float]]] = {
    "plain": {"MediaBox": [0, 0, 420, 595]},
    "large": {"MediaBox": [0, 0, 842, 1190]},
    "origin": {"MediaBox": [50, 40, 470, 635]},
    "crop": {"MediaBox": [0, 0, 595, 842], "CropBox": [60, 200, 480, 500]},
    "larger crop": {"MediaBox": [0, 0, 420, 595], "CropBox": [-100, -100, 900, 900]},
    "swapped": {"MediaBox": [420, 595, 0, 0]},
    "swapped crop": {"MediaBox": [0, 0, 595, 842], "CropBox": [480, 500, 60, 200]},
}


def boxed_pdf(path: Path, boxes: dict[str, list[float]], rotation: int, *, inherited: bool) -> Path:
    with pikepdf.open(drawn_pdf(path.with_suffix(".drawn"), CONTENT)) as pdf:
        leaf, tree = pdf.pages[0].obj, pdf.Root.Pages
        del leaf.MediaBox
        for key, box in {**boxes, "Rotate": rotation}.items():
            value = pikepdf.Array(box) if isinstance(box, list) else box
            (tree if inherited else leaf)[f"/{key}"] = value
        pdf.save(path)
    return path


def covered(layer: PageLayer, picture: Image.Image) -> float:
    ink = np.asarray(picture.convert("L")) < 128
    words = np.zeros_like(ink)
    for line in layer.lines:
        for word in line.words:
            box = line.box(word)
            words[max(0, int(box.top)) : int(box.bottom) + 1, max(0, int(box.left)) : int(box.right) + 1] = True
    return float((ink & words).sum() / ink.sum())


@pytest.mark.parametrize("inherited", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270, -90, 450])
@pytest.mark.parametrize("boxes", BOXES)
def test_words_lie_on_their_ink(tmp_path: Path, boxes: str, rotation: int, inherited: bool) -> None:
    path = boxed_pdf(tmp_path / "a.pdf", BOXES[boxes], rotation, inherited=inherited)
    layer, picture = page_layer(path, 0), render_page(path, 0, max_pixels=MAX_PAGE_PIXELS)
    assert (layer.width, layer.height) == picture.size
    assert sorted(line.text for line in layer.lines) == sorted(ROWS)
    assert covered(layer, picture) >= MIN_COVERED


@pytest.mark.parametrize(("boxes", "rotation"), [*((boxes, 0) for boxes in BOXES), ("crop", 90), ("swapped", 270)])
def test_words_that_are_added_lie_on_their_ink(tmp_path: Path, boxes: str, rotation: int) -> None:
    path = boxed_pdf(tmp_path / "a.pdf", BOXES[boxes], rotation, inherited=True)
    layer, picture = page_layer(path, 0), render_page(path, 0, max_pixels=MAX_PAGE_PIXELS)
    lines = tuple(TextLine.between(word.text, line.corners([word]), 0.9) for line in layer.lines for word in line.words)
    with pikepdf.open(path) as pdf:  # The same ink without its text: outlines.
        pdf.pages[0].Contents = pdf.make_stream(CONTENT.replace("Tj", "Tz").encode())
        pdf.save(tmp_path / "b.pdf")
    page = OcrPage(*picture.size, lines, "\n".join(line.text for line in lines))
    write_searchable_pdf(tmp_path / "b.pdf", [page], tmp_path / "c.pdf", "", NEVER_CANCELLED)
    added = page_layer(tmp_path / "c.pdf", 0)
    assert " ".join(line.text for line in added.lines).split() == " ".join(line.text for line in layer.lines).split()
    assert covered(added, picture) >= MIN_COVERED


def test_a_user_unit_leaves_words_on_their_ink(tmp_path: Path) -> None:
    with pikepdf.open(boxed_pdf(tmp_path / "a.pdf", BOXES["crop"], 90, inherited=False)) as pdf:
        pdf.pages[0].UserUnit = 2
        pdf.save(tmp_path / "b.pdf")
    assert (
        covered(page_layer(tmp_path / "b.pdf", 0), render_page(tmp_path / "b.pdf", 0, max_pixels=MAX_PAGE_PIXELS))
        >= MIN_COVERED
    )


def test_a_box_has_its_lines_corners(tmp_path: Path) -> None:
    (line, *_) = page_layer(boxed_pdf(tmp_path / "a.pdf", BOXES["plain"], 0, inherited=False), 0).lines
    assert Box.around_points(line.quad) == Box.around(line.box(word) for word in line.words)
