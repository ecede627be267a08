"""Answers that are nothing but places are told from those that say more."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text.grounding import detections_in
from app.domain.text.place_answers import is_only_places, place_labels

TWO = '[{"bbox_2d": [1, 2, 3, 4], "label": "Total"}, {"point_2d": [5, 6], "label": "Date"}]'


@pytest.mark.parametrize(
    "text",
    [
        TWO,
        f"```json\n{TWO}\n```",
        f"```json\n{TWO}\n```\n",
        f"  {TWO}\n",
        f"```json\n{TWO[:-1]}, ",
        f'{TWO[:-1]}, {{"bbox_2d": [1, 2',
    ],
)
def test_places_alone(text: str) -> None:
    assert place_labels(text) == ("Total", "Date")


def test_places_without_labels_have_numbers() -> None:
    assert place_labels('[{"bbox_2d": [1, 2, 3, 4]}, {"bbox_2d": [2, 2, 3, 4], "label": "b"}]') == ("1", "b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "The total is 9.00.",
        f"Here they are: {TWO}",
        f"```json\n{TWO}\n```\nThe second is smudged.",
        f"{TWO} and more",
        '[{"bbox_2d": [1, 2, 3, 4], "label": "Total", "value": "9.00"}]',
        '[{"bbox_2d": [1, 2, 3, 4], "label": 3}]',
        '{"vendor": "Hill", "box": {"bbox_2d": [1, 2, 3, 4], "label": "Total"}}',
        '[{"bbox_2d": [1, 2, 3, 4], "label": "Total"}, "two are missing"]',
        '[{"bbox_3d": [1, 2, 3, 4, 5, 6, 7, 8, 9], "label": "chair"}]',
        "[" * 5000,
    ],
)
def test_answers_that_say_more_are_shown_as_they_are(text: str) -> None:
    assert place_labels(text) == ()


entries = st.fixed_dictionaries(
    {"bbox_2d": st.tuples(*[st.integers(0, 1000)] * 4)}, optional={"label": st.text("abc ", min_size=1, max_size=9)}
)


@given(st.lists(entries, min_size=1, max_size=9), st.integers(0, 400))
def test_an_answer_that_is_cut_off_anywhere_hides_nothing_but_its_places(listed: list[object], length: int) -> None:
    text = json.dumps(listed)[:length]
    assert not is_only_places(text, len(detections_in(text))) or len(place_labels(text)) <= len(listed)
