"""The one way to read a page of a document: from its text layer if that is sensible, else from its picture."""

from collections.abc import Callable

from PIL import Image

from app.domain.documents.pages import OcrPage
from app.domain.ports import CancelCheck
from app.engine.imaging.documents import Document
from app.engine.imaging.sensible_text import makes_sense
from app.engine.reader.layer_page import layer_page


def read_document_page(
    document: Document, number: int, read: Callable[[Image.Image], OcrPage], check: CancelCheck
) -> OcrPage:
    """Return page `number`, counted from 0; `read` reads its picture, if need be. Raises ImageError."""
    layer = document.layer(number)
    check()
    if layer and makes_sense(layer.text, is_hidden=layer.is_hidden):
        return layer_page(layer.lines, (layer.width, layer.height))
    picture = document.picture(number)
    check()
    return read(picture)
