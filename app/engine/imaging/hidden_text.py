"""Removes the invisible text that OCR software laid over a scanned page (ISO 32000-2, 9.3.6: rendering mode 3)."""

from pikepdf import (
    ContentStreamInlineImage,
    ContentStreamInstruction,
    Operator,
    Page,
    Pdf,
    parse_content_stream,
    unparse_content_stream,
)

_SHOWING = {"Tj", "TJ", "'", '"'}
_INVISIBLE = 3


def drop_hidden_text(pdf: Pdf, page: Page) -> None:
    """Remove what a page's own content shows in the invisible mode; its form XObjects stay as they are."""
    mode, stack = 0, [0]
    kept: list[ContentStreamInstruction | ContentStreamInlineImage] = []
    for instruction in parse_content_stream(page):
        name, operands = str(instruction.operator), instruction.operands
        if name == "q":
            stack.append(mode)
        elif name == "Q" and len(stack) > 1:
            mode = stack.pop()
        elif name == "Tr" and operands:
            mode = int(operands[0])
        if name in _SHOWING and mode == _INVISIBLE:
            if name in {"'", '"'}:  # These begin a line as well.
                kept.append(ContentStreamInstruction([], Operator("T*")))
            continue
        kept.append(instruction)
    page.Contents = pdf.make_stream(unparse_content_stream(kept))
