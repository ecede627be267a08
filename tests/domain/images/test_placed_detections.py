"""Detections in whichever unit a model writes them, where they belong on the image."""

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


def corners(text: str, attachment: Attachment) -> list[tuple[float, ...]]:
    placed = placed_detections(detections_in(text), attachment, BUDGET)
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


def test_pixels_of_the_image_as_it_is() -> None:
    assert corners('{"bbox_2d": [2000, 1500, 4000, 3000]}', image(4000, 3000)) == [(500, 500, 1000, 1000)]


def test_thousandths_beyond_the_edge_end_at_it() -> None:
    assert corners('{"bbox_2d": [500, 500, 1200, 1010]}', image(300, 200)) == [(500, 500, 1000, 1000)]
    assert corners('{"bbox_2d": [5, 5, 90000, 10]}', image(4000, 3000)) == [(5, 5, 1000, 10)]
