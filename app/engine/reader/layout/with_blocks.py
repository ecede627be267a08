"""Adds its blocks to a page that was read."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.domain.documents.blocks import Area
from app.domain.documents.page_blocks import blocks_of
from app.domain.documents.pages import OcrPage
from app.engine.reader.reading_order import has_prose
from app.engine.reader.recognise import OcrLine


def with_blocks(
    page: OcrPage, find_areas: Callable[[], Sequence[Area]] | None, lines: Sequence[OcrLine], code: Sequence[Area] = ()
) -> OcrPage:
    """Return the page with blocks; its `lines` are upright, and so are the areas, None if the writing is vertical.

    The layout model knows pages of papers: it looks at pages with some prose alone. `code` are areas that it need not
    find.
    """
    areas = find_areas() if find_areas and has_prose(lines) else ()
    return replace(page, blocks=blocks_of(page, (*code, *areas)))
