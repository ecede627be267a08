"""Draws PDF pages at the resolution that their text needs, in bands, so that a plan takes the memory of its picture."""

from ctypes import byref
from itertools import islice
from math import ceil, sqrt
from typing import TYPE_CHECKING

from PIL import Image

from app.domain.ports import CancelCheck
from app.engine.imaging.open_image import MAX_SIDE
from app.engine.imaging.pdf_drawing import draw_rows
from app.engine.imaging.pdf_frame import PdfFrame

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

POINTS = 72
"""PDF units (points) per inch."""

DOTS = 200
"""Resolution of rendered pages in dots per inch, at which small print is readable."""

MAX_PAGE_PIXELS = 64_000_000
"""Maximum pixels of a page that is read; A0 at 200 dpi has 61 million."""

USUAL_PIXELS = 4_000_000
"""Pixels of a usual page, A4 at 200 dpi. Larger pages are shown with as many, and scans are not enlarged beyond it."""

BAND_PIXELS = 4_000_000
"""Pixels that are rendered at a time."""

MIN_SCAN = 0.5
"""Minimum fraction of a page that its scan covers."""

SMALL_LEAF = 1.25
"""Ratio of the resolutions at which a page has USUAL_PIXELS and DOTS, from which it is small: its print may be, too."""

MAX_IMAGES, MAX_OBJECTS = 50, 20_000
"""Maximum numbers of images, and of objects of any kind, that are looked at."""


def frame_of(page: "PdfPage") -> PdfFrame:
    """Return a page's visible box, its rotation and the scale at which it is read."""
    from pypdfium2 import raw  # noqa: PLC0415 - needed for documents only

    box = raw.FS_RECTF()
    # The intersection of the crop and media boxes, inherited ones and swapped corners included.
    if not raw.FPDF_GetPageBoundingBox(page, byref(box)):
        raise ValueError("the page has no box")
    return PdfFrame(box.left, box.bottom, box.right, box.top, page.get_rotation(), _scale(page))


def draw(page: "PdfPage", max_pixels: int, check: CancelCheck) -> Image.Image:
    """Draw a page in RGB on white, with up to `max_pixels`; what `check` raises ends it."""
    width, height = page.get_width(), page.get_height()
    scale = min(_scale(page), sqrt(max_pixels / max(width * height, 1.0)))
    across, down = ceil(width * scale), ceil(height * scale)  # As PDFium rounds.
    rows = max(1, BAND_PIXELS // max(across, 1))
    if down <= rows:
        return draw_rows(page, (across, down), (0, down), check)
    picture = Image.new("RGB", (across, down), "white")
    for top in range(0, down, rows):
        picture.paste(draw_rows(page, (across, down), (top, min(down, top + rows)), check), (0, top))
    return picture


def _scale(page: "PdfPage") -> float:
    """Return the pixels per point at which a page is read: a scan's own, if that is enough or if the page is large."""
    width, height = page.get_width(), page.get_height()
    area = max(width * height, 1.0)
    usual, scan = sqrt(USUAL_PIXELS / area), _scan_scale(page, area)
    scale = DOTS / POINTS
    if scan is not None and scan < scale:
        scale = min(scale, max(scan, usual))
    elif scan is not None and usual > SMALL_LEAF * scale:
        scale = max(scale, min(scan, usual))
    return float(min(scale, sqrt(MAX_PAGE_PIXELS / area), MAX_SIDE / max(width, height, 1.0)))


def _scan_scale(page: "PdfPage", area: float) -> float | None:
    """Return the pixels per point of the finest image that covers a page; None if there is none."""
    from pypdfium2 import raw  # noqa: PLC0415

    scales = []
    facts = raw.FPDF_IMAGEOBJ_METADATA()
    objects = islice(page.get_objects(max_depth=3), MAX_OBJECTS)
    for image in islice((item for item in objects if item.type == raw.FPDF_PAGEOBJ_IMAGE), MAX_IMAGES):
        left, bottom, right, top = image.get_bounds()
        is_scan = abs((right - left) * (top - bottom)) >= MIN_SCAN * area
        if is_scan and raw.FPDFImageObj_GetImageMetadata(image, page, byref(facts)):
            scales.append(max(facts.horizontal_dpi, facts.vertical_dpi) / POINTS)
    return max(scales, default=None)
