"""Any value that a type allows, for property tests: a dataclass, a message, what they are made of."""

import dataclasses
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

INTEGERS = st.integers(-(2**63), 2**64 - 1)
"""What MessagePack can hold."""
MAX_LENGTH = 3
"""Of a tuple of any length."""


def any_value(kind: Any, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:  # noqa: ANN401 - a type of any form
    """Values of a type; strings are drawn from `text`, numbers are finite."""
    plain = {
        str: text,
        int: INTEGERS,
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        bytes: st.binary(max_size=20),
        type(None): st.none(),
    }
    kind = getattr(kind, "__supertype__", kind)  # A NewType is made of another type.
    if kind in plain:
        return plain[kind]
    parts = get_args(kind)
    if get_origin(kind) in {Union, UnionType}:
        return st.one_of([any_value(part, text) for part in parts])
    if get_origin(kind) is tuple:
        if parts[1:] == (...,):
            return st.lists(any_value(parts[0], text), max_size=MAX_LENGTH).map(tuple)
        return st.tuples(*(any_value(part, text) for part in parts))
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    return st.deferred(lambda: _any_record(kind, text))  # A problem may hold another one.


def _any_record(kind: Any, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:  # noqa: ANN401 - a class
    fields = msgspec.structs.fields(kind) if issubclass(kind, msgspec.Struct) else dataclasses.fields(kind)
    types = get_type_hints(kind)
    return st.builds(kind, **{field.name: any_value(types[field.name], text) for field in fields})
