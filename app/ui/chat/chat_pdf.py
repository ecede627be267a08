"""The PDF of a chat."""

from collections.abc import Iterable, Mapping
from typing import cast

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QPageSize,
    QPdfWriter,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextDocumentFragment,
    QTextFormat,
    QTextImageFormat,
)

from app.domain.chat.sections import Section, sections
from app.domain.ids import Digest
from app.domain.text.links import is_safe_link
from app.ui.chat.pdf_fit import fit_tables, set_apart, wrap_code
from app.ui.markdown.code_blocks import code_blocks, colour
from app.ui.markdown.code_colours import LIGHT
from app.ui.markdown.formulas import MAX_DRAWN, FormulaPicture, FormulaStyle, MakePicture, draw, formula_name
from app.ui.markdown.markdown_document import set_markdown
from app.ui.widgets.i18n import tr

FONT_SIZE = 10
"""Font size in points."""
LARGEST_IMAGE = QSizeF(600, 700)
"""Maximum size of an image, in pixels of 1/96 inch."""
FORMULA_RATIO = 4.0
MARGIN_CENTIMETRES = 2.0
"""Margins that Qt's own printing of a document leaves."""
MAX_SECTIONS = 120
"""Maximum number of sections in a PDF; later ones are left out."""
LINE = QColor("#c9c6be")
GROUND = QColor("#f3f1ec")
"""Background of code and quotations, of whose frames and bars a page has none."""
_LINK = (
    QTextFormat.Property.IsAnchor,
    QTextFormat.Property.AnchorHref,
    QTextFormat.Property.FontUnderline,
    QTextFormat.Property.TextUnderlineStyle,
    QTextFormat.Property.ForegroundBrush,
)
"""Text format properties that make text a link, and look like one."""


def chat_pdf(text: str, images: Mapping[Digest, bytes]) -> bytes:
    """Typeset a chat's Markdown, whose images are named `image:<digest>`, on A4. May run on any thread.

    `images` are PNGs by digest that Lorgnette has made itself; nothing else is loaded.
    Only links to web pages and mail addresses are kept.
    """
    document = _Document(images)
    pictures = _Pictures(document)
    cursor = QTextCursor(document)
    # Qt parses a whole text in one call, quadratic in its tables and lists, and blocks everything else meanwhile.
    parts = sections(text, max_sections=MAX_SECTIONS)
    for number, part in enumerate(parts):
        if number:
            cursor.insertBlock(QTextBlockFormat(), QTextCharFormat())
        cursor.insertFragment(_fragment(part, text, images, pictures))
    if (rest := len(text) - parts[-1].end) > 0:
        cursor.insertBlock(QTextBlockFormat(), QTextCharFormat())
        cursor.insertText(_left_out(rest))
    wrap_code(document)
    set_apart(document, GROUND, LINE)
    colour(document, code_blocks(document), LIGHT)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setCreator("Lorgnette")
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF())
    fit_tables(document, writer, writer.width() - 2 * MARGIN_CENTIMETRES / 2.54 * writer.logicalDpiX())
    document.print_(writer)  # With these margins and page numbers.
    buffer.close()
    return bytes(buffer.data().data())


def _fragment(
    part: Section, text: str, images: Mapping[Digest, bytes], make_picture: MakePicture
) -> QTextDocumentFragment:
    """Render a section of a chat as a fragment for its document."""
    document = _Document(images)
    if part.is_source:
        document.setPlainText(part.of(text))
    else:
        set_markdown(document, part.of(text), make_picture, "#000000", LINE, FORMULA_RATIO)
    _fit_images(document)
    _drop_links(document)
    return QTextDocumentFragment(document)


def _left_out(characters: int) -> str:
    return tr(
        "The last {count} characters of this chat are left out here, as a PDF of them would take too long. Export the"
        " chat as Markdown or as a web page to have all of it.",
        count=characters,
    )


class _Pictures:
    """Draws the first MAX_DRAWN formulas of a chat, and stores their pictures in its document."""

    def __init__(self, document: QTextDocument) -> None:
        self._document = document
        self._drawn = 0

    def __call__(self, tex: str, style: FormulaStyle, *, is_display: bool) -> FormulaPicture | None:
        """Return the picture of `tex`, or None."""
        if self._drawn >= MAX_DRAWN:
            return None
        self._drawn += 1
        if picture := draw(tex, style, is_display=is_display):
            name = QUrl(formula_name(tex, is_display=is_display))
            self._document.addResource(QTextDocument.ResourceType.ImageResource.value, name, picture.image)
        return picture


class _Document(QTextDocument):
    def __init__(self, images: Mapping[Digest, bytes]) -> None:
        super().__init__()
        self.setDefaultFont(QFont(self.defaultFont().family(), FONT_SIZE))
        self._images = images

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        png = self._images.get(Digest(QUrl(name).path()))
        if png is None:  # If this returned nothing, Qt would open a file of that name.
            image = QImage(1, 1, QImage.Format.Format_ARGB32)
            image.fill(Qt.GlobalColor.transparent)
            return image
        image = QImage()
        image.loadFromData(png, "PNG")
        return image


def _fit_images(document: QTextDocument) -> None:
    """Give every image without a size one that fits on a page."""
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


def _drop_links(document: QTextDocument) -> None:
    """Turn links to anything but web pages and mail addresses into text: PDF viewers would follow them."""
    spans = []
    block = document.begin()
    while block.isValid():
        parts = cast("Iterable[QTextBlock.iterator]", block)
        spans += [(span.position(), span.length(), span.charFormat()) for span in (part.fragment() for part in parts)]
        block = block.next()
    cursor = QTextCursor(document)
    for start, length, style in spans:
        if style.isAnchor() and not is_safe_link(style.anchorHref()):
            for name in _LINK:
                style.clearProperty(name.value)
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(style)
