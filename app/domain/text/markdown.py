"""Prepares a model's Markdown for a renderer of GitHub's dialect: line breaks and formulas."""

import re
from dataclasses import dataclass

MARK_START, MARK_END = "\ue000", "\ue001"
"""Delimiters around a formula's number: private-use characters, which have no meaning in Markdown."""
BREAK_MARK = "\N{MEDIUM MATHEMATICAL SPACE}"
"""What `with_marked_breaks` puts before a break: a space in Markdown's sense, so that emphasis may end before it."""
MAX_FORMULA_CHARS = 1000
"""Maximum length of a formula, in characters; a longer one is shown as it was written."""
MAX_CODE_CHARS = 5000
"""Maximum length of inline code, in characters; longer code is treated as text."""
DEEPEST_FORMULA = 6
"""Maximum nesting of groups; drawing time doubles with each level, and deeper formulas are shown as written."""

_FENCED = r"^[ ]{0,3}(?P<fence>```+|~~~+)(?s:.*?)(?:^[ ]{0,3}(?P=fence)[`~]*[ \t]*$|\Z)"
_CODE = rf"(?P<code>{_FENCED}|(?<!`)(?P<tick>`+)(?!`).{{1,{MAX_CODE_CHARS}}}?(?<!`)(?P=tick)(?!`))"
# A formula contains no opening delimiter, so the search for its end stops at the next one.
_DISPLAY = r"\$\$(?P<dollars>[^$]+)\$\$|(?<!\\)\\\[(?P<brackets>(?:\\[^\[\]]|[^\\])+?)\\\]"
_DOLLAR = r"(?<![\\$\w])\$(?P<dollar>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?![\d$])"
_INLINE = rf"(?<!\\)\\\((?P<parens>(?:\\[^()\n]|[^\\\n])+?)\\\)|{_DOLLAR}"
_PARTS = re.compile(f"{_CODE}|{_DISPLAY}|{_INLINE}", re.MULTILINE)
_LIVE = re.compile(r"(?P<kept>\\.)|<(?=[A-Za-z/!?])|!(?=\[)")
_LINK = re.compile(r"(?<=\])(?<!\\\])[(\[:]|(?<!\\)&(?=#?\w{1,31};)")
_STRUCTURE = re.compile(
    r"^(?P<indent>[ ]{0,3})(?P<sign>#{1,6}(?=[ \t]|$)|>|`{3}|~{3}|=+(?=[ \t]*$)|[-_*](?=([ \t]*[-_*]){2,}[ \t]*$))",
    re.MULTILINE,
)
_ITEM = re.compile(r"^(?P<before>[ ]{0,3}(?:\d{1,9}(?=[.)][ \t])|(?=[-+][ \t])))", re.MULTILINE)
_EMPHASIS = re.compile(r"(?<!\\)(?:[*`~]|(?<!\w)_|_(?!\w))")
_GROUP = re.compile(r"\\\\|\\[{}]|(?P<opens>\{|\\left(?![A-Za-z]))|(?P<closes>\}|\\right(?![A-Za-z]))")
_FENCE = re.compile(r"\s*(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")  # With more backticks in it, it is inline code.
_MARK = re.compile(f"{MARK_START}(\\d+){MARK_END}")
_RULE = r"[-_*=~`:][-_*=~`: \t]*$"
_STANDS_ALONE = re.compile(rf"[ \t>]*(?:#{{1,6}}(?:[ \t]|$)|$|{_RULE})|.*\|")
_STARTS_BLOCK = re.compile(rf"[ \t>]*(?:#{{1,6}}(?:[ \t]|$)|[-+*][ \t]|\d{{1,9}}[.)][ \t]|```|~~~|$|{_RULE})|.*\|")
_QUOTED = re.compile(r"(?:^|(?<=>))[ \t]*(>)")


@dataclass(frozen=True, slots=True)
class Formula:
    """The TeX between math delimiters; display formulas have their own line. `source` includes the delimiters."""

    tex: str
    is_display: bool
    source: str


def with_marks(text: str) -> tuple[str, tuple[Formula, ...]]:
    r"""Replace each formula by a mark: `$$…$$`, `\[…\]`, `\(…\)`, and `$…$` by Pandoc's rule.

    That rule tells money from mathematics (https://pandoc.org/MANUAL.html#math): no space inside the delimiters, no
    digit after them. Code stays as it is. `mark_spans` finds the marks again.
    """
    formulas: list[Formula] = []

    def replaced(match: re.Match[str]) -> str:
        display = match["dollars"] or match["brackets"]
        tex = (display or match["parens"] or match["dollar"] or "").strip()
        if match["code"] is not None or not tex or len(tex) > MAX_FORMULA_CHARS or _depth(tex) > DEEPEST_FORMULA:
            return match[0]
        formulas.append(Formula(tex, is_display=display is not None, source=match[0]))
        return f"{MARK_START}{len(formulas) - 1}{MARK_END}"

    return _PARTS.sub(replaced, text.replace(MARK_START, "\ufffd").replace(MARK_END, "\ufffd")), tuple(formulas)


def _depth(tex: str) -> int:
    """Return the maximum nesting depth of groups."""
    depth = deepest = 0
    for match in _GROUP.finditer(tex):
        depth += bool(match["opens"]) - bool(match["closes"])
        deepest = max(deepest, depth)
    return deepest


def mark_spans(text: str) -> list[tuple[int, int, int]]:
    """Return the start, end and number of each mark in rendered text."""
    return [(match.start(), match.end(), int(match[1])) for match in _MARK.finditer(text)]


def plain_as_markdown(text: str) -> str:
    """Convert plain text to Markdown that keeps its lines, and of which nothing is interpreted, see `inert`."""
    lines = (f"{line.rstrip()}  " if line.strip() else "" for line in text.split("\n"))
    return inert("\n".join(lines))


def literal_as_markdown(text: str) -> str:
    """Convert plain text to Markdown that is shown as it was written: of it, not even emphasis or lists are left."""
    return _EMPHASIS.sub(r"\\\g<0>", _ITEM.sub(r"\g<before>\\", plain_as_markdown(text)))


def inert(text: str) -> str:
    """Escape what a page's text has by accident or to deceive: HTML, links, images, entities, headings, fences, rules.

    Emphasis and lists stay, which change neither what is said nor where a click leads.
    """
    return _STRUCTURE.sub(r"\g<indent>\\\g<sign>", _LINK.sub(r"\\\g<0>", without_html(text)))


def without_html(text: str) -> str:
    """Escape HTML and images in Markdown with a backslash, unless they are escaped already.

    Text on an image may be an attack on those who open the file: renderers pass HTML on to a browser, and fetch remote
    images. Within code, which plain text has only by accident, the backslash is visible.
    """
    return _LIVE.sub(lambda match: match[0] if match["kept"] else f"\\{match[0]}", text)


def with_hard_breaks(text: str) -> str:
    """Add a hard break to every line that Markdown would join with the next; code stays as it is."""
    lines = [f"{line.rstrip()}  " if is_text and line.strip() else line for line, is_text in _lines(text)]
    return "\n".join(lines)


def with_marked_breaks(text: str) -> str:
    """Add a hard break as `with_hard_breaks` does, with BREAK_MARK before those between lines of one paragraph.

    Lines are told apart by how they begin: a paragraph's break may lack its mark, but no other break has one.
    """
    lines = list(_lines(text.replace(BREAK_MARK, " ")))
    marked = []
    for (line, is_text), (following, is_following_text) in zip(lines, [*lines[1:], ("", False)], strict=True):
        if is_text and line.strip():
            mark = BREAK_MARK if is_following_text and _is_continued(line, following) else ""
            marked.append(f"{line.rstrip()}{mark}  ")
        else:
            marked.append(line)
    return "\n".join(marked)


def _is_continued(line: str, following: str) -> bool:
    """Return whether the paragraph of `line` goes on in the next one."""
    if _STANDS_ALONE.match(line) or _STARTS_BLOCK.match(following):
        return False
    depth, following_depth = (sum(len(sign) for sign in _QUOTED.findall(it)) for it in (line, following))
    return following_depth <= depth


def _lines(text: str) -> list[tuple[str, bool]]:
    """Return the lines of `text`, and whether each is text, and not a fence or code between fences."""
    lines, fence = [], ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            is_end = match and match["fence"].startswith(fence) and not match["info"].strip()
            fence = "" if is_end else fence
            lines.append((line, False))
        else:
            fence = match["fence"] if match else ""
            lines.append((line, not match))
    return lines
