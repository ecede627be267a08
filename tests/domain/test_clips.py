import pytest

from app.domain.clips import LEAST_PIXELS, clip_tokens, frame_budget, frame_count


@pytest.mark.parametrize(
    ("seconds", "most", "frames"), [(0.1, 16, 4), (3, 16, 6), (3.4, 16, 6), (100, 16, 16), (100, 15, 14), (9, 3, 2)]
)
def test_two_frames_a_second_in_pairs(seconds: float, most: int, frames: int) -> None:
    assert frame_count(seconds, most) == frames


def test_the_frames_share_the_pixels() -> None:
    assert frame_budget(16, 1024 * 1024) == 128 * 1024
    assert frame_budget(64, 1024) == LEAST_PIXELS
    assert clip_tokens(1920, 1080, 16, 1024 * 1024) <= 1024
