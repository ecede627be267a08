"""What an image costs, worked out before the model is asked."""

import pytest

from app.domain.images.visual_tokens import seen_size, visual_tokens


@pytest.mark.parametrize(
    ("size", "budget", "seen"),
    [
        ((640, 480), 1024 * 1024, (640, 480)),
        ((1024, 1024), 1024 * 1024, (1024, 1024)),
        ((4000, 3000), 1024 * 1024, (1152, 864)),
        ((10, 10), 1024 * 1024, (256, 256)),
        ((10, 10), 32 * 32, (32, 32)),
        ((3000, 20), 1024 * 1024, (3008, 32)),
    ],
)
def test_the_size_that_the_model_sees(size: tuple[int, int], budget: int, seen: tuple[int, int]) -> None:
    assert seen_size(*size, budget) == seen
    assert visual_tokens(*size, budget) == seen[0] * seen[1] // 1024
