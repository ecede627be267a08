"""The probability that a word is right, from the recogniser's probabilities of its letters.

Those are much too high: of words whose least certain letter has 0.9, nine in ten are right on receipts and six on
slides. The map was fitted to the words of published pages; `python -m benchmarks.bench_confidence FOLDER --fit` makes
its constants, and without `--fit` prints how often words of each score are right.
"""

from math import exp, log

BIAS, WORD_WEIGHT, LINE_WEIGHT = -1.20, 0.61, 0.30
"""Logistic regression over -log(1 - p + FLOOR): p of the word's least certain letter, and the mean of the line's."""

FLOOR = 1e-3
"""Keeps the logarithms finite; letters above 0.999 do not differ in how often they are right."""


def word_score(least: float, mean: float) -> float:
    """Return the probability that a word is right: `least` of its letters' probabilities, `mean` of its line's."""
    return 1 / (1 + exp(-(BIAS + WORD_WEIGHT * evidence(least) + LINE_WEIGHT * evidence(mean))))


def evidence(probability: float) -> float:
    """Return -log(1 - p + FLOOR) for a letter's probability p."""
    return -log(1 - min(1.0, max(0.0, probability)) + FLOOR)
