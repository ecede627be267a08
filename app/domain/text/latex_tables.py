r"""Turns LaTeX's tables in Markdown, as Qwen3-VL writes them for `qwenvl markdown`, into GitHub's.

Known are `tabular` and `tabularx` with rules, `\multicolumn`, `\multirow` and the usual fonts; a cell's other
commands stay as they are written.
"""

import re

MAX_SPAN = 50
_TABLE = re.compile(
    r"(?:\\begin\{(?:table|center)\}(?:\[[^\]\n]{0,20}\])?\s*|\\centering\s*){0,3}"
    r"\\begin\{(?P<kind>tabularx?)\}(?P<body>(?:[^\\]|\\(?!begin\{|end\{))*+)\\end\{(?P=kind)\}"
    r"(?:\s*\\end\{(?:table|center)\}){0,2}"
)
_COLUMNS = re.compile(r"(?:\{\\?[a-z]+\}|\{[\d.]*\\(?:text|line)width\})?\s*\{(?:[^{}]|\{[^{}]*\})*\}")
_RULE = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|cmidrule(?:\([lr]{1,2}\))?\{[-\d ]{1,20}\}|cline\{[-\d ]{1,20}\})"
)
_SPAN = re.compile(r"\\multicolumn\s*\{(\d+)\}\s*\{[^{}]*\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_ROW_SPAN = re.compile(r"\\multirow\s*\{[^{}]*\}\s*(?:\[[^\]]*\]\s*)?\{[^{}]*\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_FONT = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt|sc)|emph|mathbf|mathrm|makecell)\s*\{([^{}]*)\}")
_ESCAPED = re.compile(r"\\([%&$#_{}])")


def with_markdown_tables(text: str) -> str:
    """Return the text with each LaTeX table as a Markdown table of its own; the rest is unchanged."""
    return _TABLE.sub(lambda match: _markdown(match["body"]) or match[0], text)


def _markdown(body: str) -> str:
    columns = _COLUMNS.match(body)
    content = _RULE.sub(" ", body[columns.end() if columns else 0 :])
    rows = [_cells(row) for row in re.split(r"\\\\(?:\[[^\]\n]*\])?|\\tabularnewline\b", content) if row.strip()]
    width = max(map(len, rows), default=0)
    if not width:
        return ""
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    lines = [_line(full[0]), _line(["---"] * width), *map(_line, full[1:])]
    return "\n\n" + "\n".join(lines) + "\n\n"


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
