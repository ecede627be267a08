"""Files that have pages: PDF documents, TIFFs of several pages, and images, which have one.

An animated image has its frames as pages where somebody asks for them; read as a whole it is its first frame.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from app.domain.pages import Page
from app.engine.imaging.open_frames import FrameFile
from app.engine.imaging.open_pdf import is_encrypted, is_pdf, page_count, render_page, text_layer


@dataclass(frozen=True, slots=True)
class Document:
    """Pages are counted from 0; the first two functions may raise ImageError.

    `picture` gives a page as it is seen, upright, mode RGB; `text_page` the text that the file itself has of it, with
    places on its picture, None for none or nonsense. `is_animation` tells frames of something that moves,
    `is_encrypted` a file that is, be it with an empty password. Within `in_order` pages that are asked for in order
    cost one pass over the file.
    """

    page_count: int
    picture: Callable[[int], Image.Image]
    text_page: Callable[[int], Page | None]
    is_animation: bool = False
    is_encrypted: bool = False
    in_order: Callable[[], AbstractContextManager[None]] = nullcontext


def open_document(path: Path, password: str = "") -> Document:
    """The document at `path`. Raises ImageError, PasswordNeeded.

    The file is opened anew for each page, which is little beside drawing it, and keeps nothing in memory.
    """
    if is_pdf(path):
        return Document(
            page_count(path, password),
            partial(render_page, path, password=password),
            partial(text_layer, path, password=password),
            is_encrypted=is_encrypted(path, password),
        )
    frames = FrameFile(path)
    return Document(frames.count, frames.frame, _no_text, frames.is_animation, in_order=frames.in_order)


def _no_text(_number: int) -> None:
    """Images have none."""
