"""A chat on paper."""

from collections.abc import Mapping

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QPageSize,
    QPdfWriter,
    QTextCursor,
    QTextDocument,
    QTextImageFormat,
)

from app.ui.code_blocks import LIGHT, code_blocks, colour
from app.ui.formulas import draw
from app.ui.markdown_document import set_markdown

FONT_SIZE = 10
"""Points."""
LARGEST_IMAGE = QSizeF(600, 700)
"""Pixels of 1/96 inch."""
FORMULA_RATIO = 4.0
LINE = QColor("#c9c6be")


def chat_pdf(text: str, images: Mapping[str, bytes]) -> bytes:
    """Set a chat's Markdown, whose images are called `image:` and their digest, on A4. May run on any thread.

    `images` are PNGs by digest that Lorgnette has made itself; nothing else is loaded.
    """
    document = _Document(images)
    document.setDefaultFont(QFont(document.defaultFont().family(), FONT_SIZE))
    set_markdown(document, text, draw, "#000000", LINE, FORMULA_RATIO)
    colour(document, code_blocks(document), LIGHT)
    _fit_images(document)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setCreator("Lorgnette")
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF())
    document.print_(writer)  # Leaves two centimetres and numbers the pages.
    buffer.close()
    return bytes(buffer.data().data())


class _Document(QTextDocument):
    def __init__(self, images: Mapping[str, bytes]) -> None:
        super().__init__()
        self._images = images

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        png = self._images.get(QUrl(name).path())
        if png is None:  # Given nothing, Qt would open a file of that name.
            image = QImage(1, 1, QImage.Format.Format_ARGB32)
            image.fill(Qt.GlobalColor.transparent)
            return image
        return QImage.fromData(png)


def _fit_images(document: QTextDocument) -> None:
    """Give every image that has no size yet one that fits on a page."""
    cursor = QTextCursor(document)
    while not (cursor := document.find("\ufffc", cursor)).isNull():
        style = cursor.charFormat().toImageFormat()
        image = document.resource(QTextDocument.ResourceType.ImageResource.value, QUrl(style.name()))
        if style.width() or not isinstance(image, QImage):
            continue
        size = QSizeF(image.size())
        if size.width() > LARGEST_IMAGE.width() or size.height() > LARGEST_IMAGE.height():
            size.scale(LARGEST_IMAGE, Qt.AspectRatioMode.KeepAspectRatio)
        sized = QTextImageFormat(style)
        sized.setWidth(size.width())
        sized.setHeight(size.height())
        cursor.setCharFormat(sized)
