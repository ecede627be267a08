"""Reads from the source which signals and slots the application declares, and which methods it connects."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Declaration:
    """A call of `Signal` or `Slot` for a name of a class; `line` may have a comment that gives a reason."""

    name: str
    call: ast.Call
    line: str


@dataclass(frozen=True)
class ClassSource:
    """A class of the application."""

    module: str
    node: ast.ClassDef
    lines: list[str]

    @cached_property
    def methods(self) -> dict[str, ast.FunctionDef]:
        """Methods and properties by name."""
        return {item.name: item for item in self.node.body if isinstance(item, ast.FunctionDef)}

    @cached_property
    def signals(self) -> list[Declaration]:
        """What it may emit."""
        assigned = [(target, value) for item in self.node.body for target, value in _assigned(item)]
        return [self._declaration(ast.unparse(target), value) for target, value in assigned if _calls(value, "Signal")]

    @cached_property
    def slots(self) -> list[Declaration]:
        """Its methods that may be connected; one with two signatures is here twice."""
        decorated = [(name, item) for name, method in self.methods.items() for item in method.decorator_list]
        return [self._declaration(name, item) for name, item in decorated if _calls(item, "Slot")]

    @cached_property
    def attributes(self) -> dict[str, tuple[ast.expr, ast.FunctionDef | None]]:
        """What tells the class of an attribute: an annotation, or a value and the method that assigns it."""
        found: dict[str, tuple[ast.expr, ast.FunctionDef | None]] = {}
        for member in self.node.body:
            if isinstance(member, ast.AnnAssign):
                found[ast.unparse(member.target)] = member.annotation, None
            elif isinstance(member, ast.FunctionDef) and member.returns:
                found[member.name] = member.returns, None
        for method in self.methods.values():
            for item in ast.walk(method):
                for target, value in _assigned(item):
                    if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                        found.setdefault(target.attr, (value, method))
        return found

    def _declaration(self, name: str, call: ast.expr) -> Declaration:
        assert isinstance(call, ast.Call)
        return Declaration(name, call, self.lines[(call.end_lineno or 0) - 1])


@dataclass(frozen=True)
class Connection:
    """A method that is connected: where, and its class, or a variable's name if the source does not tell the class."""

    where: str
    receiver: str
    method: str


def classes_in(root: Path) -> list[ClassSource]:
    """All classes below a folder but those within functions."""
    found = []
    for path in sorted(root.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        module = ".".join(path.relative_to(root.parent).with_suffix("").parts)
        nodes = [item for item in ast.parse(source).body if isinstance(item, ast.ClassDef)]
        found += [ClassSource(module, node, source.splitlines()) for node in nodes]
    return found


def by_name(sources: list[ClassSource]) -> dict[str, ClassSource]:
    """Classes by their names; of two private ones of the same name the last."""
    return {source.node.name: source for source in sources}


def lineage(source: ClassSource | None, classes: Mapping[str, ClassSource]) -> Iterator[ClassSource]:
    """A class and those of the application that it extends; the first base is followed."""
    while source:
        yield source
        source = classes.get(ast.unparse(source.node.bases[0])) if source.node.bases else None


def connections_of(sources: list[ClassSource]) -> Iterator[Connection]:
    """What is passed to a `connect` as an attribute: `self.method`, `self._part.method`."""
    classes = by_name(sources)
    for source in sources:
        for method in source.methods.values():
            for item in ast.walk(method):
                if isinstance(item, ast.Call) and ast.unparse(item.func).endswith(".connect") and item.args:
                    slot = item.args[0]
                    if isinstance(slot, ast.Attribute):
                        receiver = _class_of(slot.value, method, source, classes)
                        yield Connection(f"{source.module}:{item.lineno}", receiver, slot.attr)


def _class_of(
    node: ast.expr, method: ast.FunctionDef | None, source: ClassSource, classes: Mapping[str, ClassSource]
) -> str:
    """The class of a value or the one that an annotation names, as far as annotations and constructors tell."""
    if isinstance(node, ast.BinOp):  # "X | None"
        return _class_of(node.left, method, source, classes)
    if isinstance(node, ast.Call):
        return _class_of(node.func, method, source, classes)
    if isinstance(node, ast.Attribute):
        owner = classes.get(_class_of(node.value, method, source, classes))
        for item in lineage(owner, classes):
            if node.attr in item.attributes:
                value, assigned_in = item.attributes[node.attr]
                return _class_of(value, assigned_in, item, classes)
    elif isinstance(node, ast.Name):
        variables = {"self": ast.Name(source.node.name)} | (_variables(method) if method else {})
        return _class_of(variables[node.id], None, source, classes) if node.id in variables else node.id
    return ""


def _variables(method: ast.FunctionDef) -> dict[str, ast.expr]:
    """What tells the classes of parameters and local variables."""
    found = {arg.arg: arg.annotation for arg in (*method.args.args, *method.args.kwonlyargs) if arg.annotation}
    for item in ast.walk(method):
        for target, value in _assigned(item):
            if isinstance(target, ast.Name):
                found.setdefault(target.id, value)
    return found


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Targets with their values, or annotations if they have one."""
    if isinstance(node, ast.AnnAssign):
        yield node.target, node.annotation
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from zip(target.elts, node.value.elts, strict=True)
            else:
                yield target, node.value


def _calls(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == name
