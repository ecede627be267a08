"""Draws a PDF page so that it can be stopped: PDFium asks between objects whether to pause (fpdf_progressive.h)."""

from typing import TYPE_CHECKING, cast

from PIL import Image

from app.domain.ports import CancelCheck

if TYPE_CHECKING:
    from pypdfium2 import PdfPage


def draw_rows(page: "PdfPage", size: tuple[int, int], rows: tuple[int, int], check: CancelCheck) -> Image.Image:
    """Draw the rows from the first to before the last of a page of this size in pixels, in RGB on white.

    What `check` raises ends the drawing. It is not called within a form XObject or a single path.
    """
    import pypdfium2  # noqa: PLC0415 - needed for documents only
    from pypdfium2 import raw  # noqa: PLC0415

    raised: list[BaseException] = []

    def is_stopped(_pause: object) -> bool:
        try:
            check()
        except BaseException as error:  # noqa: BLE001 - ctypes would drop it, and Ctrl+C with it
            raised.append(error)
        return bool(raised)

    pause = raw.IFSDK_PAUSE(version=1)
    pause.NeedToPauseNow = type(pause.NeedToPauseNow)(is_stopped)
    top, bottom = rows
    bitmap = pypdfium2.PdfBitmap.new_native(size[0], bottom - top, raw.FPDFBitmap_BGR)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, size[0], bottom - top)
    placed = (bitmap, page, 0, -top, *size, 0, raw.FPDF_ANNOT)
    try:
        status = raw.FPDF_RenderPageBitmap_Start(*placed, pause)
        while status == raw.FPDF_RENDER_TOBECONTINUED and not raised:
            status = raw.FPDF_RenderPage_Continue(page, pause)
    finally:
        raw.FPDF_RenderPage_Close(page)
    if raised:
        bitmap.close()
        raise raised[0]
    if status != raw.FPDF_RENDER_DONE:
        raise ValueError("PDFium does not draw the page")
    if page.formenv:
        raw.FPDF_FFLDraw(page.formenv, *placed)
    return cast(Image.Image, bitmap.to_pil()).convert("RGB")
