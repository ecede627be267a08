"""Answers that go in a circle are noticed; those that only repeat themselves a little are not."""

import random

import pytest

from app.engine.generation.repetition import CHECK_INTERVAL, MAX_PERIOD, MIN_TIMES, MIN_TOKENS, RepetitionGuard


def noticed_at(tokens: list[int]) -> int | None:
    guard = RepetitionGuard()
    return next((number for number, token in enumerate(tokens, 1) if guard.push(token)), None)


def noise(count: int, seed: int = 1) -> list[int]:
    rng = random.Random(seed)
    return [rng.randrange(1000) for _ in range(count)]


@pytest.mark.parametrize("period", [1, 2, 7, 31, MAX_PERIOD])
def test_a_circle_is_noticed_when_it_has_gone_round_long_enough(period: int) -> None:
    before, loop = noise(100), noise(period, seed=2)
    index = noticed_at(before + loop * 600)
    assert index is not None
    wanted = 100 + max(MIN_TOKENS, MIN_TIMES * period)
    assert wanted <= index <= wanted + CHECK_INTERVAL


def test_what_repeats_rightly_goes_on() -> None:
    dotted_line, row = [7] * 200, [1, 2, 1, 2, 3]
    assert noticed_at((noise(40) + dotted_line) * 20) is None
    assert noticed_at([token for number in range(500) for token in (*row, number)]) is None
    assert noticed_at(noise(3000)) is None
    assert noticed_at(noise(MAX_PERIOD + 1) * 20) is None
