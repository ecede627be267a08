"""Lines longer than the recogniser reads at once: no letter is doubled or cut where their pieces meet."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.long_lines import OVERLAP, Span, joined, pieces

HEIGHT = 40.0


def seen(letters: list[Letter], span: Span, jitter: float, random: np.random.Generator) -> list[Letter]:
    """What the recogniser sees of a piece: letters that are cut are others, and all are a little aside."""
    first, last = span
    found = []
    for letter in letters:
        if letter.end <= first or letter.start >= last:
            continue
        is_whole = letter.start >= first and letter.end <= last
        aside = random.uniform(-jitter, jitter)
        start, end = ((edge + aside - first) / (last - first) for edge in (letter.start, letter.end))
        start, end = max(0.0, start), min(1.0, end)
        found.append(replace(letter, text=letter.text if is_whole else "#", start=start, end=end))
    return found


@settings(max_examples=40, deadline=None)
@given(st.floats(100, 3000), st.integers(0, 2**32 - 1))
def test_no_letter_is_doubled_or_lost(heights: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    edges = np.cumsum(random.uniform(0.25, 1.0, int(heights * 2)))
    edges = edges[edges < heights] / heights
    letters = [Letter(chr(33 + int(random.integers(90))), start, end, 0.9) for start, end in pairwise(edges.tolist())]
    spans = pieces(heights * HEIGHT, HEIGHT)
    jitter = 0.1 / heights
    read = joined(spans, [seen(letters, span, jitter, random) for span in spans])
    assert "".join(letter.text for letter in read) == "".join(letter.text for letter in letters)
    assert all(abs(one.centre - other.centre) <= jitter + 1e-6 for one, other in zip(read, letters, strict=True))


@settings(deadline=None)
@given(st.floats(1, 5000))
def test_pieces_cover_a_line_and_overlap(heights: float) -> None:
    spans = pieces(heights * HEIGHT, HEIGHT)
    assert spans[0][0] == 0
    assert abs(spans[-1][1] - 1) < 1e-9
    for (_, end), (start, _) in pairwise(spans):
        assert abs((end - start) * heights - OVERLAP) < 1e-6
