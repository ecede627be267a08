import pytest

from app.domain.text.confidence import LowConfidenceSpan, low_confidence_words, same_words


def test_a_word_is_as_likely_as_all_of_its_pieces() -> None:
    text = "Brief tax note"
    doubts = (
        LowConfidenceSpan(2, 5, 0.5, (("ead", 0.4), ("ick", 0.05))),
        LowConfidenceSpan(5, 9, 0.8, ((" tex", 0.15),)),
        LowConfidenceSpan(9, 10, 0.5),
    )
    first, second = low_confidence_words(text, doubts)
    assert (text[first.start : first.end], first.probability) == ("Brief", 0.5)
    assert first.others == (("Bread", 0.4), ("Brick", 0.05))
    assert (text[second.start : second.end], second.probability) == ("tax", 0.8)
    assert second.others == (("tex", 0.15),)


def test_pieces_of_one_word_are_multiplied() -> None:
    (word,) = low_confidence_words("abcd", (LowConfidenceSpan(0, 2, 0.5), LowConfidenceSpan(2, 4, 0.5)))
    assert word.probability == 0.25


@pytest.mark.parametrize(
    ("written", "rendered"),
    [
        ("# A *b* `c`\n\n- d **e**", "A b c\nd e"),
        ("see [f](https://example.org/a) g", "see f g"),
        ("| h | i |\n|---|---|\n| h | i |", "h\ni\nh\ni"),
    ],
)
def test_words_are_found_where_they_were_rendered(written: str, rendered: str) -> None:
    places = same_words(written, rendered)
    found = [rendered[start:end] for start, end in places.values()]
    assert found == [word for word in rendered.split() if word in found]
    assert set("bdegi") & set(rendered) <= set("".join(found))
    starts = [start for start, _ in places.values()]
    assert starts == sorted(starts)
