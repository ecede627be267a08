"""Formulas are told from money and code, lines stay lines, and what is plain text acts nowhere."""

import re
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.domain.text.markdown import (
    BREAK_MARK,
    DEEPEST_FORMULA,
    MARK_END,
    MARK_START,
    MAX_FORMULA_CHARS,
    literal_as_markdown,
    mark_spans,
    plain_as_markdown,
    with_hard_breaks,
    with_marked_breaks,
    with_marks,
    without_html,
)

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PIECES = [
    *("$", "$$", "\\[", "\\]", "\\(", "\\)", "`", "``", "```", "~~~", "\\", "{", "}", "x", "1", " ", "  ", "\n", "\t"),
    *(
        "<b>",
        "</",
        "<!--",
        "<?",
        "<http://a>",
        "![",
        "[a](b)",
        "](",
        "&lt;",
        "- ",
        "> ",
        "    ",
        "é",
        "日",
        "\r",
        "\x0b",
    ),
    *(MARK_START, MARK_END, f"{MARK_START}0{MARK_END}", "\u2028"),
]
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


def found(text: str) -> list[tuple[str, bool]]:
    return [(formula.tex, formula.is_display) for formula in with_marks(text)[1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"so $E=mc^2$ holds", [("E=mc^2", False)]),
        (r"so \(a+b\) and \[c\n+d\] hold", [("a+b", False), (r"c\n+d", True)]),
        ("$$\n\\frac{a}{b}\n$$", [(r"\frac{a}{b}", True)]),
        ("|$|x|$|$y$|", [("|x|", False), ("y", False)]),
        ("$x$", [("x", False)]),
        (r"$a\$b$", []),
        ("It costs $5 and then $10.", []),
        ("From $5-$10 a piece", []),
        ("US$ 5 and A$ 7", []),
        (r"\$5 and 5\$", []),
        ("`$x$` and ``a ` $y$``", []),
        ("```\n$x$\n```\n$y$", [("y", False)]),
        ("~~~tex\n$x$\n$$y$$", []),
        ("```python\nf'{$a$}'\n```", []),
        ("an open $$ a", []),
        ("$ x $", []),
        ("$$ $$", []),
        (f"${'x' * 2000}$", []),
        (r"an open \( and \(x\)", [("x", False)]),
        (r"an open \[ and \[x \\[2pt] y\]", [(r"x \\[2pt] y", True)]),
        (r"\\(no\\) \\[no\\]", []),
    ],
)
def test_formulas_are_told_from_money_and_code(text: str, expected: list[tuple[str, bool]]) -> None:
    assert found(text) == expected


def test_every_mark_leads_to_its_formula() -> None:
    text = "a $x$ b \\[y\\] c `$z$` \ue0007\ue001"
    marked, formulas = with_marks(text)
    assert [formula.source for formula in formulas] == ["$x$", "\\[y\\]"]
    places = mark_spans(marked)
    assert [number for _, _, number in places] == [0, 1]
    for start, end, number in reversed(places):
        marked = marked[:start] + formulas[number].source + marked[end:]
    assert marked == "a $x$ b \\[y\\] c `$z$` \ufffd7\ufffd"


@pytest.mark.timeout(60)  # A regular expression that looks for every sign's end in all the rest would take hours.
@pytest.mark.parametrize("unit", ["\\[", "\\(", "\\\\[", "`", "\\", "$a ", "`a``b```c", "```\n"])
def test_a_million_signs_are_gone_through(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert with_marks(text)[1] == ()
    assert without_html(text) == text


@given(texts)
def test_marks_stand_for_their_formulas_and_all_else_stays(text: str) -> None:
    marked, formulas = with_marks(text)
    spans = mark_spans(marked)
    assert [number for _, _, number in spans] == list(range(len(formulas)))
    for start, end, number in reversed(spans):
        marked = marked[:start] + formulas[number].source + marked[end:]
    assert marked == re.sub(f"[{MARK_START}{MARK_END}]", "\ufffd", text)
    for formula in formulas:
        assert formula.tex == formula.tex.strip() != ""
        assert formula.tex in formula.source
        assert len(formula.tex) <= MAX_FORMULA_CHARS
        assert formula.tex.count("{") <= DEEPEST_FORMULA + formula.tex.count("}") + formula.tex.count("\\")


@given(texts.map(lambda text: re.sub("\r(?!\n)", "", text)))  # Nobody ends lines with that alone.
def test_hard_breaks_are_spaces_at_the_ends_of_lines(text: str) -> None:
    broken = with_hard_breaks(text)
    pairs = list(zip(text.split("\n"), broken.split("\n"), strict=True))
    assert all(after in {before, f"{before.rstrip()}  "} for before, after in pairs)
    assert with_hard_breaks(broken) == broken
    assert fences(broken) == fences(text)


@given(
    st.lists(st.sampled_from(["```", "````", "```a", "~~~", "~~~~", "~~~ a", "```a```", "a", "b  c", ""]), max_size=12)
)
@example(["````markdown", "```python", "a", "```", "````", "b"])
@example(["```\r", "a\r", "```\r", "b\r", "c"])
def test_all_lines_but_those_of_code_get_a_hard_break(lines: list[str]) -> None:
    text = "\n".join(lines)
    blocks = [token.map for token in RENDERER.parse(text) if token.type == "fence" and token.map]
    code = {number for start, end in blocks for number in range(start, end)}
    expected = [
        line if number in code or not line.strip() else f"{line.rstrip()}  " for number, line in enumerate(lines)
    ]
    assert with_hard_breaks(text) == "\n".join(expected)


def fences(text: str) -> list[str]:
    """The blocks of code that a renderer sees."""
    return [token.content for token in RENDERER.parse(text) if token.type == "fence"]


@given(texts)
def test_plain_text_acts_nowhere_and_keeps_its_lines(text: str) -> None:
    shown = plain_as_markdown(text)
    tokens = RENDERER.parse(shown)
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "image"}
    lines = [line.rstrip() for line in text.split("\n")]
    assert [line.rstrip().replace("\\", "") for line in shown.split("\n")] == [
        it.replace("\\", "").rstrip() for it in lines
    ]
    assert without_html(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "[click](javascript:alert(1))",
        "![pic](https://example.org/a.png)",
        "[click][b]\n\n[b]: https://example.org/",
        "&lt;b&gt; &amp; &#60;",
        "# Not a heading",
        "a line\n===",
        "a line\n---",
        "```\nnot code",
        "~~~\nnot code",
        "> no quotation",
        "<b>bold</b> <https://example.org>",
    ],
)
def test_what_stands_on_a_page_has_no_power_in_markdown(text: str) -> None:
    once = plain_as_markdown(text)
    assert plain_as_markdown(once).split() == once.split()
    html = RENDERER.render(once)
    assert not re.search(r"<(?!/?p>|br)", html), html
    shown = unescape(re.sub("<[^>]+>", "", html))
    assert shown.split() == text.split()


@given(texts)
def test_marked_breaks_are_hard_breaks(text: str) -> None:
    marked = with_marked_breaks(text)
    assert marked.replace(BREAK_MARK, "") == with_hard_breaks(text.replace(BREAK_MARK, " "))


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("one\ntwo\n\nthree", [0]),
        ("- item\n  goes on\n- other\n1. first", [0]),
        ("# Heading\ntext\ngoes on\n# Next", [1]),
        ("> one\n> two\n>\n> three\nlazily\n\n> four", [0, 3]),
        ("text\n> quoted", []),
        ("| a | b |\n|---|---|\n| 1 | 2 |\ntext\n---\n===", []),
        ("text\n```\ncode\ncode\n```\ntext", []),
        ("**bold.**\ntext", [0]),
    ],
)
def test_breaks_within_a_paragraph_are_marked(text: str, breaks: list[int]) -> None:
    lines = with_marked_breaks(text).split("\n")
    assert [number for number, line in enumerate(lines) if BREAK_MARK in line] == breaks


@pytest.mark.parametrize(
    "text", ["1. a\n2) b", "- a\n  + b", "*a* _b_ snake_case `c` ~d~ **e**", "# a\n> b\n---\n```\nc"]
)
def test_literal_text_is_shown_as_it_was_written(text: str) -> None:
    html = RENDERER.render(literal_as_markdown(text))
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "br"}
    shown = unescape(re.sub("<[^>]+>", "", html))
    assert shown.split() == text.split()
