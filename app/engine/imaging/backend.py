"""The images process: checks files and makes thumbnails, so that no other process decodes an unknown file first."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

from app.domain.errors import ImageError
from app.domain.generation import FinishReason
from app.domain.ports import CancelCheck
from app.engine.imaging.open_image import cut_image, probe_image
from app.engine.process.messages import CutImage, Event, ImageProbed, ProbeImage, Request

CHUNK_BYTES = 4 * 1024 * 1024


class ImagingBackend:
    """Serves ProbeImage and CutImage."""

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        """Emit ImageProbed, or raise ImageError."""
        match request:
            case ProbeImage():
                path = Path(request.path)
            case CutImage():
                path = Path(request.target)
                cut_image(Path(request.path), request.part, path)
            case _:
                raise TypeError(f"the images process does not serve {type(request).__name__}")
        check()
        facts, thumbnail = probe_image(path, request.thumbnail_size)
        check()
        encoded = io.BytesIO()
        thumbnail.save(encoded, "PNG", compress_level=1, icc_profile=None)
        emit(
            ImageProbed(
                request.request_id,
                digest=_sha256(path, check),
                media_type=facts.media_type,
                width=facts.width,
                height=facts.height,
                byte_size=facts.byte_size,
                frames=facts.frames,
                thumbnail=encoded.getvalue(),
            )
        )
        return FinishReason.COMPLETE


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
