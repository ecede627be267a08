"""The images process: checks image files and documents, renders pages, crops images, and writes searchable PDFs."""

from collections.abc import Sequence
from pathlib import Path

from app.domain.documents.pages import OcrPage
from app.domain.documents.pdf_options import PdfOptions
from app.domain.images.attachments import ImageCrop
from app.engine.process.messages import CropImage, DrawPage, ProbeImage, ShowPage, WritePdf
from app.services.engines.engine import Engine, EngineCall, OnEvent


class ImagesEngine:
    """The operations of the images process. Every call ends with Done or Failed."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def probe(self, path: Path, thumbnail_size: int, on_event: OnEvent, password: str = "") -> EngineCall:
        """Check a file. Emits ImageProbed, or PagesFound for a document."""
        return self.engine.call(ProbeImage(str(path), thumbnail_size, password), on_event)

    def cut(self, path: Path, part: ImageCrop, target: Path, thumbnail_size: int, on_event: OnEvent) -> EngineCall:
        """Write a crop of an image to `target`. Emits ImageProbed."""
        return self.engine.call(CropImage(str(path), part, str(target), thumbnail_size), on_event)

    def draw_page(
        self, path: Path, page: int, target: Path, thumbnail_size: int, on_event: OnEvent, *, password: str = ""
    ) -> EngineCall:
        """Write a page of a document, counted from 0, to `target` as an image. Emits ImageProbed."""
        return self.engine.call(DrawPage(str(path), page, str(target), thumbnail_size, password), on_event)

    def show_page(self, path: Path, page: int, size: int, on_event: OnEvent, password: str = "") -> EngineCall:
        """Render a page, counted from 0, at no more than `size` pixels a side. Emits PageShown."""
        return self.engine.call(ShowPage(str(path), page, size, password), on_event)

    def write_pdf(
        self,
        source: Path,
        pages: Sequence[OcrPage],
        target: Path,
        on_event: OnEvent,
        password: str,
        options: PdfOptions,
    ) -> EngineCall:
        """Write a searchable PDF of a document or an image to `target`."""
        return self.engine.call(WritePdf(str(source), tuple(pages), str(target), password, options), on_event)
