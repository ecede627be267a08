"""Markdown of the models that read documents, as blocks of a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.documents.answer_pages import page_of_answer
from app.domain.documents.blocks import BlockKind
from app.domain.documents.markdown_answers import markdown_as_html
from app.domain.documents.markdown_pages import page_as_markdown
from app.domain.documents.pages import OcrPage

TYPHOON = """# รายงาน **ประจำปี**

Corner Bakery
2nd line, 5*3*2, AT&T

Another paragraph with $a<b$

3. third
7) seventh
goes on
* star
+ 5.00

<figure>
A bar chart.

Sales rise.
</figure>
Right below
## C#
<table><tr><th>Item</th><th colspan="2">Price</th></tr>
<tr><td>Tea</td><td>1</td><td>2</td></tr>

</table>
☑ yes
<page_number>14</page_number>"""
FIRERED = r"""## Results ##

\[
E = mc^2 < a
\]

| a | b |
|---|:-:|
| **1** | 2<br>3 |

---

```python
# no heading
```

\begin{tabular}{ll}c & d\end{tabular}
"""


def read(answer: str) -> OcrPage:
    return page_of_answer(answer, 600, 800, is_markdown=True)


def blocks(page: OcrPage) -> list[tuple[BlockKind, int, list[str]]]:
    return [(block.kind, block.level, [page.lines[number].text for number in block.lines]) for block in page.blocks]


def test_typhoons_answers() -> None:
    page = read(TYPHOON)
    assert blocks(page) == [
        (BlockKind.HEADING, 1, ["รายงาน ประจำปี"]),
        (BlockKind.PARAGRAPH, 0, ["Corner Bakery"]),
        (BlockKind.PARAGRAPH, 0, ["2nd line, 5*3*2, AT&T"]),
        (BlockKind.PARAGRAPH, 0, ["Another paragraph with $a<b$"]),
        (BlockKind.LIST_ITEM, 0, ["3. third"]),
        (BlockKind.LIST_ITEM, 0, ["7) seventh", "goes on"]),
        (BlockKind.LIST_ITEM, 0, ["- star"]),
        (BlockKind.LIST_ITEM, 0, ["+ 5.00"]),
        (BlockKind.FIGURE, 0, ["A bar chart.", "Sales rise."]),
        (BlockKind.PARAGRAPH, 0, ["Right below"]),
        (BlockKind.HEADING, 2, ["C#"]),
        (BlockKind.TABLE, 0, ["Item", "Price", "Tea", "1", "2"]),
        (BlockKind.PARAGRAPH, 0, ["☑ yes"]),
        (BlockKind.FOOTER, 0, ["14"]),
    ]
    assert page.tables[0].grid() == [["Item", "Price", ""], ["Tea", "1", "2"]]


def test_firereds_answers() -> None:
    page = read(FIRERED)
    assert blocks(page) == [
        (BlockKind.HEADING, 2, ["Results"]),
        (BlockKind.FORMULA, 0, [r"\[", "E = mc^2 < a", r"\]"]),
        (BlockKind.TABLE, 0, ["a", "b", "1", "2 3"]),
        (BlockKind.CODE, 0, ["# no heading"]),
        (BlockKind.TABLE, 0, ["c", "d"]),
    ]


def test_lines_stay_lines_and_paragraphs_stay_apart() -> None:
    markdown = page_as_markdown(read(TYPHOON))
    assert "Corner Bakery  \n2nd line, 5*3*2, AT&T  \n\nAnother" in markdown
    assert "| Tea | 1 | 2 |" in markdown
    assert markdown.startswith("# รายงาน ประจำปี\n")


def test_a_block_of_markdown_is_its_content() -> None:
    assert blocks(read("```markdown\n# Title\nText\n```"))[0] == (BlockKind.HEADING, 1, ["Title"])


def test_a_table_that_comes_first_is_followed_by_its_text() -> None:
    page = read("<table><tr><td>a</td></tr></table>\n# Below\n- item")
    assert [kind for kind, _, _ in blocks(page)] == [BlockKind.TABLE, BlockKind.HEADING, BlockKind.LIST_ITEM]


def test_the_same_answer_of_another_model_stays_text() -> None:
    page = page_of_answer("# 12\n- 5.00", 600, 800)
    assert (page.lines, page.text) == ((), "# 12\n- 5.00")


def test_an_answer_that_is_cut_off_has_what_is_there() -> None:
    for length in range(len(TYPHOON)):
        page = read(TYPHOON[:length])
        assert len(page.lines) <= len(read(TYPHOON).lines) + 1
    cut = read(TYPHOON[: TYPHOON.index("<td>2</td>")])
    assert cut.tables[0].grid()[1][:2] == ["Tea", "1"]


@given(st.text(alphabet="ab |#*-+1.)\n$\\[]()&;>", max_size=80))
def test_whatever_is_written_keeps_its_letters(text: str) -> None:
    page = read(text)
    assert [letter for letter in page.text if letter in "ab1"] == [letter for letter in text if letter in "ab1"]
    assert all(0 <= line.box.top <= line.box.bottom <= 800 for line in page.lines)


@pytest.mark.parametrize("piece", ["<table>", "$$\n", "\\[\n", "**a", "|-", "# ", "- ", "$a", "\\(", "<figure>", "  "])
def test_what_never_ends_is_read_to_its_end(piece: str) -> None:
    assert len(markdown_as_html(piece * 10_000)) >= 0
