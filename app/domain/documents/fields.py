"""Fields that the vision model fills in for an image: the prompt, and strict parsing of its answer.

The model is asked for one JSON object with exactly the fields' names as keys. Each has a `value`, and as `text` the
words of the image that it was taken from, so that they can be found there again.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.domain.error_texts import batch_texts
from app.domain.errors import BatchError

MAX_FIELDS, MAX_NAME_CHARS = 40, 60
MAX_VALUE_CHARS = 1900
"""Maximum length of a value; llama.cpp's server refuses schemas with 2,000 (MAX_REPETITION_THRESHOLD)."""
_FENCE = re.compile(r"^\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """A column that the user has named; `hint` describes its content for the model."""

    name: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FieldAnswer:
    """The model's answer for a field: empty if the image has nothing for it; `text` is the image's own wording."""

    name: str
    value: str
    text: str


class InvalidAnswer(Exception):
    """The model's answer is not the requested JSON; the message gives the reason, worded for the model."""


def fields_from(text: str) -> tuple[Field, ...]:
    """Parse fields such as "date, total: with tax, vendor"; commas and line breaks separate. Raises BatchError."""
    fields = []
    for part in re.split(r"[,;\n]", text):
        name, _, hint = (" ".join(piece.split()) for piece in part.partition(":"))
        if name or hint:
            fields.append(Field(name, hint))
    names = [field.name.casefold() for field in fields]
    if any(not field.name or len(field.name) > MAX_NAME_CHARS for field in fields):
        raise BatchError(batch_texts.FIELD_NAME_LENGTH, most=MAX_NAME_CHARS)
    if len(set(names)) < len(names):
        raise BatchError(batch_texts.FIELDS_OF_SAME_NAME)
    if len(fields) > MAX_FIELDS:
        raise BatchError(batch_texts.TOO_MANY_FIELDS, fields=len(fields), most=MAX_FIELDS)
    return tuple(fields)


def fields_text(fields: Iterable[Field]) -> str:
    """Format fields as `fields_from` parses them."""
    return ", ".join(f"{field.name}: {field.hint}" if field.hint else field.name for field in fields)


def field_question(fields: Iterable[Field]) -> str:
    """Return the prompt for the model."""
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


def field_schema(fields: Iterable[Field]) -> str:
    """Return the JSON schema of the answer to `field_question`."""
    text = {"type": "string", "maxLength": MAX_VALUE_CHARS}
    content = _object_schema({"value": text, "text": text})
    return json.dumps(_object_schema({field.name: content for field in fields}))


def _object_schema(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def field_correction(error: InvalidAnswer) -> str:
    """Return the prompt after an invalid answer."""
    return f"That answer is not valid: {error} Answer again with the corrected JSON object and nothing else."


def read_field_answer(answer: str, fields: Iterable[Field]) -> tuple[FieldAnswer, ...]:
    """Parse the fields of the model's answer, in the order of `fields`. Raises InvalidAnswer.

    Only the object itself is accepted, or a code block with nothing else: an ambiguous answer is asked for again.
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
    return FieldAnswer(name, value.strip()[:MAX_VALUE_CHARS], text.strip()[:MAX_VALUE_CHARS])


def _refuse_constant(name: str) -> str:
    raise InvalidAnswer(f"{name} is not JSON.")


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidAnswer("a key stands in it twice.")
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(json.dumps(name[:MAX_NAME_CHARS], ensure_ascii=False) for name in names)
