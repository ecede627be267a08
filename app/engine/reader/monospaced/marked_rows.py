"""Marks amounts that may lack their point in monospaced text, such as a receipt's screenshot, and in its rows."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from app.engine.reader.monospaced.code_blocks import CodeBlock, CodeRow
from app.engine.reader.recognise import OcrLine
from app.engine.reader.uncertain_amounts import MIN_EVIDENCE, currencies_in, with_marked_amount


def with_marked_rows(blocks: Sequence[CodeBlock], others: Sequence[OcrLine]) -> list[CodeBlock]:
    """Return a page's blocks with a question mark after such amounts; `others` are its lines outside of the blocks.

    Programs and their output have pairs of numbers, too: the page must name currencies or totals.
    """
    texts = chain((row.text for block in blocks for row in block), (line.text for line in others))
    if sum(map(currencies_in, texts)) < MIN_EVIDENCE:
        return list(blocks)
    return [tuple(_marked(row) for row in block) for block in blocks]


def _marked(row: CodeRow) -> CodeRow:
    lines = tuple(with_marked_amount(line, is_about_money=True) for line in row.lines)
    text, start = row.text, 0
    for old, new in zip(row.lines, lines, strict=True):
        place = text.find(old.text, start)
        if place < 0:
            continue
        before, after = text[:place], text[place + len(old.text) :]
        # What comes after a gap stays in its column.
        blanks = len(after) - len(after.lstrip(" "))
        text = before + new.text + after[min(len(new.text) - len(old.text), max(0, blanks - 1)) :]
        start = place + len(new.text)
    return replace(row, lines=lines, text=text)
