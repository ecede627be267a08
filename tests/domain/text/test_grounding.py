"""Places in answers, whole, half written, and in whatever a model makes of the form."""

import pytest

from app.domain.text.grounding import MAX_DETECTIONS, detections_in

TWO = (
    '[\n  {"bbox_2d": [10, 20, 300, 400], "label": "a dog"},\n  {"point_2d": [500, 600], "label": "its \\"nose\\""}\n]'
)


def shape(text: str) -> list[tuple[str, float, float, float, float]]:
    return [
        (detection.label, detection.left, detection.top, detection.right, detection.bottom)
        for detection in detections_in(text)
    ]


def test_boxes_and_points_with_their_labels_and_places() -> None:
    text = f"Here:\n```json\n{TWO}\n```\nThat is all."
    box, point = detections_in(text)
    assert (box.label, box.left, box.top, box.right, box.bottom, box.is_point) == ("a dog", 10, 20, 300, 400, False)
    assert (point.label, point.left, point.bottom, point.is_point) == ('its "nose"', 500, 600, True)
    assert text[box.start : box.end] == '{"bbox_2d": [10, 20, 300, 400], "label": "a dog"}'
    assert text[point.start : point.end] == '{"point_2d": [500, 600], "label": "its \\"nose\\""}'


def test_a_place_is_known_as_soon_as_its_numbers_are_there() -> None:
    seen = [len(detections_in(TWO[:length])) for length in range(len(TWO) + 1)]
    assert seen == sorted(seen)
    assert seen[TWO.index("400]") + 4] == 1
    assert seen[TWO.index("600]") + 4] == 2
    assert shape('{"bbox_2d": [1, 2, 3, 4], "label": "half')[0][0] == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("no places, [1, 2, 3, 4]", []),
        ('{"bbox_2d": [1, 2, 3]}', []),
        ('{"bbox_2d": []}', []),
        ('{"bbox_2d": [5, 5, 5, 9]}', []),
        ('{"bbox_2d": [300, 400, 10, 20]}', [("", 10, 20, 300, 400)]),
        ('{"bbox_2d": [-5, 0.5, 1200, 20]}', [("", 0, 0.5, 1000, 20)]),
        ('{"label": "before", "bbox": [1, 2, 3, 4]}', [("before", 1, 2, 3, 4)]),
        ('{"text_content": "TOTAL", "bbox_2d": [1, 2, 3, 4]}', [("TOTAL", 1, 2, 3, 4)]),
        ('{"label": "a"}, {"bbox_2d": [1, 2, 3, 4]}', [("", 1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "label": "\\ud800"}', [("\ud800", 1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "label": "\\x"}', [("\\x", 1, 2, 3, 4)]),
    ],
)
def test_what_models_write(text: str, expected: list[tuple[str, float, float, float, float]]) -> None:
    assert shape(text) == expected


def test_an_endless_answer_has_an_end() -> None:
    assert len(detections_in('{"bbox_2d": [1, 2, 3, 4]}, ' * 3000)) == MAX_DETECTIONS
