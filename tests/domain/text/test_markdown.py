import pytest

from app.domain.text.markdown import mark_spans, with_marks, without_html


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
