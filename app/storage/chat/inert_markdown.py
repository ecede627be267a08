"""Inert Markdown: reads the same, but no renderer shows HTML or loads an image from it.

CommonMark renderers pass HTML on to a browser unchanged, and fetch images from whatever address a text gives.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

MAX_NESTING = 60
"""Maximum nesting of quotes and lists; a text with more is escaped as a whole."""
MAX_BRACKETS = 8
"""Maximum nesting of brackets in a paragraph; one with more is escaped as a whole.

The parser looks for the end of each bracket across all others. If it skipped only those, it would treat links after
them as text, and their contents as code.
"""
MAX_PASSES = 4
"""Maximum number of parser passes that look for lines to escape, before all lines are escaped."""
_LIVE = frozenset({"html_block", "html_inline", "image"})
_IMAGE = "!["
"""The beginning of an image, or of one that a link definition in another text of the same file would complete."""
_TICKS = re.compile("`+")
_ADDRESS = r"<(?:(?:https?://|mailto:)[^\s<>]*|[\w.+-]+@[\w.-]+)>"
_SIGNS = r"<(?=[A-Za-z/!?])|!(?=\[)"
_CAREFULLY = re.compile(rf"(?P<kept>\\.|{_ADDRESS})|(?P<ticks>`+)|{_SIGNS}")
_ALL = re.compile(rf"(?P<kept>\\.)|{_SIGNS}")


def inert_markdown(text: str) -> str:
    """Return `text` with a backslash before what would be HTML or an image, and its last code block closed.

    All else stays as it is: a parser finds the affected lines, so that `a < b`, code about HTML and formulas remain.
    The result is parsed again, since an escape turns a block of HTML into paragraphs, and apparent code may no longer
    be code. The result can be embedded among other texts in one file.
    """
    lines = re.sub(r"\r\n?", "\n", text).split("\n")
    _escape(lines, _live_lines(lines), _escaped_carefully)
    for _ in range(MAX_PASSES):
        if not _escape(lines, _live_lines(lines), _escaped):
            break
    else:
        _escape(lines, range(len(lines)), _escaped)
    text = "\n".join(lines)
    last = _markdown.parse(f"{text}\n\nx")[-1]
    return f"{text}\n{last.markup}" if last.type == "fence" else text


def _escape(lines: list[str], numbers: Iterable[int], escaped: Callable[[str], str]) -> bool:
    """Replace the numbered lines with their `escaped` form; return whether any of them changed."""
    has_changed = False
    for number in numbers:
        line = escaped(lines[number])
        has_changed |= line != lines[number]
        lines[number] = line
    return has_changed


def _escaped(line: str) -> str:
    return _ALL.sub(lambda match: match[0] if match["kept"] else f"\\{match[0]}", line)


def _escaped_carefully(line: str) -> str:
    """Escape a line except where it looks like code or an address."""
    ends = {len(run[0]): run.end() for run in _TICKS.finditer(line)}  # End of the last run of each length.
    parts, done, place = [], 0, 0
    while match := _CAREFULLY.search(line, place):
        place = match.end()
        if match["ticks"]:
            place = _end_of_code(line, match, ends)
        elif not match["kept"]:
            parts += [line[done : match.start()], "\\"]
            done = match.start()
    return "".join([*parts, line[done:]])


def _end_of_code(line: str, ticks: re.Match[str], ends: dict[int, int]) -> int:
    """Return the end of the code that these backticks begin, or of the backticks if no equal run follows."""
    length = len(ticks[0])
    if ends.get(length, 0) <= ticks.end():  # Avoids a search that cannot succeed.
        return ticks.end()
    return next(run.end() for run in _TICKS.finditer(line, ticks.end()) if len(run[0]) == length)


def _live_lines(lines: Sequence[str]) -> Sequence[int]:
    """Return the numbers of the lines that may hold HTML or an image, each once."""
    tokens = _markdown.parse("\n".join(lines))
    if any(token.level > MAX_NESTING - 4 for token in tokens):
        return range(len(lines))
    places = (token.map for token in tokens if token.map and _is_live(token))
    return sorted({number for start, end in places for number in range(start, end)})


def _is_live(token: Token) -> bool:
    is_image = token.type == "text" and _IMAGE in token.content
    return is_image or token.type in _LIVE or any(_is_live(child) for child in token.children or ())


class _TangledError(Exception):
    """Raised for brackets nested too deeply."""


def _limit_brackets(state: StateInline, _is_silent: bool) -> bool:  # noqa: FBT001 - the parser's order
    if state.level > MAX_BRACKETS:
        raise _TangledError
    return False


def _parse_inline(state: StateCore) -> None:
    """Parse like the parser's own rule, except that a paragraph with too many nested brackets counts as live."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            try:
                state.md.inline.parse(token.content, state.md, state.env, token.children)
            except _TangledError:
                token.children = [Token("html_inline", "", 0, content=token.content)]


def _made_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING})
    # Without joining, an escaped "!" is a token of its own.
    markdown.enable(["table", "strikethrough"]).disable("text_join")
    markdown.inline.ruler.before("link", "brackets", _limit_brackets)
    markdown.core.ruler.at("inline", _parse_inline)
    return markdown


_markdown = _made_markdown()
