"""Which fields are meant, and which of a model's answers are taken for them."""

import json

import pytest

from app.domain.documents.fields import (
    MAX_FIELDS,
    MAX_VALUE_CHARS,
    Field,
    FieldAnswer,
    InvalidAnswer,
    field_correction,
    field_question,
    field_schema,
    fields_from,
    fields_text,
    read_field_answer,
)
from app.domain.errors import BatchError

FIELDS = (Field("date"), Field("total", "with tax"))
GOOD = '{"date": {"value": "2024-03-01", "text": "01.03.24"}, "total": {"value": "12.40", "text": "12,40"}}'


def test_names_are_separated_by_commas_and_lines_and_may_have_hints() -> None:
    fields = fields_from("date, total :  with  tax\n vendor;,")
    assert fields == (Field("date"), Field("total", "with tax"), Field("vendor"))
    assert fields_from(fields_text(fields)) == fields
    assert fields_from("  ") == ()


@pytest.mark.parametrize(
    "text", ["date, Date", ": a hint alone", "x" * 61, ",".join(str(n) for n in range(MAX_FIELDS + 1))]
)
def test_what_cannot_be_columns_is_refused_in_words(text: str) -> None:
    with pytest.raises(BatchError) as refused:
        fields_from(text)
    assert str(refused.value).endswith((".", "vendor"))


def test_the_question_has_every_name_and_hint() -> None:
    question = field_question((*FIELDS, Field('say "so"')))
    assert '- "date"\n' in question
    assert '- "total": with tax\n' in question
    assert '- "say \\"so\\""' in question


@pytest.mark.parametrize("answer", [GOOD, f"```json\n{GOOD}\n```", f"\n {GOOD} \n"])
def test_an_object_is_read_bare_or_in_a_block_of_code(answer: str) -> None:
    assert read_field_answer(answer, FIELDS) == (
        FieldAnswer("date", "2024-03-01", "01.03.24"),
        FieldAnswer("total", "12.40", "12,40"),
    )


def test_numbers_stay_as_they_were_written_and_nothing_is_empty() -> None:
    answer = '{"total": {"value": 12.40, "text": null}, "date": {"value": 007e1, "text": ""}}'
    with pytest.raises(InvalidAnswer):
        read_field_answer(answer, FIELDS)
    answer = answer.replace("007e1", "null")
    assert read_field_answer(answer, FIELDS) == (FieldAnswer("date", "", ""), FieldAnswer("total", "12.40", ""))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("The total is 12.40.", "not JSON"),
        (GOOD[:-5], "not JSON"),
        (f"Here it is: {GOOD}", "not JSON"),
        (f"[{GOOD}]", "not a JSON object"),
        ('{"date": {"value": "1", "text": "1"}}', 'lacks "total"'),
        (GOOD.replace('"date"', '"day"'), 'lacks "date"'),
        (GOOD[:-1] + ', "tax": {"value": "", "text": ""}}', 'has "tax"'),
        (GOOD[:-1] + ', "date": {"value": "", "text": ""}}', "twice"),
        (GOOD.replace('{"value": "12.40", "text": "12,40"}', '"12.40"'), '"total" is not an object'),
        (GOOD.replace('"12.40"', "[1]"), "not both strings"),
        (GOOD.replace('"12.40"', "true"), "not both strings"),
        (GOOD.replace('"12.40"', "NaN"), "NaN"),
        ('{"date":' * 100_000, "nested"),
    ],
)
def test_anything_else_is_refused_with_the_reason(answer: str, why: str) -> None:
    with pytest.raises(InvalidAnswer, match=why) as refused:
        read_field_answer(answer, FIELDS)
    assert str(refused.value) in field_correction(refused.value)


def test_the_schema_allows_what_is_read_and_no_other_keys() -> None:
    schema = json.loads(field_schema(FIELDS))
    assert list(schema["properties"]) == schema["required"] == [field.name for field in FIELDS]
    for inner in schema["properties"].values():
        assert list(inner["properties"]) == inner["required"] == ["value", "text"]
        assert all(text["maxLength"] == MAX_VALUE_CHARS for text in inner["properties"].values())
        assert inner["additionalProperties"] is False
    assert MAX_VALUE_CHARS < 2000  # llama.cpp's server refuses as many repetitions.
    assert schema["additionalProperties"] is False
