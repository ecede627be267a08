"""Asks the model for fields; after an invalid answer it asks once more, with the error."""

from collections.abc import Iterable

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.documents.fields import (
    Field,
    FieldAnswer,
    InvalidAnswer,
    field_correction,
    field_question,
    field_schema,
    read_field_answer,
)

CUT_OFF = "it is too long or repeats itself."
"""The reason why an answer that was cut off is invalid, worded for the model."""


class FieldQuestion:
    """The request for `fields` of pictures. `turns` are to be asked next, `schema` is the answer's JSON schema."""

    def __init__(self, fields: tuple[Field, ...], pictures: Iterable[SeenImage]) -> None:
        self._fields = fields
        self.schema = field_schema(fields)
        self.turns: tuple[Turn, ...] = (Turn(Role.USER, field_question(fields), tuple(pictures)),)

    def take(self, answer: str, *, is_cut_off: bool) -> tuple[FieldAnswer, ...] | None:
        """Return the fields in the answer to `turns`, or None if they are to be asked again.

        An answer that is cut off is invalid: its last fields are empty though the image may have them. Raises
        InvalidAnswer, with the error, for the second invalid answer.
        """
        try:
            return self._fields_of(answer, is_cut_off=is_cut_off)
        except InvalidAnswer as error:
            if len(self.turns) > 1:
                raise
            self.turns += (Turn(Role.ASSISTANT, answer), Turn(Role.USER, field_correction(error)))
            return None

    def _fields_of(self, answer: str, *, is_cut_off: bool) -> tuple[FieldAnswer, ...]:
        if is_cut_off:
            raise InvalidAnswer(CUT_OFF)
        return read_field_answer(answer, self._fields)
