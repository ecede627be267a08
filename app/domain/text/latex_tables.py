r"""Turns LaTeX's tables in Markdown, as Qwen3-VL writes them for `qwenvl markdown`, into GitHub's.

Known are `tabular`, `tabular*`, `tabularx`, `tabulary` and `longtable` with rules, `\multicolumn`, `\multirow` and the
usual fonts; a cell's other commands stay as they are written. A table within a cell becomes its text.
"""

import re

MAX_SPAN = 50
_CAPTIONED = r"\\caption\*?(?:\[[^\]]{0,200}\])?\{(?:[^{}]|\{[^{}]*\}){0,2000}+\}|\\label\{[^{}]{0,100}\}"
_TABLE = re.compile(
    r"(?P<above>(?:(?:\\begin\{(?:table\*?|center)\}(?:\[[^\]\n]{0,20}\])?|\\centering\b"
    rf"|\\(?:small|footnotesize|scriptsize)\b|{_CAPTIONED})\s*){{0,6}})"
    r"\\begin\{(?P<kind>tabular[xy*]?|longtable)\}(?P<body>(?:[^\\]|\\(?!begin\{|end\{))*+)\\end\{(?P=kind)\}"
    rf"(?P<below>(?:\s*(?:\\end\{{(?:table\*?|center)\}}|{_CAPTIONED})){{0,4}})"
)
_EDGE = re.compile(r"\\(?P<side>begin|end)\{(?:tabular[xy*]?|longtable)\}")
_COLUMNS = re.compile(
    r"\s*(?:\[[^\]\n]{0,20}\])?(?:\{\\?[a-z]+\}|\{[\d.]*\\(?:text|line|column)width\})?"
    r"\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
)
_PART = re.compile(r"\\end(firsthead|head|foot|lastfoot)\b")
"""Ends a part of a `longtable`: the rows above it on the first and on other pages, and those below it."""
_CAPTION = re.compile(
    r"\\caption\*?(?:\[[^\]]{0,200}\])?\{((?:[^{}]|\{[^{}]*\})*)\}\s*(?:\\label\{[^{}]*\}\s*)?(?:\\\\|\\tabularnewline\b)?"
)
_RULE = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|cmidrule(?:\([lr]{1,2}\))?\{[-\d ]{1,20}\}|cline\{[-\d ]{1,20}\})"
)
_SPAN = re.compile(r"\\multicolumn\s*\{(\d+)\}\s*\{[^{}]*\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_ROW_SPAN = re.compile(r"\\multirow\s*\{[^{}]*\}\s*(?:\[[^\]]*\]\s*)?\{[^{}]*\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_FONT = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt|sc)|emph|mathbf|mathrm|makecell)\s*\{([^{}]*)\}")
_ESCAPED = re.compile(r"\\([%&$#_{}])")


def with_markdown_tables(text: str) -> str:
    """Return the text with each LaTeX table as a Markdown table of its own; the rest is unchanged."""
    return _TABLE.sub(lambda match: _markdown(match) or match[0], _without_nested(text))


def _without_nested(text: str) -> str:
    """Return the text with the cells' words in place of each table that is within another."""
    parts: list[list[str]] = [[]]
    position = 0
    for edge in _EDGE.finditer(text):
        parts[-1].append(text[position : edge.start()])
        position = edge.end()
        if edge["side"] == "begin":
            parts.append([edge[0]])
        elif len(parts) == 1:
            parts[-1].append(edge[0])
        else:
            written = "".join((*parts.pop(), edge[0]))
            parts[-1].append(_words(written) if len(parts) > 1 else written)
    parts[-1].append(text[position:])
    return "".join("".join(part) for part in parts)


def _words(table: str) -> str:
    body = _EDGE.sub("", table)
    rows = _rows(body)
    return " ".join(cell for row in rows for cell in row if cell)


def _rows(body: str) -> list[list[str]]:
    columns = _COLUMNS.match(body)
    content = _RULE.sub(" ", _once(body[columns.end() if columns else 0 :]))
    return [_cells(row) for row in re.split(r"\\\\(?:\[[^\]\n]*\])?|\\tabularnewline\b", content) if row.strip()]


def _once(content: str) -> str:
    """Return the rows of a table without those that a `longtable` repeats on each page."""
    *parts, rest = _PART.split(content)
    named = dict(zip(parts[1::2], parts[::2], strict=True))
    above, below = named.get("firsthead", named.get("head", "")), named.get("lastfoot", named.get("foot", ""))
    return f"{above} {rest.rstrip()} {below}" if named else rest


def _markdown(table: re.Match[str]) -> str:
    body = table["body"]
    captions = [
        _plain(caption) for part in (table["above"], body, table["below"]) for caption in _CAPTION.findall(part)
    ]
    rows = _rows(_CAPTION.sub("", body))
    width = max(map(len, rows), default=0)
    if not width:
        return ""
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    lines = [_line(full[0]), _line(["---"] * width), *map(_line, full[1:])]
    return "\n\n" + "\n\n".join((*dict.fromkeys(captions), "\n".join(lines))) + "\n\n"


def _cells(row: str) -> list[str]:
    cells: list[str] = []
    for cell in re.split(r"(?<!\\)&", row):
        span = _SPAN.search(cell)
        cells.append(_plain(cell))
        if span:
            cells += [""] * (min(int(span[1]), MAX_SPAN) - 1)
    return cells


def _plain(cell: str) -> str:
    text = _ROW_SPAN.sub(r"\1", _SPAN.sub(r"\2", cell))
    for _ in range(3):  # Fonts within fonts.
        text = _FONT.sub(r"\1", text)
    return _ESCAPED.sub(r"\1", " ".join(text.split()))


def _line(cells: list[str]) -> str:
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
