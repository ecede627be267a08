"""Fields that the vision model fills in for an image: the question, and a strict reading of its answer.

The model is asked for one JSON object with exactly the fields' names as keys. Each has a `value`, and as `text` the
words of the image that it was taken from, so that it can be found there again.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.errors import BatchError

MOST_FIELDS, LONGEST_NAME, LONGEST_VALUE = 40, 60, 2000
_FENCE = re.compile(r"^\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """A column that the user has named; `hint` says what belongs into it, in words for the model."""

    name: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FieldAnswer:
    """What the model says of a field: empty where the image has nothing; `text` are the image's own words."""

    name: str
    value: str
    text: str


class InvalidAnswer(Exception):
    """The model's answer is not the JSON that was asked for; its text says why, in words for the model."""


def fields_from(text: str) -> tuple[Field, ...]:
    """The fields in such as "date, total: with tax, vendor"; commas and line breaks separate. Raises BatchError."""
    fields = []
    for part in re.split(r"[,;\n]", text):
        name, _, hint = (" ".join(piece.split()) for piece in part.partition(":"))
        if name or hint:
            fields.append(Field(name, hint))
    names = [field.name.casefold() for field in fields]
    if any(not field.name or len(field.name) > LONGEST_NAME for field in fields):
        raise BatchError(
            f"A field needs a name of at most {LONGEST_NAME} characters.", todo="Such as: date, total: with tax, vendor"
        )
    if len(set(names)) < len(names):
        raise BatchError("Two fields have the same name.", todo="Rename one of them.")
    if len(fields) > MOST_FIELDS:
        raise BatchError(f"There are {len(fields)} fields; {MOST_FIELDS} are possible.", todo="Leave some out.")
    return tuple(fields)


def fields_text(fields: Iterable[Field]) -> str:
    """The fields as `fields_from` reads them."""
    return ", ".join(f"{field.name}: {field.hint}" if field.hint else field.name for field in fields)


def field_question(fields: Iterable[Field]) -> str:
    """What the model is asked."""
    listed = "\n".join(
        f"- {json.dumps(field.name, ensure_ascii=False)}{f': {field.hint}' if field.hint else ''}" for field in fields
    )
    return (
        "Extract these fields from the document in the image:\n"
        f"{listed}\n"
        "Answer with one JSON object and nothing else. Its keys are exactly the names above. Each key's value is an "
        'object with two strings: "value", the content of the field, and "text", the characters from which it was '
        "taken, copied exactly as they stand in the image. Where the image does not have a field, both are empty."
    )


def field_correction(error: InvalidAnswer) -> str:
    """What the model is asked after an answer that was not valid."""
    return f"That answer is not valid: {error} Answer again with the corrected JSON object and nothing else."


def read_field_answer(answer: str, fields: Iterable[Field]) -> tuple[FieldAnswer, ...]:
    """The fields of the model's answer, in the order of `fields`. Raises InvalidAnswer.

    Only the object itself is accepted, or a code block that holds it alone: what has to be guessed is asked again.
    """
    fenced = _FENCE.match(answer)
    try:
        found = json.loads(
            fenced[1] if fenced else answer,
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_twins,
        )
    except json.JSONDecodeError as error:
        raise InvalidAnswer(f"it is not JSON ({error.msg}, line {error.lineno}, column {error.colno}).") from error
    except RecursionError as error:
        raise InvalidAnswer("it is nested too deeply.") from error
    if not isinstance(found, dict):
        raise InvalidAnswer("it is not a JSON object.")
    names = [field.name for field in fields]
    if missing := [name for name in names if name not in found]:
        raise InvalidAnswer(f"it lacks {_listed(missing)}.")
    if extra := [name for name in found if name not in names]:
        raise InvalidAnswer(f"it has {_listed(extra)}, which was not asked for.")
    return tuple(_field_answer(name, found[name]) for name in names)


def _field_answer(name: str, content: object) -> FieldAnswer:
    if not isinstance(content, dict) or set(content) != {"value", "text"}:
        raise InvalidAnswer(f'{_listed([name])} is not an object with "value" and "text" alone.')
    value, text = content["value"], content["text"]
    value, text = ("" if part is None else part for part in (value, text))
    if not isinstance(value, str) or not isinstance(text, str):
        raise InvalidAnswer(f'"value" and "text" of {_listed([name])} are not both strings.')
    return FieldAnswer(name, value.strip()[:LONGEST_VALUE], text.strip()[:LONGEST_VALUE])


def _refuse_constant(name: str) -> str:
    raise InvalidAnswer(f"{name} is not JSON.")


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidAnswer("a key stands in it twice.")
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(json.dumps(name[:LONGEST_NAME], ensure_ascii=False) for name in names)
