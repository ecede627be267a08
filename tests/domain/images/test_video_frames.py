import pytest

from app.domain.images.video_frames import MIN_PIXELS, frame_budget, frame_count, video_tokens


@pytest.mark.parametrize(
    ("seconds", "max_frames", "frames"),
    [(0.1, 16, 4), (3, 16, 6), (3.4, 16, 6), (100, 16, 16), (100, 15, 14), (9, 3, 2)],
)
def test_two_frames_a_second_in_pairs(seconds: float, max_frames: int, frames: int) -> None:
    assert frame_count(seconds, max_frames) == frames


def test_the_frames_share_the_pixels() -> None:
    assert frame_budget(16, 1024 * 1024) == 128 * 1024
    assert frame_budget(64, 1024) == MIN_PIXELS
    assert video_tokens(1920, 1080, 16, 1024 * 1024) <= 1024
