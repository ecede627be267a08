import pytest

from app.domain.images.video_frames import MAX_FRAME_PIXELS, frame_count, seen_frame_size, video_tokens


@pytest.mark.parametrize(
    ("seconds", "max_frames", "frames"),
    [(0.1, 16, 4), (3, 16, 6), (3.4, 16, 6), (3.6, 16, 7), (7.74, 16, 15), (100, 16, 16), (100, 15, 15), (9, 3, 3)],
)
def test_two_frames_a_second(seconds: float, max_frames: int, frames: int) -> None:
    assert frame_count(seconds, max_frames) == frames


def test_the_frames_share_the_pixels() -> None:
    assert video_tokens(1920, 1080, 16, 1024 * 1024) <= 1024
    width, height = seen_frame_size(1920, 1080, 4, 4096 * 4096)
    assert width * height <= MAX_FRAME_PIXELS


def test_small_frames_stay_small() -> None:
    assert seen_frame_size(160, 120, 4, 1024 * 1024) == (160, 128)


def test_the_last_of_an_odd_number_of_frames_is_repeated() -> None:
    assert video_tokens(64, 64, 5, 1024 * 1024) == video_tokens(64, 64, 6, 1024 * 1024) == 12
