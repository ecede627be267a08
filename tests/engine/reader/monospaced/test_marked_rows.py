"""Amounts in monospaced text that may lack their point."""

import numpy as np

from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.monospaced.code_blocks import CodeRow
from app.engine.reader.monospaced.marked_rows import with_marked_rows
from app.engine.reader.recognise import OcrLine


def row(*texts: str, gap: int = 4) -> CodeRow:
    """A row of lines with so many blanks between them, and before the first."""
    lines, start = [], gap
    for text in texts:
        letters = tuple(Letter(sign, n / len(text), (n + 1) / len(text), 0.99) for n, sign in enumerate(text))
        left, right = 10.0 * start, 10.0 * (start + len(text))
        lines.append(OcrLine(text, np.array([(left, 0), (right, 0), (right, 20), (left, 20)]), 0.99, letters))
        start += len(text) + gap
    return CodeRow(tuple(lines), " " * gap + (" " * gap).join(texts))


def test_an_amount_without_its_point_is_marked_in_its_line_and_in_its_row() -> None:
    block = (row("Tea", "2 50", "SR"), row("Total RM", "4 20"), row("Cash RM", "5.00"))
    ((tea, total, cash),) = with_marked_rows([block], [])
    assert [line.text for line in tea.lines] == ["Tea", "2 50?", "SR"]
    assert tea.text == "    Tea    2 50?   SR", "what follows stays in its column"
    assert total.text == "    Total RM    4 20?"
    assert cash == block[2]


def test_numbers_of_programs_are_not_marked() -> None:
    block = (row("range", "4 20"), row("total 48", "1.50 2.50"))
    assert with_marked_rows([block], []) == [block]
