"""How many pixels of an image are seen, by its smallest print."""

import pytest

from app.domain.documents.automatic_resolution import (
    COMFORTABLE,
    FAST,
    FAST_PHOTO_SIDE,
    MIN_SIDE,
    PHOTO_SIDE,
    READABLE,
    ResolutionReason,
    automatic_resolution,
    print_heights,
)
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.images.visual_tokens import MIN_PIXELS, seen_size, visual_tokens

MAX = 1024 * 1024
PROSE = "All human beings are born free and equal in dignity."


def line(top: float, height: float, text: str = PROSE, score: float = 0.95) -> TextLine:
    box = Box(20, top, 20 + height * len(text) / 2, top + height)
    return TextLine(text, box, box.corners, score)


def page(*heights: float, width: int = 2000, height: int = 2800) -> OcrPage:
    return OcrPage(width, height, tuple(line(100 + 120 * row, tall) for row, tall in enumerate(heights)), "")


def seen_print(shown: OcrPage, budget: int) -> float:
    width, height = seen_size(shown.width, shown.height, budget)
    return min(print_heights(shown.lines)) * min(width / shown.width, height / shown.height)


@pytest.mark.parametrize("smallest", [30, 45, 60, 80, 110])
@pytest.mark.parametrize("size", [(2000, 2800), (3000, 1100), (1033, 1777), (4000, 900)])
def test_the_smallest_print_is_as_high_as_it_is_to_be_and_not_much_higher(smallest: int, size: tuple[int, int]) -> None:
    shown = page(smallest, 120, 120, width=size[0], height=size[1])
    found = automatic_resolution(shown, 4 * MAX)
    assert found.reason is ResolutionReason.PRINT
    assert READABLE <= found.print_height < READABLE * 1.25 or found.pixel_budget == MIN_PIXELS
    assert seen_print(shown, found.pixel_budget) >= 14
    assert visual_tokens(*size, found.pixel_budget) < visual_tokens(*size, 4 * MAX)


def test_print_that_is_too_small_for_all_pixels_gets_all_pixels() -> None:
    small = page(20, 60, 60)
    found = automatic_resolution(small, MAX)
    assert (found.pixel_budget, found.reason) == (MAX, ResolutionReason.SMALL_PRINT)
    assert found.print_height == pytest.approx(seen_print(small, MAX), rel=0.05)
    tiny = OcrPage(300, 40, (line(5, 9),), "")
    assert automatic_resolution(tiny, MAX).reason is ResolutionReason.SMALL_PRINT
    assert visual_tokens(300, 40, automatic_resolution(tiny, MAX).pixel_budget) == visual_tokens(300, 40, MAX)


def test_a_fast_machine_sees_more() -> None:
    shown = page(60, 60, 60)
    slow, fast = automatic_resolution(shown, MAX, FAST * 10), automatic_resolution(shown, MAX, FAST / 10)
    assert slow == automatic_resolution(shown, MAX)
    assert fast.pixel_budget > slow.pixel_budget
    assert fast.print_height >= COMFORTABLE
    assert automatic_resolution(page(), MAX, FAST / 10).pixel_budget == FAST_PHOTO_SIDE**2


def test_photos_have_no_print_to_be_read() -> None:
    unsure = OcrPage(2000, 1500, (line(10, 12, score=0.2), line(40, 12, "·")), "")
    for photo in (page(), unsure):
        found = automatic_resolution(photo, MAX)
        assert (found.pixel_budget, found.reason, found.print_height) == (PHOTO_SIDE**2, ResolutionReason.PHOTO, 0)
    assert automatic_resolution(page(), 100_000).pixel_budget == 100_000


def test_a_photo_with_a_large_sign_keeps_some_detail_of_the_rest() -> None:
    sign = OcrPage(2000, 1500, (line(10, 400, "EXIT"),), "")
    assert automatic_resolution(sign, MAX).pixel_budget == MIN_SIDE**2
    letter = page(*[120] * 8)
    assert automatic_resolution(letter, MAX).pixel_budget < MIN_SIDE**2


def test_the_height_of_print_is_across_its_line() -> None:
    tilted = (Point(0, 0), Point(300, 150), Point(290, 170), Point(-10, 20))
    vertical = (Point(0, 0), Point(20, 0), Point(20, 200), Point(0, 200))
    lines = [TextLine.between("tilted text", tilted, 0.9), TextLine.between("縦書きの文", vertical, 0.9)]
    assert print_heights(lines) == pytest.approx([22.4, 20], abs=0.1)
    narrow = (Point(0, 0), Point(9, 0), Point(9, 30), Point(0, 30))
    assert print_heights([TextLine.between("l1", narrow, 0.9)]) == [30]
