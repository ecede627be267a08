"""Levels of nested lists, told by how far their items are indented."""

from collections.abc import Sequence

from app.domain.documents.blocks import Block, BlockKind
from app.domain.documents.page_blocks import page_blocks
from app.domain.documents.pages import OcrPage
from app.domain.images import quarter_turns
from app.domain.images.geometry import Box
from app.domain.text.scripts import OTHER_SCRIPTS

MIN_INDENT, MAX_INDENT = 0.9, 6.0
"""Minimum and maximum indent of an item below another, in line heights: "9." and "10." may end at the same place, and
what is farther aside is in another column."""


def list_levels(page: OcrPage, blocks: Sequence[Block]) -> list[int]:
    """Return the level of each block's item in its list, 0 for the outermost and for blocks that are no items."""
    levels: list[int] = []
    starts: list[float] = []
    above: Box | None = None
    for block in blocks:
        if block.kind is not BlockKind.LIST_ITEM or not block.lines:
            levels.append(0)
            starts, above = [], None
            continue
        box = _upright(page, page.lines[block.lines[0]].box)
        start = _start(page.lines[block.lines[0]].text, box)
        if above is None or box.top < above.centre.y or abs(start - starts[-1]) > MAX_INDENT * box.height:
            starts = []
        while starts and start < starts[-1] - MIN_INDENT * box.height:
            starts.pop()
        if not starts or start > starts[-1] + MIN_INDENT * box.height:
            starts.append(start)
        levels.append(len(starts) - 1)
        above = box
    return levels


def line_levels(page: OcrPage) -> list[int]:
    """Return the level of each line in a list, as `list_levels` does."""
    blocks = page_blocks(page)
    levels = [0] * len(page.lines)
    for block, level in zip(blocks, list_levels(page, blocks), strict=True):
        for number in block.lines:
            levels[number] = level
    return levels


def _upright(page: OcrPage, box: Box) -> Box:
    edges = (box.left, box.top, box.right, box.bottom)
    return Box(*quarter_turns.rotated_box(edges, page.rotation // 90, page.width, page.height))


def _start(text: str, box: Box) -> float:
    """Return where an item begins: at its left, or at its right if it is written from there, counted to the left."""
    from_right = any(script.is_right_to_left and script.share_of(text) for script in OTHER_SCRIPTS)
    return -box.right if from_right else box.left
