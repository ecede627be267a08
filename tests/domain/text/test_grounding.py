"""Places in answers, whole, half written, and in whatever a model makes of the form."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text.grounding import (
    MAX_DETECTIONS,
    MAX_LABEL,
    MAX_NUMBER,
    SpatialBox,
    TimedEvent,
    detections_in,
    places_in,
)

TWO = (
    '[\n  {"bbox_2d": [10, 20, 300, 400], "label": "a dog"},\n  {"point_2d": [500, 600], "label": "its \\"nose\\""}\n]'
)
HTML = (
    '```html\n<html><body>\n<h1 class="title" data-bbox="89 75 340 95">Annual <b>report</b> &amp; more</h1>\n'
    '<div class="image" data-bbox="100 200 500 700"><img data-bbox="110 210 490 690"/></div>\n'
    '<ol data-bbox="1 1 9 9"><li data-bbox="1,1,5,5">one</li></ol>\n<p>no place</p>\n</body></html>\n```'
)
MARKDOWN = (
    "# Title\n\n<!-- Image (10, 20, 300, 400) -->\n\n<!-- Table (5, 500, 995, 900) -->\n"
    "\\begin{tabular}{ll}a & b\\end{tabular}"
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


@pytest.mark.parametrize("text", [TWO, HTML, MARKDOWN])
def test_a_place_stays_once_its_numbers_are_there(text: str) -> None:
    seen = [len(detections_in(text[:length])) for length in range(len(text) + 1)]
    assert seen == sorted(seen)
    assert seen[-1] >= 2


def test_a_place_is_known_as_soon_as_its_numbers_are_there() -> None:
    seen = [len(detections_in(TWO[:length])) for length in range(len(TWO) + 1)]
    assert seen[TWO.index("400]") + 4] == 1
    assert seen[TWO.index("600]") + 4] == 2
    assert shape('{"bbox_2d": [1, 2, 3, 4], "label": "half')[0][0] == ""
    assert shape('<p class="text" data-bbox="1 2 3 4"')[0] == ("text", 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("no places, [1, 2, 3, 4]", []),
        ('{"bbox_2d": [1, 2, 3]}', []),
        ('{"bbox_2d": []}', []),
        ('{"bbox_2d": [5, 5, 5, 9]}', []),
        ('{"bbox_2d": [300, 400, 10, 20]}', [("", 10, 20, 300, 400)]),
        ('{"bbox_2d": [-5, 0.5, 1200, 20]}', [("", 0, 0.5, 1200, 20)]),
        ('{"label": "before", "bbox": [1, 2, 3, 4]}', [("before", 1, 2, 3, 4)]),
        ('{"text_content": "TOTAL", "bbox_2d": [1, 2, 3, 4]}', [("TOTAL", 1, 2, 3, 4)]),
        ('{"label": "a"}, {"bbox_2d": [1, 2, 3, 4]}', [("", 1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "label": "\\ud800"}', [("\ud800", 1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "label": "\\x"}', [("\\x", 1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "type": "car", "colour": "red"}', [("red", 1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "name": "狮子", "name_en": "lion"}', [("狮子 (lion)", 1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "name": "lion", "name_en": "lion"}', [("lion", 1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "name_en": "lion"}', [("lion", 1, 2, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "names": {"zh": "狮子", "en": "lion"}}', [("狮子 / lion", 1, 2, 3, 4)]),
        ('{"names": {"en": "lion"}, "bbox_2d": [1, 2, 3, 4]}', [("lion", 1, 2, 3, 4)]),
        ('{"BBOX_2D": [1, 2, 3, 4], "Label": "a"}', [("a", 1, 2, 3, 4)]),
        ('{"bbox_2d": "1, 2, 3, 4", "label": "a"}', [("a", 1, 2, 3, 4)]),
        ('{"bbox_2d": {"x1": 1, "y1": 2, "x2": 3, "y2": 4}}', [("", 1, 2, 3, 4)]),
        ('{"bbox_2d": [[1, 2], [3, 4]]}', [("", 1, 2, 3, 4)]),
        ('{"label": "a", "bbox_2d": [[1, 2, 3, 4], [5, 6, 7, 8]]}', [("a", 1, 2, 3, 4), ("a", 5, 6, 7, 8)]),
        ('{"label": "a", "point_2d": [[1, 2], [3, 4]]}', [("a", 1, 2, 1, 2), ("a", 3, 4, 3, 4)]),
        ('{"bbox_2d": [1, 2, 3, 4], "label": "a" {"bbox_2d": [5, 6, 7, 8]}', [("a", 1, 2, 3, 4), ("", 5, 6, 7, 8)]),
        ('[{"bbox_2d": [1, 2, 3, 4], "label": "a"]', [("a", 1, 2, 3, 4)]),
        ('A 5" pipe, \\frac{1}{2}, {x: "}"} and {"bbox_2d": [1, 2, 3, 4]}', [("", 1, 2, 3, 4)]),
        ('He said "{".\n{"bbox_2d": [1, 2, 3, 4], "label": "}{"}', [("}{", 1, 2, 3, 4)]),
        ("<p data-bbox='1 2 3 4'>a\n  b</p>", [("a b", 1, 2, 3, 4)]),
        ('<img data-bbox="1.5 2 3 4">', [("img", 1.5, 2, 3, 4)]),
        ('<p data-bbox="1 2 3">a</p><p data-bbox="">b</p><p data-bbox>c</p>', []),
        ("<!-- Image (left) (1, 2, 3, 4)", [("Image (left)", 1, 2, 3, 4)]),
        ("<!--Chart(1,2,3,4)-->", [("Chart", 1, 2, 3, 4)]),
        ("<!-- a note --> <!-- version (2) -->", []),
        ("<|object_ref_start|>a dog<|object_ref_end|><|box_start|>(1,2),(3,4)<|box_end|>", [("a dog", 1, 2, 3, 4)]),
        ("<ref>b</ref><box>(5,6),(7,8)</box>", [("b", 5, 6, 7, 8)]),
        ("[{'bbox_2d': [1, 2, 3, 4], 'label': 'a dog\\'s bowl'}]", [("a dog's bowl", 1, 2, 3, 4)]),
        ("{'label': 'a dog's \"bowl\"', 'bbox_2d': [1, 2, 3, 4]}", [('a dog\'s "bowl"', 1, 2, 3, 4)]),
        ("{'label': '', 'bbox_2d': [1, 2, 3, 4]}", [("", 1, 2, 3, 4)]),
        ('{"label": dog\'s, "bbox_2d": [1, 2, 3, 4], "x": \'y\'}', [("y", 1, 2, 3, 4)]),
        ('{"label": "two\nlines", "bbox_2d": [1, 2, 3, 4]}', [("two\nlines", 1, 2, 3, 4)]),
        ('{"label": "never closed\n, "bbox_2d": [1, 2, 3, 4]}', [("", 1, 2, 3, 4)]),
        ('{"bbox_2d": ["1", "2.5", " 3", "4"], "label": "a"}', [("a", 1, 2.5, 3, 4)]),
        ('{"point_2d": {"x": "1", "y": "2"}}', [("", 1, 2, 1, 2)]),
        ('{"bbox_2d": [.1, .25, 0.5, 1]}', [("", 100, 250, 500, 1000)]),
        ('{"point_2d": [0.5, .75]}', [("", 500, 750, 500, 750)]),
        ('<p data-bbox="0.1 0.25 0.5 1.0">a</p>', [("a", 100, 250, 500, 1000)]),
    ],
)  # fmt: skip
def test_what_models_write(text: str, expected: list[tuple[str, float, float, float, float]]) -> None:
    assert shape(text) == expected


def test_documents_in_html() -> None:
    assert shape(HTML) == [
        ("Annual report & more", 89, 75, 340, 95),
        ("image", 100, 200, 500, 700),
        ("img", 110, 210, 490, 690),
        ("one", 1, 1, 5, 5),
    ]


def test_documents_in_markdown() -> None:
    assert shape(MARKDOWN) == [("Image", 10, 20, 300, 400), ("Table", 5, 500, 995, 900)]
    image = detections_in(MARKDOWN)[0]
    assert MARKDOWN[image.start : image.end] == "<!-- Image (10, 20, 300, 400) -->"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{"bbox_2d": [1, 2, 3, 4], "label": "sign", "img_idx": 0}', [("sign", 1, 2, 3, 4)]),
        ('{"action": "left_click", "coordinate": [7, 8]}', [("left_click", 7, 8, 7, 8)]),
        ('{"action": "type", "text": "hello"}', []),
    ],
)
def test_tool_calls(arguments: str, expected: list[tuple[str, float, float, float, float]]) -> None:
    call = f'<tool_call>\n{{"name": "computer_use", "arguments": {arguments}}}\n</tool_call>'
    assert shape(call) == expected


def test_boxes_in_space() -> None:
    numbers = [-0.62, 0.3, 2.1, 0.5, 0.8, 0.4, 0.0, 0.12, -1.5]
    text = (
        "```json\n" + json.dumps([{"bbox_3d": numbers, "label": "chair"}, {"bbox_3d": [1, 2], "label": "no"}]) + "\n```"
    )
    places = places_in(text)
    assert places.boxes == [SpatialBox("chair", tuple(numbers))]
    assert places.detections == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"start": "00:12.5", "end": "01:02:03", "event": "jump"}', [TimedEvent("jump", "00:12.5", "01:02:03")]),
        ('{"start_time": 1.5, "end_time": 30, "description": "fall"}', [TimedEvent("fall", "1.5 s", "30 s")]),
        ('{"start": "3 seconds", "end": "4.5s"}', [TimedEvent("", "3 seconds", "4.5s")]),
        ('{"start": "Berlin", "end": "Paris"}', []),
        ('{"start": "2024-01-02", "end": "2024-01-03"}', []),
        ('{"time": "12:30", "total": "9.00"}', []),
        ('{"start": "1", "end": ', []),
    ],
)
def test_times_of_a_video(text: str, expected: list[TimedEvent]) -> None:
    assert places_in(text).events == expected


def test_an_endless_answer_has_an_end() -> None:
    assert len(detections_in('{"bbox_2d": [1, 2, 3, 4]}, ' * 3000)) == MAX_DETECTIONS
    assert len(detections_in('<p data-bbox="1 2 3 4">' * 3000)) == MAX_DETECTIONS
    assert len(detections_in('{"bbox_2d": [' + "[1, 2, 3, 4]," * 3000)) <= MAX_DETECTIONS


@pytest.mark.parametrize(
    "piece",
    ["{", "[", '{"a":', '{"\\"', '"', "<a ", '<a data-bbox="', "<!-- a (", "<ref>", "<box>(", "{ '", "{'a' ", '{"a\n'],
)
def test_what_never_ends_is_read_to_its_end(piece: str) -> None:
    assert detections_in(piece * 20_000 + '\n{"bbox_2d": [1, 2, 3, 4]}')[-1].right == 3


PIECES = st.one_of(
    st.sampled_from([
        "{", "}", "[", "]", ":", ",", '"', "'", "\\", "\n", " ", "<", ">", "</p>", "<p ", "-->", "<!-- ", "(", ")",
        '"bbox_2d"', '"point_2d"', '"bbox_3d"', '"label"', '"names"', '"start"', '"end"', "[1, 2, 3, 4]", '"00:01"',
        'data-bbox="', '"bbox_2d": [1, 2, 3, 4]', "<!-- Table (1, 2, 3, 4)", "<|box_start|>(1,2),(3,4)", '"label": "x"',
        "1e999", "1" * 400, "-2.5",
    ]),
    st.text(string.printable + "\x00é漢👍\u202e\ud800", max_size=5),
)  # fmt: skip


@given(st.lists(PIECES, max_size=60).map("".join))
def test_whatever_is_written_gives_places_within_it(text: str) -> None:
    places = places_in(text)
    starts = [detection.start for detection in places.detections]
    assert starts == sorted(starts)
    for detection in places.detections:
        assert 0 <= detection.start < detection.end <= len(text)
        assert 0 <= detection.left <= detection.right <= MAX_NUMBER
        assert 0 <= detection.top <= detection.bottom <= MAX_NUMBER
        assert len(detection.label) <= MAX_LABEL
        assert detection.is_point or (detection.left < detection.right and detection.top < detection.bottom)
    for box in places.boxes:
        assert all(abs(value) <= MAX_NUMBER for value in box.values)


@given(st.lists(PIECES, max_size=20).map("".join), st.integers(0, 999), st.integers(0, 999))
def test_a_place_on_lines_of_its_own_is_found_behind_anything_complete(noise: str, left: int, top: int) -> None:
    """Behind a closed block: an object that is left open may swallow what follows it, as JSON has it."""
    quiet = noise.replace("{", "(")
    found = shape(f'{quiet}\n{{"bbox_2d": [{left}, {top}, {left + 1}, {top + 1}], "label": "x"}}\n')
    assert ("x", left, top, left + 1, top + 1) in found
