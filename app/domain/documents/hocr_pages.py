"""Serialises an OCR page as hOCR 1.2 (http://kba.github.io/hocr-spec/1.2/), in XHTML."""

import html
from zlib import crc32

from app.domain.documents.blocks import Block, BlockKind
from app.domain.documents.page_parts import block_rows
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine, Word
from app.domain.text.xml_text import xml_safe

HOCR_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Text of images</title>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<meta name="ocr-system" content="lorgnette" />
<meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_photo ocr_table ocr_math ocr_header ocr_footer \
ocr_caption ocr_par ocr_line ocrx_word" />
</head><body>
"""
HOCR_TAIL = "</body></html>\n"

_CLASSES = {
    BlockKind.FIGURE: "ocr_photo",
    BlockKind.TABLE: "ocr_table",
    BlockKind.FORMULA: "ocr_math",
    BlockKind.HEADER: "ocr_header",
    BlockKind.FOOTER: "ocr_footer",
    BlockKind.CAPTION: "ocr_caption",
}
"""Elements for kinds of blocks; all others are a carea with a paragraph."""


def page_as_hocr(page: OcrPage, name: str, number: int) -> str:
    """Return the element of a page; `name` identifies it, `number` counts from 0."""
    mark = f"{crc32(name.encode(errors='replace')):08x}"
    title = f"image &quot;{_escaped(name)}&quot;; bbox 0 0 {page.width} {page.height}; ppageno {number}"
    blocks = "".join(
        _block(page, block, f"{mark}_{index}") for index, (block, _) in enumerate(block_rows(page), start=1)
    )
    return f'<div class="ocr_page" id="page_{mark}" title="{title}">\n{blocks}</div>\n'


def _block(page: OcrPage, block: Block, number: str) -> str:
    lines = "".join(_line(page.lines[line], f"{number}_{index}") for index, line in enumerate(block.lines, start=1))
    kind = _CLASSES.get(block.kind, "ocr_carea")
    box = _box(block.box)
    inner = f'<p class="ocr_par" id="par_{number}" title="{box}">\n{lines}</p>\n' if lines else ""
    return f'<div class="{kind}" id="block_{number}" title="{box}">\n{inner}</div>\n'


def _line(line: TextLine, number: str) -> str:
    words = " ".join(
        f'<span class="ocrx_word" id="word_{number}_{index}" title="{_box(word.box)}; '
        f'x_wconf {_percent(word.score)}">{_escaped(word.text)}</span>'
        for index, word in enumerate(line.words or (Word(line.text, line.box, line.score),), start=1)
    )
    title = f"{_box(line.box)}; x_wconf {_percent(line.score)}"
    return f'<span class="ocr_line" id="line_{number}" title="{title}">{words}</span>\n'


def _box(box: Box) -> str:
    edges = (box.left, box.top, box.right, box.bottom)
    return "bbox " + " ".join(f"{max(0.0, edge):.0f}" for edge in edges)


def _percent(score: float) -> int:
    return round(100 * min(1.0, max(0.0, score)))


def _escaped(text: str) -> str:
    """Escape text for XML."""
    return html.escape(xml_safe(text))
