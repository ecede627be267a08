"""Pages that would take minutes or more to draw end with a told failure, or when they are cancelled."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Dictionary, Name, Stream

from app.domain.errors import Cancelled, ImageError
from app.engine.imaging import open_pdf
from app.engine.imaging.documents import open_document
from app.engine.imaging.open_pdf import render_page
from tests.support.documents import drawn_pdf

STROKES = "0 0 m 500 800 l S " * 5000


def cancelled_after(calls: int) -> Callable[[], None]:
    """A check that raises when it has been called so often."""
    asked = iter(range(calls))

    def check() -> None:
        if next(asked, None) is None:
            raise Cancelled

    return check


def test_a_page_ends_at_its_time(tmp_path: Path) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", STROKES)
    with pytest.raises(ImageError, match=r"A page of “a\.pdf” is too complex"):
        render_page(path, 0, max_seconds=-1)
    assert render_page(path, 0).size == (1653, 2339)


@pytest.mark.parametrize("calls", [0, 1, 5])
def test_a_page_is_cancelled_while_it_is_drawn(tmp_path: Path, calls: int) -> None:
    document = open_document(drawn_pdf(tmp_path / "a.pdf", STROKES), "", cancelled_after(calls))
    with pytest.raises(Cancelled):
        document.picture(0)


def test_the_other_pages_of_a_document_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count(0, 5)
    monkeypatch.setattr(open_pdf, "monotonic", lambda: next(seconds))
    with pikepdf.open(drawn_pdf(tmp_path / "a.pdf", STROKES)) as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        pdf.save(tmp_path / "b.pdf")
    document = open_document(tmp_path / "b.pdf")
    with pytest.raises(ImageError, match="too complex"):
        document.readable(0)
    assert document.readable(1).size == (1653, 2339)


def form(pdf: pikepdf.Pdf, content: bytes, **forms: pikepdf.Object) -> pikepdf.Object:
    """A form XObject that may use others."""
    resources = Dictionary({"/XObject": Dictionary({f"/{name}": item for name, item in forms.items()})})
    box = pikepdf.Array([0, 0, 600, 850])
    return pdf.make_indirect(Stream(pdf, content, Type=Name.XObject, Subtype=Name.Form, BBox=box, Resources=resources))


@pytest.mark.parametrize("place", ["page", "annotation", "pattern"])
def test_forms_that_multiply_are_refused_before_they_are_parsed(tmp_path: Path, place: str) -> None:
    with pikepdf.open(drawn_pdf(tmp_path / "a.pdf", "0 0 9 9 re f")) as pdf:
        item = form(pdf, b"0 0 9 9 re f")
        for _ in range(9):
            item = form(pdf, b"/F Do " * 10, F=item)
        page = pdf.pages[0]
        if place == "page":
            page.Resources.XObject = Dictionary(Fm=item)
            page.Contents = pdf.make_stream(b"/Fm Do")
        elif place == "annotation":
            stamp = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=[0, 0, 9, 9], AP=Dictionary(N=item))
            page.Annots = pikepdf.Array([pdf.make_indirect(stamp)])
        else:
            item.PatternType, item.PaintType, item.TilingType = 1, 1, 1
            page.Resources.Pattern = Dictionary(P=item)
        pdf.save(tmp_path / "b.pdf")
    document = open_document(tmp_path / "b.pdf")
    for look in (document.layer, document.picture):
        with pytest.raises(ImageError, match="too complex"):
            look(0)


def test_a_form_that_uses_itself_is_drawn(tmp_path: Path) -> None:
    with pikepdf.open(drawn_pdf(tmp_path / "a.pdf", "/Fm Do")) as pdf:
        item = form(pdf, b"0 0 300 400 re f /F Do")
        item.Resources.XObject.F = item
        pdf.pages[0].Resources.XObject = Dictionary(Fm=item)
        pdf.save(tmp_path / "b.pdf")
    assert render_page(tmp_path / "b.pdf", 0).getpixel((300, 2000)) == (0, 0, 0)
