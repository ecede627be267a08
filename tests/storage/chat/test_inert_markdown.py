"""Markdown of anybody's is made inert, whatever it holds, in a time that grows with its length alone."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.storage.chat.inert_markdown import inert_markdown
from tests.support.steps import calls

RENDERER = MarkdownIt("commonmark", {"html": True, "maxNesting": 2000}).enable(["table", "strikethrough"])
PIECES = [
    *("[", "]", "](", ")", "![", "<", ">", "<b>", "<img src=x>", "<!--", "-->", "<?", "<script>", "</a", "<http://a>"),
    *("`", "``", "```", "~~~", "\\", "*", "_", "~~", "|", "-", "#", "&lt;", "&", '"', "'", "(", ":", "!", "[a]: b"),
    *("\n", "\n\n", "    ", "> ", "- ", "1. ", "a", " ", "\t", "|a|\n|-|\n"),
]


def live(text: str) -> set[str]:
    """What a renderer makes of it that acts or loads."""
    tokens = RENDERER.parse(text)
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
    return kinds & {"html_block", "html_inline", "image"}


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_whatever_is_said_is_inert(text: str) -> None:
    inert = inert_markdown(text)
    assert not live(inert)
    assert not live(f"{inert}\n\n[a]: https://example.org")
    assert inert_markdown(inert) == inert
    assert inert.replace("\\", "").startswith(text.replace("\\", ""))  # An open code block is closed.


@pytest.mark.parametrize("depth", [1, 7, 8, 9, 57, 58, 59, 60, 61, 100, 200])
def test_what_brackets_hide_is_inert(depth: int) -> None:
    assert not live(inert_markdown("[" * depth + "[x[y]](b`c) <img src=a> `d"))


@pytest.mark.parametrize(
    "unit",
    [
        *("[", "](", "*", "`", "<", "![", "\\", "![[", "[]", "[](", "![](", "[a][", "![a\n", "[\n", "[[[[[[[ *\n\n"),
        *("<a ", "<!--", "<?", "<![CDATA[", "</", "<http:", "a@", "&#", "*_", "~~a~", "`a``b```c````d", "[`]"),
        *("> ", "- ", "```\n", "~~~a\n", "<a\n", "<script>\n", "[a]: b\n", "|a|\n|-|\n", "`\\", "\\\n"),
    ],
)
def test_the_work_grows_with_the_length_alone(unit: str) -> None:
    short, long = (calls(partial(inert_markdown, unit * (length // len(unit)))) for length in (1000, 4000))
    assert long < 5 * short + 200
    assert long < 4000 * 500


def test_code_and_addresses_stay_in_a_line_with_html() -> None:
    said = "`<b>` ``<i> ` <u>`` <https://example.org> <b> ` <i> ``` <u> \\<s>"
    assert inert_markdown(said) == "`<b>` ``<i> ` <u>`` <https://example.org> \\<b> ` \\<i> ``` \\<u> \\<s>"
