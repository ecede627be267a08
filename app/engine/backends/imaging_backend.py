"""The imaging process: checks files and makes thumbnails, so that no other process decodes an unknown file first."""

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from app.domain.error_texts import image_texts
from app.domain.errors import ImageError
from app.domain.ids import Digest
from app.domain.images.video_frames import frame_count
from app.domain.models.answer_stats import FinishReason
from app.domain.ports import CancelCheck
from app.engine.imaging.contact_sheet import contact_sheet
from app.engine.imaging.documents import Document, open_document
from app.engine.imaging.open_image import ImageFacts, crop_image, probe_image, save_png
from app.engine.imaging.open_pdf import is_pdf
from app.engine.imaging.open_video import is_video, sample_frames, video_facts
from app.engine.imaging.searchable_pdf import write_searchable_pdf
from app.engine.process.descriptor_passing import open_to_read, status_of
from app.engine.process.messages import (
    CropImage,
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
from app.regular_files import sha256_of

MIN_CONTACT_SHEET_SIZE = 800
"""Minimum side in pixels of a picture that holds several frames of a video."""
CONTACT_SHEET_FRAMES = 16


class ImagingBackend:
    """Serves ProbeImage, CropImage, DrawPage, ShowPage and WritePdf."""

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        """Emit ImageProbed or PagesFound, or raise ImageError."""
        match request:
            case ProbeImage():
                path = Path(request.path)
                if document := _document_of_pages(path, request.password):
                    pages, is_encrypted = document.page_count, document.is_encrypted
                    emit(PagesFound(pages, _sha256(path, check), is_encrypted))
                    return FinishReason.COMPLETE
            case DrawPage():
                path = Path(request.target)
                save_png(open_document(Path(request.path), request.password, check).picture(request.page), path)
            case ShowPage(path=name, page=number, size=size, password=password):
                picture = open_document(Path(name), password, check).picture(number)
                check()
                width, height = picture.size
                picture.thumbnail((size, size))
                emit(PageShown(width, height, _png(picture)))
                return FinishReason.COMPLETE
            case WritePdf(pages=pages, password=password, options=options):
                write_searchable_pdf(Path(request.source), pages, Path(request.target), password, check, options)
                return FinishReason.COMPLETE
            case CropImage():
                path = Path(request.target)
                crop_image(Path(request.path), request.part, path)
            case _:
                raise TypeError(f"the images process does not serve {type(request).__name__}")
        check()
        facts, thumbnail = _probe(path, request.thumbnail_size, check)
        check()
        emit(
            ImageProbed(
                digest=_sha256(path, check),
                media_type=facts.media_type,
                width=facts.width,
                height=facts.height,
                byte_size=facts.byte_size,
                frames=facts.frames,
                seconds=facts.seconds,
                shown_share=facts.shown_share,
                thumbnail=_png(thumbnail),
            )
        )
        return FinishReason.COMPLETE


def _png(image: Image.Image) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, "PNG", compress_level=1, icc_profile=None)
    return encoded.getvalue()


def _document_of_pages(path: Path, password: str) -> Document | None:
    """Open a PDF or a scan of several pages; return None for a single image, animated ones included."""
    if is_video(path):
        return None
    document = open_document(path, password)
    has_pages = is_pdf(path) or (document.page_count > 1 and not document.is_animation)
    return document if has_pages else None


def _probe(path: Path, thumbnail_size: int, check: CancelCheck) -> tuple[ImageFacts, Image.Image]:
    """Probe an image or a video; a video's small picture is one frame, a large one is a contact sheet."""
    if not is_video(path):
        return probe_image(path, thumbnail_size)
    video = video_facts(path)
    count = 1 if thumbnail_size < MIN_CONTACT_SHEET_SIZE else frame_count(video.seconds, CONTACT_SHEET_FRAMES)
    frames = sample_frames(path, count, check)
    facts = ImageFacts(
        video.media_type, video.width, video.height, status_of(path).st_size, frames=1, seconds=video.seconds
    )
    return facts, contact_sheet(frames, thumbnail_size)


def _sha256(path: Path, check: CancelCheck) -> Digest:
    try:
        with open_to_read(path) as file:
            return Digest(sha256_of(file, lambda _: check()))
    except OSError as error:
        raise ImageError(image_texts.NOT_READ_COMPLETELY, file=path.name) from error
