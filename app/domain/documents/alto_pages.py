"""Serialises an OCR page as ALTO 4 (http://www.loc.gov/standards/alto/v4/alto-4-4.xsd)."""

from xml.sax.saxutils import quoteattr
from zlib import crc32

from app.domain.documents.blocks import Block, BlockKind
from app.domain.documents.page_parts import block_rows
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine, Word
from app.domain.text.xml_text import xml_safe

ALTO_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://www.loc.gov/standards/alto/ns-v4# http://www.loc.gov/standards/alto/v4/alto-4-4.xsd">
<Description><MeasurementUnit>pixel</MeasurementUnit>
<Processing ID="ocr"><processingSoftware><softwareName>Lorgnette</softwareName></processingSoftware></Processing>
</Description>
<Tags>
<LayoutTag ID="heading" LABEL="heading" /><LayoutTag ID="paragraph" LABEL="paragraph" />
<LayoutTag ID="list_item" LABEL="list item" /><LayoutTag ID="caption" LABEL="caption" />
<LayoutTag ID="figure" LABEL="figure" /><LayoutTag ID="table" LABEL="table" />
<LayoutTag ID="formula" LABEL="formula" /><LayoutTag ID="header" LABEL="header" />
<LayoutTag ID="footer" LABEL="footer" /><LayoutTag ID="footnote" LABEL="footnote" />
<LayoutTag ID="code" LABEL="code" /><LayoutTag ID="vertical" LABEL="vertical text" />
</Tags>
<Layout>
"""
ALTO_TAIL = "</Layout>\n</alto>\n"


def page_as_alto(page: OcrPage, name: str, number: int) -> str:
    """Return the element of a page; `name` identifies it, `number` counts from 0."""
    mark = f"{crc32(name.encode(errors='replace')):08x}"
    size = f'WIDTH="{page.width}" HEIGHT="{page.height}"'
    blocks = "".join(
        _block(page, block, f"{mark}_{index}")
        for index, (block, _) in enumerate(block_rows(page), start=1)
        if block.lines or block.kind is BlockKind.FIGURE
    )
    return (
        f'<Page ID="page_{mark}" PHYSICAL_IMG_NR="{number + 1}" {size} PRINTED_IMG_NR={_quoted(name)}>\n'
        f'<PrintSpace HPOS="0" VPOS="0" {size}>\n{blocks}</PrintSpace>\n</Page>\n'
    )


def _block(page: OcrPage, block: Block, number: str) -> str:
    head = f'ID="block_{number}" TAGREFS="{block.kind}" {_place(block.box)}'
    lines = "".join(_line(page.lines[line]) for line in block.lines)
    if not lines:
        return f"<Illustration {head} />\n"
    return f"<TextBlock {head}>\n{lines}</TextBlock>\n"


def _line(line: TextLine) -> str:
    words = line.words or (Word(line.text, line.box, line.score),)
    parts: list[str] = []
    for word in words:
        content, confidence = _quoted(word.text), min(1.0, max(0.0, word.score))
        parts.append(f'<String {_place(word.box)} WC="{confidence:.3f}" CONTENT={content} />')
    return f"<TextLine {_place(line.box)}>{'<SP />'.join(parts)}</TextLine>\n"


def _place(box: Box) -> str:
    left, top = max(0.0, box.left), max(0.0, box.top)
    size = (max(0.0, box.right - left), max(0.0, box.bottom - top))
    return f'HPOS="{left:.0f}" VPOS="{top:.0f}" WIDTH="{size[0]:.0f}" HEIGHT="{size[1]:.0f}"'


def _quoted(text: str) -> str:
    """Quote an attribute."""
    return quoteattr(xml_safe(text))
