"""LaTeX's tables, as models write them, become Markdown's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text.latex_tables import with_markdown_tables


def rows(text: str) -> list[str]:
    return [line for line in with_markdown_tables(text).splitlines() if line.startswith("|")]


def test_a_table_with_rules_and_fonts() -> None:
    text = r"""Before
\begin{tabular}{|l|c|p{2cm}|}
\hline
\textbf{Item} & \textbf{Price} & Note \\
\hline
Tea \& cake & 3.50\,\$ & a | b \\ \cline{1-2}
\multicolumn{2}{|c|}{Total} & \textit{\textbf{9.00}} \\
\hline
\end{tabular}
After"""
    assert rows(text) == [
        "| Item | Price | Note |",
        "| --- | --- | --- |",
        r"| Tea & cake | 3.50\,$ | a \| b |",
        "| Total |  | 9.00 |",
    ]
    assert with_markdown_tables(text).startswith("Before\n")
    assert with_markdown_tables(text).endswith("\nAfter")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\begin{tabular}{ll}a & b\end{tabular}", ["| a | b |", "| --- | --- |"]),
        (r"\begin{tabular}{l}a\\b\\[2pt]c\end{tabular}", ["| a |", "| --- |", "| b |", "| c |"]),
        (r"\begin{tabular}{lll}a\\b & c & d\end{tabular}", ["| a |  |  |", "| --- | --- | --- |", "| b | c | d |"]),
        (r"\begin{tabularx}{\textwidth}{XX}a & b\end{tabularx}", ["| a | b |", "| --- | --- |"]),
        (r"\begin{tabular}{cc}\multirow{2}{*}{a} & b\\ & c\end{tabular}", ["| a | b |", "| --- | --- |", "|  | c |"]),
        (r"\begin{table}[h]\centering\begin{tabular}{c}a\end{tabular}\end{table}", ["| a |", "| --- |"]),
        (
            r"\begin{tabular}{c}\toprule a \\ \midrule $x^2$ \\ \bottomrule\end{tabular}",
            ["| a |", "| --- |", "| $x^2$ |"],
        ),
        (r"\begin{tabular}{ll}a & b", []),
        (r"$$\left(\begin{array}{cc}1 & 2 \\ 3 & 4\end{array}\right)$$", []),
        (r"\begin{tabular}{c}\end{tabular}", []),
        ("no table & none\\\\", []),
        (
            r"\begin{tabular*}{\textwidth}{@{\extracolsep{\fill}}ll}a & b\end{tabular*}",
            ["| a | b |", "| --- | --- |"],
        ),
        (r"\begin{tabular}[t]{ll}a & b\end{tabular}", ["| a | b |", "| --- | --- |"]),
        (
            r"\begin{tabular}{ll}a & \begin{tabular}[c]{@{}l@{}}two\\ \textbf{lines}\end{tabular}\\c & d\end{tabular}",
            ["| a | two lines |", "| --- | --- |", "| c | d |"],
        ),
        (
            r"""\begin{longtable}[c]{ll}\hline A & B \\ \endfirsthead A & B (continued) \\ \endhead
            \hline more & follows \\ \endfoot end & of it \\ \endlastfoot 1 & 2 \\ 3 & 4 \\ \end{longtable}""",
            ["| A | B |", "| --- | --- |", "| 1 | 2 |", "| 3 | 4 |", "| end | of it |"],
        ),
    ],
)
def test_what_models_write(text: str, expected: list[str]) -> None:
    assert rows(text) == expected


def test_the_caption_of_a_long_table_stands_before_it() -> None:
    text = r"\begin{longtable}{l}\caption{The \textbf{fares}}\label{t}\\ a \\ \end{longtable}"
    assert with_markdown_tables(text) == "\n\nThe fares\n\n| a |\n| --- |\n\n"


def test_a_table_whose_end_is_missing_is_kept() -> None:
    text = r"\begin{tabular}{l}a & \begin{tabular}{l}b"
    assert with_markdown_tables(text) == text
    assert with_markdown_tables(r"a \end{tabular} b") == r"a \end{tabular} b"


PIECES = st.sampled_from([
    r"\begin{tabular}", r"\end{tabular}", "{ll}", "{", "}", "&", r"\\", r"\hline", r"\multicolumn{2}{c}{x}", "|",
    r"\textbf{", "a", "\n", r"\&", r"\begin{table}", "[", "]", "9" * 50, r"\multicolumn{999999}{c}{y}", r"\multirow",
    r"\endhead", r"\endfoot", r"\begin{longtable}", r"\end{longtable}", r"\caption{", r"\end{tabular*}",
])  # fmt: skip


@given(st.lists(PIECES, max_size=50).map("".join))
def test_whatever_is_written_gives_tables_with_equal_rows(text: str) -> None:
    for block in with_markdown_tables(text).split("\n\n"):
        lines = block.splitlines()
        if len(lines) > 1 and set(lines[1]) == {"|", " ", "-"}:
            widths = {line.replace(r"\|", "").count("|") for line in lines}
            assert len(widths) == 1


def test_what_never_ends_takes_no_time() -> None:
    for piece in (r"\begin{tabular}{", r"\begin{table}\centering ", r"\begin{tabular}{c}a & ", "{" * 10):
        assert with_markdown_tables(piece * 3000) == piece * 3000
    rules = r"\begin{tabular}{c}" + r"\cmidrule{" * 30_000 + r"a\end{tabular}"
    assert rows(rules)


@pytest.mark.parametrize(
    "table",
    [
        "\\begin{table}[h]\n\\centering\n\\caption{Prices of \\textbf{May}}\n\\label{tab:a}\n%s\n\\end{table}",
        "\\begin{table*}\\small\n%s\n\\caption[short]{Prices of May}\\label{tab:a}\n\\end{table*}",
    ],
)
def test_a_caption_beside_the_table_stands_above_it(table: str) -> None:
    written = table % "\\begin{tabular}{lr}\nItem & Price \\\\\nTea & 2.50 \\\\\n\\end{tabular}"
    told = with_markdown_tables(f"Before\n{written}\nAfter")
    assert " ".join(told.split()) == "Before Prices of May | Item | Price | | --- | --- | | Tea | 2.50 | After"


def test_captions_without_end_take_no_time_that_grows_with_their_square() -> None:
    for hostile in ("\\caption{" + "x" * 1900, "\\caption{a}", "\\begin{table}", "\\label{x"):
        text = hostile * (200_000 // len(hostile))
        assert with_markdown_tables(text) == text
