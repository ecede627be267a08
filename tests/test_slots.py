"""Signals and slots declare the classes that they carry: Qt does not check those of Python.

A method that is connected is a `@Slot` with the types of its parameters; a comment gives the reason for an `object`.
An alias, a `NewType`, `tuple[int, ...]` or `int | None` is no class: PySide drops it from the signal and says nothing.
"""

import ast
import builtins
import importlib
import inspect
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from PySide6.QtCore import QObject

from tests.support.slot_sources import (
    ClassSource,
    Connection,
    Declaration,
    by_name,
    classes_in,
    connections_of,
    lineage,
)

SOURCES = classes_in(Path(__file__).resolve().parents[1] / "app")
MIN_CONNECTIONS = 200
"""Fewer connections are found only if the test reads the source wrongly."""
QT_NAMES = {"uint": int, "qlonglong": int, "QVariantMap": dict}
"""Types that are given by their names in Qt, and the classes that arrive."""


def test_signals_carry_classes() -> None:
    for source, signal in _all("signals"):
        for carried in _types(source, signal):
            assert inspect.isclass(carried), f"{_where(source, signal)} carries {carried}, which is no class"


def test_object_is_carried_for_a_reason() -> None:
    for source, signal in _all("signals"):
        assert object not in _types(source, signal) or "#" in signal.line, f"{_where(source, signal)}: say why `object`"


def test_slots_have_the_types_of_their_parameters() -> None:
    for source, slot in _all("slots"):
        method = inspect.unwrap(getattr(_class(source), slot.name))
        hints = get_type_hints(method)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        types_ = _types(source, slot)
        required = [item for item in parameters if item.default is inspect.Parameter.empty]
        assert len(required) <= len(types_) <= len(parameters), f"{_where(source, slot)}: another number of arguments"
        for declared, parameter in zip(types_, parameters, strict=False):
            expected = _declarable(hints[parameter.name])
            is_reasoned = declared is object and "#" in slot.line
            assert declared is expected or is_reasoned, f"{_where(source, slot)}: {parameter.name} is {expected}"


def test_connected_methods_are_slots() -> None:
    checked = 0
    for connection in connections_of(SOURCES):
        for method_owner in _owners(connection):
            checked += 1
            slots = {slot.name for slot in method_owner.slots}
            assert connection.method in slots, f"{connection.where}: {connection.method} is no slot"
    assert checked > MIN_CONNECTIONS


def _owners(connection: Connection) -> list[ClassSource]:
    """The application's classes whose method is connected: all that have one of this name if the class is not known."""
    classes = by_name(SOURCES)
    if connection.receiver in classes:
        receivers = [classes[connection.receiver]]
    else:
        receivers = [] if connection.receiver[:1].isupper() else SOURCES
    owners = [
        next((item for item in lineage(one, classes) if connection.method in item.methods), None) for one in receivers
    ]
    return [owner for owner in owners if owner and issubclass(_class(owner), QObject)]


def _all(kind: str) -> list[tuple[ClassSource, Declaration]]:
    return [(source, item) for source in SOURCES for item in getattr(source, kind)]


def _where(source: ClassSource, declaration: Declaration) -> str:
    return f"{source.module}.{source.node.name}.{declaration.name}"


def _class(source: ClassSource) -> type:
    found = getattr(importlib.import_module(source.module), source.node.name)
    assert isinstance(found, type)
    return found


def _types(source: ClassSource, declaration: Declaration) -> list[object]:
    names = vars(builtins) | vars(importlib.import_module(source.module))

    def value(node: ast.expr) -> object:
        if isinstance(node, ast.Attribute):
            return getattr(value(node.value), node.attr)
        if isinstance(node, ast.Constant):
            return QT_NAMES[str(node.value)]
        return names[node.id] if isinstance(node, ast.Name) else ast.unparse(node)

    return [value(node) for node in declaration.call.args]


def _declarable(hint: object) -> object:
    """The class to declare for an annotation: a union's is `object`, unless it is a Qt object or None."""
    if hasattr(hint, "__supertype__"):
        return hint.__supertype__
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        members = [item for item in get_args(hint) if item is not type(None)]
        is_qt = len(members) == 1 and inspect.isclass(members[0]) and issubclass(members[0], QObject)
        return members[0] if is_qt else object
    return object if origin is Callable or hint is Any else origin or hint
