"""The images process: checks files and makes thumbnails, so that no other process decodes an unknown file first."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from app.domain.clips import frame_count
from app.domain.errors import ImageError
from app.domain.generation import FinishReason
from app.domain.ports import CancelCheck
from app.engine.imaging.contact_sheet import contact_sheet
from app.engine.imaging.documents import Document, open_document
from app.engine.imaging.open_image import ImageFacts, cut_image, probe_image, save_png
from app.engine.imaging.open_pdf import is_pdf
from app.engine.imaging.open_video import is_video, sample_frames, video_facts
from app.engine.imaging.searchable_pdf import write_searchable_pdf
from app.engine.process.messages import (
    CutImage,
    DrawPage,
    Event,
    ImageProbed,
    PagesFound,
    PageShown,
    ProbeImage,
    Request,
    ShowPage,
    WritePdf,
)

SHEET_SIZE = 800
"""Pixels of a side from which on a picture has room for several frames."""
SHEET_FRAMES = 16
CHUNK_BYTES = 4 * 1024 * 1024


class ImagingBackend:
    """Serves ProbeImage, CutImage, DrawPage, ShowPage and WritePdf."""

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        """Emit ImageProbed or PagesFound, or raise ImageError."""
        match request:
            case ProbeImage():
                path = Path(request.path)
                if document := _document_of_pages(path, request.password):
                    pages, is_encrypted = document.page_count, document.is_encrypted
                    emit(PagesFound(request.request_id, pages, _sha256(path, check), is_encrypted))
                    return FinishReason.COMPLETE
            case DrawPage():
                path = Path(request.target)
                save_png(open_document(Path(request.path), request.password).picture(request.page), path)
            case ShowPage(path=name, page=number, size=size, password=password):
                picture = open_document(Path(name), password).picture(number)
                check()
                width, height = picture.size
                picture.thumbnail((size, size))
                emit(PageShown(request.request_id, width, height, _png(picture)))
                return FinishReason.COMPLETE
            case WritePdf(pages=pages, password=password):
                write_searchable_pdf(Path(request.source), pages, Path(request.target), password, check)
                return FinishReason.COMPLETE
            case CutImage():
                path = Path(request.target)
                cut_image(Path(request.path), request.part, path)
            case _:
                raise TypeError(f"the images process does not serve {type(request).__name__}")
        check()
        facts, thumbnail = _probe(path, request.thumbnail_size, check)
        check()
        emit(
            ImageProbed(
                request.request_id,
                digest=_sha256(path, check),
                media_type=facts.media_type,
                width=facts.width,
                height=facts.height,
                byte_size=facts.byte_size,
                frames=facts.frames,
                seconds=facts.seconds,
                thumbnail=_png(thumbnail),
            )
        )
        return FinishReason.COMPLETE


def _png(image: Image.Image) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, "PNG", compress_level=1, icc_profile=None)
    return encoded.getvalue()


def _document_of_pages(path: Path, password: str) -> Document | None:
    """A PDF, or a scan of several pages; None for what is one image, as what moves is."""
    if is_video(path):
        return None
    document = open_document(path, password)
    has_pages = is_pdf(path) or (document.page_count > 1 and not document.is_animation)
    return document if has_pages else None


def _probe(path: Path, thumbnail_size: int, check: CancelCheck) -> tuple[ImageFacts, Image.Image]:
    """Of an image, or of a film: then a small picture is one frame, and a large one a sheet of many."""
    if not is_video(path):
        return probe_image(path, thumbnail_size)
    film = video_facts(path)
    count = 1 if thumbnail_size < SHEET_SIZE else frame_count(film.seconds, SHEET_FRAMES)
    frames = sample_frames(path, count, check)
    facts = ImageFacts(film.media_type, film.width, film.height, path.stat().st_size, frames=1, seconds=film.seconds)
    return facts, contact_sheet(frames, thumbnail_size)


def _sha256(path: Path, check: CancelCheck) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
                check()
    except OSError as error:
        raise ImageError(
            f"“{path.name}” could not be read to its end.", todo="Check the drive and try again."
        ) from error
    return digest.hexdigest()
