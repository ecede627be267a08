"""The wording of errors: ids that stay, arguments that fit, one place."""

import ast
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from app.domain import error_texts, errors
from app.domain.error_texts import (
    ALL_TEXTS,
    SUBJECTS,
    batch_texts,
    command_line_sentence,
    reworded,
    storage_texts,
    texts_in,
)
from app.domain.errors import Argument, ErrorText, Problem, ProblemKind, UserError

APP = Path(error_texts.__file__).parents[2]
SOURCES = tuple(sorted(it for it in APP.rglob("*.py") if it.name != "errors.py" and it.parent.name != "error_texts"))
OWN_ERRORS = {name for name, it in vars(errors).items() if isinstance(it, type) and issubclass(it, UserError)}


def names_in(*templates: str | None) -> set[str]:
    """The {names} of templates."""
    fields = (name for template in templates for _, name, _, _ in Formatter().parse(template or ""))
    return {name.partition(".")[0] for name in fields if name is not None}


def uses(tree: ast.AST) -> Iterator[tuple[ErrorText, ast.Call]]:
    """Calls that make a problem or an error of a text, by its constant."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        saves = isinstance(call.func, ast.Name) and call.func.id == "storage_error"
        for of in (call.func, *call.args[:1], *call.args[1:2] * saves):
            constant = of.value if isinstance(of, ast.Attribute) and of.attr == "problem" else of
            if isinstance(constant, ast.Attribute) and isinstance(constant.value, ast.Name):
                module = next((it for it in SUBJECTS if it.__name__.endswith(f".{constant.value.id}")), None)
                if module is not None:
                    found = getattr(module, constant.attr)
                    text = found.disk_full if isinstance(found, storage_texts.NotSaved) else found
                    if isinstance(text, ErrorText):
                        yield text, call


def test_every_module_of_texts_is_known() -> None:
    found = {name for _, name, _ in pkgutil.iter_modules(error_texts.__path__, error_texts.__name__ + ".")}
    assert found == {module.__name__ for module in SUBJECTS}


def test_ids_are_unique_and_begin_with_their_subject() -> None:
    texts = [text for module in SUBJECTS for text in texts_in(module)]
    assert len({text.id for text in texts}) == len(texts) == len(ALL_TEXTS) - 1
    for module in SUBJECTS:
        subject = module.__name__.rpartition(".")[2].removesuffix("_texts")
        assert all(text.id.startswith(f"{subject}.") for text in texts_in(module))


def test_a_text_has_a_sentence_in_each_part() -> None:
    for text in ALL_TEXTS.values():
        for part in (text.kept, text.todo, text.cli_kept, text.cli_todo):
            assert not part or part[-1] in ".”?:}'", f"{text.id}: {part}"
        for part in (text.what, text.kept, text.todo):
            assert part == part.strip(), text.id


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(APP)))
def test_each_error_is_given_the_arguments_of_its_text(source: Path) -> None:
    for text, call in uses(ast.parse(source.read_text(encoding="utf-8"))):
        given = {keyword.arg for keyword in call.keywords}
        if None not in given:
            assert given == names_in(text.what, text.kept, text.todo, text.cli_kept, text.cli_todo), (
                f"{source.name}:{call.lineno} {text.id}"
            )


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(APP)))
def test_errors_are_worded_nowhere_else(source: Path) -> None:
    for call in (
        node for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        is_literal = bool(call.args) and isinstance(call.args[0], ast.JoinedStr | ast.Constant)
        assert name not in {"Problem", "ErrorText"}, call.lineno
        assert not (name in OWN_ERRORS and is_literal), call.lineno


def test_both_errors_of_saving_name_the_same() -> None:
    things = [it for it in vars(storage_texts).values() if isinstance(it, storage_texts.NotSaved)]
    assert things
    for thing in things:
        named = names_in(*thing.disk_full.parts)
        assert named | {"reason"} == names_in(*thing.other.parts)
        assert all(thing.disk_full.what != other.disk_full.what for other in things if other is not thing)


def test_a_cause_is_worded_with_the_problem_it_caused() -> None:
    paused = batch_texts.DISK_FULL.problem(folder="out")
    problem = batch_texts.NO_ANSWER.problem(file="a.png", cause=paused)
    assert problem.what == "The model gave no answer for “a.png”: " + paused.what
    assert problem.todo == "Free some space, then press Resume."
    assert command_line_sentence(problem).endswith("Free some space, then run the same command again.")
    shouted = reworded(problem, lambda text: text.parts, lambda part, **names: part.format(**names).upper())
    assert shouted.what == problem.what.upper()


@pytest.mark.parametrize(
    "arguments", [(), (("missing", "much"), ("free", 1.0)), (("missing", batch_texts.NO_OUTPUT.problem()), ("free", 0))]
)
def test_a_stored_problem_with_other_arguments_stays_as_it_is(arguments: tuple[tuple[str, Argument], ...]) -> None:
    problem = replace(storage_texts.NO_SPACE_TO_UNPACK.problem(missing=1.0, free=0.5), arguments=arguments)
    assert reworded(problem, lambda text: text.cli_parts) is problem


def test_a_command_has_its_own_words_where_the_window_is_meant() -> None:
    problem = batch_texts.FIELDS_WITHOUT_MODEL.problem()
    assert problem.todo == "Open a model first."
    assert command_line_sentence(problem) == f"{problem.what} Give one with --model or --server."
    assert command_line_sentence(Problem(ProblemKind.BUG, "As stored.", id="gone")) == "As stored."
