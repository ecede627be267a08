"""Getting a model's Markdown ready for a renderer of GitHub's dialect: its lines, and its formulas."""

import re
from dataclasses import dataclass

MARK_START, MARK_END = "\ue000", "\ue001"
"""Around a formula's number: characters for private use, which no Markdown has a meaning for."""
LONGEST_FORMULA = 1000
"""Characters; what is longer is shown as it was written."""

_FENCED = r"^[ ]{0,3}(?P<fence>```+|~~~+)(?s:.*?)(?:^[ ]{0,3}(?P=fence)[`~]*[ \t]*$|\Z)"
_CODE = rf"(?P<code>{_FENCED}|(?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`))"
_DISPLAY = r"\$\$(?P<dollars>[^$]+)\$\$|\\\[(?P<brackets>(?s:.+?))\\\]"
_INLINE = r"\\\((?P<parens>.+?)\\\)|(?<![\\$\w])\$(?P<dollar>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?![\d$])"
_PARTS = re.compile(f"{_CODE}|{_DISPLAY}|{_INLINE}", re.MULTILINE)
_MARK = re.compile(f"{MARK_START}(\\d+){MARK_END}")


@dataclass(frozen=True, slots=True)
class Formula:
    """What stands between the signs for mathematics; a display has a line of its own. `source` includes the signs."""

    tex: str
    is_display: bool
    source: str


def with_marks(text: str) -> tuple[str, tuple[Formula, ...]]:
    r"""Put a mark in place of each formula: `$$…$$`, `\[…\]`, `\(…\)`, and `$…$` by Pandoc's rule.

    That rule tells money from mathematics (https://pandoc.org/MANUAL.html#math): no space within the signs, no digit
    behind them. Code stays as it is. `mark_places` finds the marks again.
    """
    formulas: list[Formula] = []

    def replaced(match: re.Match[str]) -> str:
        display = match["dollars"] or match["brackets"]
        tex = (display or match["parens"] or match["dollar"] or "").strip()
        if match["code"] is not None or not tex or len(tex) > LONGEST_FORMULA:
            return match[0]
        formulas.append(Formula(tex, is_display=display is not None, source=match[0]))
        return f"{MARK_START}{len(formulas) - 1}{MARK_END}"

    return _PARTS.sub(replaced, text.replace(MARK_START, "\ufffd").replace(MARK_END, "\ufffd")), tuple(formulas)


def mark_places(text: str) -> list[tuple[int, int, int]]:
    """Start, end and number of each mark in rendered text."""
    return [(match.start(), match.end(), int(match[1])) for match in _MARK.finditer(text)]


def plain_as_markdown(text: str) -> str:
    """Text without signs, such that Markdown keeps its lines."""
    return "\n".join(f"{line.rstrip()}  " if line.strip() else "" for line in text.split("\n"))


def with_hard_breaks(text: str) -> str:
    """End every line that Markdown would join with the next by its sign for a break; code stays as it is."""
    lines, fence = [], ""
    for line in text.split("\n"):
        opening, rest = line.lstrip()[:3], line.lstrip()[3:]
        if fence:
            fence = "" if opening == fence and not rest.strip("`~ \t") else fence
        elif opening == "~~~" or (opening == "```" and "`" not in rest.lstrip("`")):  # Else it is code within a line.
            fence = opening
        elif line.strip():
            line = f"{line.rstrip()}  "  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)
