import json

from app.domain.images.detection_formats import detections_coco, detections_json
from app.domain.text.grounding import detections_in
from tests.support.chats import attachment

IMAGE = attachment()
DETECTIONS = detections_in('[{"bbox_2d": [0, 100, 500, 1000], "label": "Café"}, {"point_2d": [250, 500]}]')


def test_places_are_written_in_pixels() -> None:
    wide, high = IMAGE.width, IMAGE.height
    assert json.loads(detections_json(IMAGE, DETECTIONS)) == [
        {"bbox_2d": [0, round(high / 10), round(wide / 2), high], "label": "Café"},
        {"point_2d": [round(wide / 4), round(high / 2)], "label": ""},
    ]
    assert "Café" in detections_json(IMAGE, DETECTIONS)


def test_coco_has_boxes_by_width_and_height_with_numbered_labels() -> None:
    document = json.loads(detections_coco(IMAGE, DETECTIONS))
    wide, high, top = IMAGE.width, IMAGE.height, round(IMAGE.height / 10)
    assert document["images"] == [{"id": 1, "file_name": IMAGE.name, "width": wide, "height": high}]
    assert document["categories"] == [{"id": 1, "name": "Café"}, {"id": 2, "name": "object"}]
    first, second = document["annotations"]
    assert first["bbox"] == [0, top, round(wide / 2), high - top]
    assert first["area"] == round(wide / 2) * (high - top)
    assert (first["category_id"], second["category_id"]) == (1, 2)
    assert second["bbox"][2:] == [0, 0]
