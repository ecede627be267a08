"""Wording of every error, one module a subject; `ALL_TEXTS` finds a text by its id.

Each constant is raised with the values of its {names}: `raise ImageError(image_texts.DAMAGED, file=path.name)`. The
window translates it (resources/translations), a command prints it in English.
"""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

from app.domain.error_texts import (
    batch_texts,
    chat_texts,
    checkpoint_texts,
    command_texts,
    document_texts,
    engine_texts,
    export_texts,
    image_texts,
    model_texts,
    network_texts,
    quantize_texts,
    server_texts,
    serving_texts,
    settings_texts,
    storage_texts,
)
from app.domain.errors import BUG, ErrorText, Problem

SUBJECTS: tuple[ModuleType, ...] = (
    batch_texts,
    chat_texts,
    checkpoint_texts,
    command_texts,
    document_texts,
    engine_texts,
    export_texts,
    image_texts,
    model_texts,
    network_texts,
    quantize_texts,
    server_texts,
    serving_texts,
    settings_texts,
    storage_texts,
)


def texts_in(module: ModuleType) -> list[ErrorText]:
    """Return the texts of a module, in its order, those in dictionaries included."""
    values = (value.values() if isinstance(value, dict) else (value,) for value in vars(module).values())
    return [text for group in values for text in group if isinstance(text, ErrorText)]


ALL_TEXTS = {text.id: text for text in (BUG, *(text for module in SUBJECTS for text in texts_in(module)))}


def command_line_sentence(problem: Problem) -> str:
    """Return the sentence of a problem as a command says it."""
    return reworded(problem, lambda text: text.cli_parts).sentence


def reworded(
    problem: Problem, parts: Callable[[ErrorText], tuple[str, str, str]], fill: Callable[..., str] = str.format
) -> Problem:
    """Return a problem and its causes with other `parts` of their texts; `fill` replaces the {names} of a template.

    A problem stays as it is if its text is unknown or has other arguments: another version has stored it.
    """
    text = ALL_TEXTS.get(problem.id)
    if text is None:
        return problem
    arguments = {name: reworded(it, parts, fill) if isinstance(it, Problem) else it for name, it in problem.arguments}
    try:
        what, kept, todo = (fill(part, **arguments) for part in parts(text))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return problem
    return replace(problem, what=what, kept=kept, todo=todo)
