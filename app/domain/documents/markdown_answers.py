r"""Turns the Markdown that document models answer with into HTML, of which a page's blocks are made.

FireRed-OCR and Typhoon-OCR 1.5 write Markdown with tables in HTML, formulas between `$$` or `\[` and `\]`, and
(Typhoon) `<figure>` around the description of a picture and `<page_number>`: see their prompts, `published_prompts`. A
Markdown parser would number lists anew, and take printed stars and backslashes for markup, so lines are read one by
one: what is not structure stays as it is written.
"""

import re
from collections.abc import Iterator
from html import escape

_FENCED = re.compile(r"^[ ]{0,3}```[^\n]*\n(?P<code>.*?)(?:^[ ]{0,3}```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_ISLAND = re.compile(
    r"<(?P<end>/?)(?P<tag>table|figure|page_number)(?:[\s/][^<>]*+)?>"
    r"|^[ \t]*(?:\$\$(?P<dollars>[^$]+)\$\$|\\\[(?P<brackets>(?:[^\\]|\\(?![\[\]]))+)\\\])[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})[ \t]+(.*\S)")
_CLOSING = re.compile(r"[ \t]+#+$")
_ITEM = re.compile(r"\s*([-*+]|\d{1,9}[.)])[ \t]+(\S.*)")
_RULE = re.compile(r"[ \t]*(?:(?:-[ \t]*+){3}|(?:\*[ \t]*+){3}|(?:_[ \t]*+){3})")
_COLUMNS = re.compile(r"[ \t]*\|?[ \t]*+:?-+:?[ \t]*+(?:\|[ \t]*+:?-+:?[ \t]*+)*+\|?[ \t]*+")
"""The line below a table's header."""
_CELLS = re.compile(r"(?<!\\)\|")
_STRONG = re.compile(r"\*\*(?=\S)([^*\n]+)(?<=\S)\*\*")
_FORMULA = re.compile(r"\$[^$\n]+\$|\\\((?:[^\\\n]|\\(?![()]))+\\\)")
_LOOSE = re.compile(r"&(?!#?\w{1,31};)")


def markdown_as_html(text: str) -> str:
    """Return the blocks of Markdown as HTML, in time proportional to its length; HTML in it is kept as it is."""
    parts: list[str] = []
    position = 0
    for code in _FENCED.finditer(text):
        parts += [_outside_code(text[position : code.start()]), f"<pre>{escape(code['code'])}</pre>"]
        position = code.end()
    return "\n".join((*parts, _outside_code(text[position:])))


def _outside_code(text: str) -> str:
    parts: list[str] = []
    position = 0
    for start, end, island in _islands(text):
        parts += [*_blocks(text[position:start].split("\n")), island]
        position = end
    return "\n".join((*parts, *_blocks(text[position:].split("\n"))))


def _islands(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the start and end of each element and formula that is no Markdown, and its HTML; the last may be cut."""
    tag, depth, begin, content = "", 0, 0, 0
    for found in _ISLAND.finditer(text):
        name = (found["tag"] or "").lower()
        if not depth and not name:
            formula = escape(found[0].strip()).replace("\n", "<br>")
            yield found.start(), found.end(), f'<div class="formula">{formula}</div>'
        elif not depth and not found["end"]:
            tag, depth, begin, content = name, 1, found.start(), found.end()
        elif depth and name == tag:
            depth += -1 if found["end"] else 1
            if not depth:
                yield begin, found.end(), _element(tag, text[begin : found.end()], text[content : found.start()])
    if depth:
        yield begin, len(text), _element(tag, text[begin:], text[content:])


def _element(tag: str, whole: str, content: str) -> str:
    if tag == "table":
        return whole
    if tag == "page_number":
        return f'<div class="footer">{content}</div>'
    return f"<figure>{'<br>'.join(map(_inline, content.strip().splitlines()))}</figure>"


def _blocks(lines: list[str]) -> Iterator[str]:
    """Yield the blocks of lines that have neither code nor islands; a paragraph's lines are paragraphs of their own.

    A rule stands between paragraphs, as they have no places that would tell them apart.
    """
    item: list[str] = []

    def ended() -> Iterator[str]:
        if item:
            yield f'<p class="list-item">{"<br>".join(item)}</p>'
        item.clear()

    number = 0
    while number < len(lines):
        line = lines[number].rstrip()
        number += 1
        if item and line and not any(kind.fullmatch(line) for kind in (_HEADING, _ITEM, _RULE)) and "|" not in line:
            item.append(_inline(line.strip()))
            continue
        yield from ended()
        if "|" in line and number < len(lines) and "|" in lines[number] and _COLUMNS.fullmatch(lines[number]):
            end = next((at for at in range(number + 1, len(lines)) if "|" not in lines[at]), len(lines))
            yield _table([line, *lines[number + 1 : end]])
            number = end
        elif heading := _HEADING.fullmatch(line):
            level = len(heading[1])
            yield f"<h{level}>{_inline(_CLOSING.sub('', heading[2]))}</h{level}>"
        elif not line or _RULE.fullmatch(line):
            yield "<hr>"
        elif begun := _ITEM.fullmatch(line):
            sign = "-" if begun[1] == "*" else begun[1]
            item.append(_inline(f"{sign} {begun[2]}"))
        else:
            yield f"<p>{_inline(line.strip())}</p>"
    yield from ended()


def _table(rows: list[str]) -> str:
    cells = ([cell.strip() for cell in _CELLS.split(row.strip().removeprefix("|"))] for row in rows)
    made = (cells_of_row[:-1] if cells_of_row and not cells_of_row[-1] else cells_of_row for cells_of_row in cells)
    written = ("".join(f"<td>{_inline(cell)}</td>" for cell in row).replace(r"\|", "|") for row in made)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in written)}</table>"


def _inline(text: str) -> str:
    """Return a line's text without the stars of strong emphasis; signs in formulas begin no tags."""
    parts: list[str] = []
    position = 0
    for formula in _FORMULA.finditer(text):
        parts += [_words(text[position : formula.start()]), escape(formula[0])]
        position = formula.end()
    return "".join((*parts, _words(text[position:])))


def _words(text: str) -> str:
    return _LOOSE.sub("&amp;", _STRONG.sub(r"\1", text))
