"""Documents: their pages as pictures, the text that they carry, and what is refused."""

from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from app.domain.errors import ImageError
from app.domain.ids import Digest
from app.domain.images.attachments import DocumentPage
from app.domain.ports import NEVER_CANCELLED
from app.engine.backends.imaging_backend import ImagingBackend
from app.engine.imaging.open_pdf import is_pdf, page_count, page_layer, render_page
from app.engine.imaging.render_pdf import USUAL_PIXELS
from app.engine.process.messages import DrawPage, Event, ImageProbed, PagesFound, ProbeImage
from tests.support.documents import scanned_pdf, written_pdf

SENTENCE = "The total of all items is 12.40 EUR"


def test_pages_are_counted_and_drawn(tmp_path: Path) -> None:
    document = scanned_pdf(tmp_path / "a.pdf", ["one", "two", "three"])
    assert is_pdf(document)
    assert page_count(document) == 3
    page = render_page(document, 1)
    assert (page.mode, page.size) == ("RGB", (1654, 2339))
    assert page.getpixel((5, 5)) == (255, 255, 255)
    assert page.convert("L").histogram()[0] > 100  # There is ink.
    assert page_layer(document, 1).lines == ()


def test_a_page_tells_its_text_where_it_stands(tmp_path: Path) -> None:
    document = written_pdf(tmp_path / "a.pdf", SENTENCE)
    page = page_layer(document, 0)
    (line,) = page.lines
    assert line.text == SENTENCE
    drawn = render_page(document, 0)
    assert (page.width, page.height) == drawn.size
    foreground = Image.eval(drawn.convert("L"), lambda value: 255 - value).getbbox()
    assert foreground is not None
    across, down = [point.x for point in line.quad], [point.y for point in line.quad]
    box = (min(across), min(down), max(across), max(down))
    assert all(abs(told - seen) < 12 for told, seen in zip(box, foreground, strict=True))


def test_a_page_as_large_as_a_house_is_drawn_smaller(tmp_path: Path) -> None:
    page = render_page(written_pdf(tmp_path / "a.pdf", SENTENCE, (14_400, 14_400)), 0)
    assert page.width * page.height <= USUAL_PIXELS * 1.01


@pytest.mark.parametrize("cut", [8, 60, 300])
def test_a_damaged_document_is_refused_in_words(tmp_path: Path, cut: int) -> None:
    document = written_pdf(tmp_path / "a.pdf", SENTENCE)
    document.write_bytes(document.read_bytes()[:cut])
    with pytest.raises(ImageError, match=r"“a\.pdf”"):
        render_page(document, 0)


def test_probing_a_document_tells_its_pages_and_a_page_becomes_an_image(tmp_path: Path) -> None:
    document, target = scanned_pdf(tmp_path / "a.pdf", ["one", "two"]), tmp_path / "page.png"
    events: list[Event] = []
    ImagingBackend().handle(ProbeImage(str(document), 64), events.append, NEVER_CANCELLED)
    ImagingBackend().handle(
        DrawPage(str(document), DocumentPage(1).number, str(target), 64), events.append, NEVER_CANCELLED
    )
    found, probed = events
    assert found == PagesFound(2, Digest(sha256(document.read_bytes()).hexdigest()))
    assert isinstance(probed, ImageProbed)
    assert (probed.media_type, probed.width, probed.height) == ("image/png", 1654, 2339)
    with Image.open(target) as page:
        assert page.size == (1654, 2339)
