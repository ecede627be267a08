"""Files with pages: PDF documents, multi-page TIFFs, and images, which have one page.

The frames of an animated image are its pages if they are requested; read as a whole it is its first frame.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from app.domain.ports import NEVER_CANCELLED, CancelCheck
from app.engine.imaging.open_frames import FrameFile
from app.engine.imaging.open_pdf import is_encrypted, is_pdf, page_count, page_layer, render_page
from app.engine.imaging.pdf_layer import PageLayer
from app.engine.imaging.render_pdf import MAX_PAGE_PIXELS

MAX_READABLE_SECONDS = 60.0
"""Maximum time of drawing a page to be read, which leaves time for reading before the window gives up."""


@dataclass(frozen=True, slots=True)
class Document:
    """An open document. Pages are counted from 0; the first two functions may raise ImageError.

    `picture` returns a page as it is displayed, upright, mode RGB, and `readable` as it is read: larger, if the page
    is; `layer` returns the text and drawings that the page tells of itself, in pixels of `readable`, or None for
    images, which tell nothing. `is_animation` is true for animated images,
    `is_encrypted` for encrypted files, even with an empty password. Within `in_order`, pages requested in order cost
    one pass over the file.
    """

    page_count: int
    picture: Callable[[int], Image.Image]
    readable: Callable[[int], Image.Image]
    layer: Callable[[int], PageLayer | None]
    is_animation: bool = False
    is_encrypted: bool = False
    in_order: Callable[[], AbstractContextManager[None]] = nullcontext


def open_document(path: Path, password: str = "", check: CancelCheck = NEVER_CANCELLED) -> Document:
    """Open the document at `path`. Raises ImageError, PasswordNeeded.

    What `check` raises ends the drawing of a page. The file is reopened for each page: that is cheap beside rendering
    it, and keeps nothing in memory.
    """
    if is_pdf(path):
        return Document(
            page_count(path, password),
            partial(render_page, path, password=password, check=check),
            partial(
                render_page,
                path,
                password=password,
                max_pixels=MAX_PAGE_PIXELS,
                check=check,
                max_seconds=MAX_READABLE_SECONDS,
            ),
            partial(page_layer, path, password=password, check=check),
            is_encrypted=is_encrypted(path, password),
        )
    frames = FrameFile(path)
    return Document(frames.count, frames.frame, frames.frame, _no_layer, frames.is_animation, in_order=frames.in_order)


def _no_layer(_number: int) -> None:
    """Return None: images are pixels alone."""
