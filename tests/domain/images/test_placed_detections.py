"""Detections in whichever unit a model writes them, where they belong on the image."""

import pytest

from app.domain.ids import Digest
from app.domain.images.attachments import Attachment
from app.domain.images.placed_detections import placed_detections
from app.domain.text.grounding import Detection, detections_in

BUDGET = 1024 * 1024


def image(width: int, height: int, pixel_budget: int | None = None) -> Attachment:
    return Attachment(
        digest=Digest("a" * 64), name="s", media_type="image/png", width=width, height=height, byte_size=1,
        pixel_budget=pixel_budget,
    )  # fmt: skip


def corners(text: str, attachment: Attachment, model: str = "") -> list[tuple[float, ...]]:
    placed = placed_detections(detections_in(text), attachment, BUDGET, model)
    return [tuple(round(side) for side in _sides(detection)) for detection in placed]


def _sides(detection: Detection) -> tuple[float, ...]:
    return detection.left, detection.top, detection.right, detection.bottom


def test_thousandths_stay_on_images_of_any_size() -> None:
    text = '{"bbox_2d": [10, 20, 1000, 999]}'
    assert corners(text, image(300, 200)) == corners(text, image(4000, 3000)) == [(10, 20, 1000, 999)]


def test_pixels_of_the_image_as_the_model_sees_it() -> None:
    # 4000 x 3000 pixels are seen at 1152 x 864.
    text = '{"bbox_2d": [0, 0, 576, 432]}, {"bbox_2d": [576, 432, 1152, 864]}'
    assert corners(text, image(4000, 3000)) == [(0, 0, 500, 500), (500, 500, 1000, 1000)]
    assert corners('{"point_2d": [1024, 512]}', image(9000, 9000, pixel_budget=2048 * 2048)) == [(500, 250, 500, 250)]


@pytest.mark.parametrize("model", ["Qwen/Qwen2.5-VL-7B-Instruct", "qwen2.5vl:3b", "qwen2_5_vl"])
def test_small_numbers_of_qwen2_5_vl_are_pixels_of_the_image_as_it_was_sent(model: str) -> None:
    text = '{"bbox_2d": [144, 108, 576, 432]}'
    assert corners(text, image(4000, 3000), model) == [(125, 125, 500, 500)]
    assert corners(text, image(1152, 864), model) == [(125, 125, 500, 500)]
    assert corners('{"bbox_2d": [0, 0, 50, 100]}', image(100, 200), model) == [(0, 0, 500, 500)]  # It is sent as it is.


@pytest.mark.parametrize("model", ["", "Qwen3-VL-2B-Instruct", "qwen2-vl", "gpt"])
def test_small_numbers_of_other_models_are_thousandths(model: str) -> None:
    assert corners('{"bbox_2d": [144, 108, 576, 432]}', image(4000, 3000), model) == [(144, 108, 576, 432)]


def test_pixels_of_the_image_as_it_is() -> None:
    assert corners('{"bbox_2d": [2000, 1500, 4000, 3000]}', image(4000, 3000)) == [(500, 500, 1000, 1000)]


def test_thousandths_beyond_the_edge_end_at_it() -> None:
    assert corners('{"bbox_2d": [500, 500, 1200, 1010]}', image(300, 200)) == [(500, 500, 1000, 1000)]
    assert corners('{"bbox_2d": [5, 5, 90000, 10]}', image(4000, 3000)) == [(5, 5, 1000, 10)]
