"""The largest of many, none of them missed."""

import numpy as np
import pytest

from app.engine.runtimes.top_k import top_k_indices


@pytest.mark.parametrize("count", [1, 20, 128, 900])
@pytest.mark.parametrize("size", [7, 128, 5000, 151_937])
def test_the_likeliest_are_all_found_and_few_others(size: int, count: int) -> None:
    rng = np.random.default_rng(5)
    for logits in (rng.standard_normal(size).astype(np.float32), np.sort(rng.random(size, np.float32))):
        found = top_k_indices(logits, count)
        assert set(np.argsort(logits)[-count:]) <= set(found)
    logits = rng.standard_normal(size).astype(np.float32)
    assert len(top_k_indices(logits, count)) <= 1.2 * count + 1


def test_what_is_minus_infinity_is_none_of_them() -> None:
    logits = np.full(151_937, -np.inf, np.float32)
    logits[[3, 70_000]] = 1, 2
    assert top_k_indices(logits, 512).tolist() == [3, 70_000]
