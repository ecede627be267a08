"""A notice: what the window reports about something that happened, with a button for each thing to do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import Problem, ProblemKind
from app.ui.widgets.i18n import sentences
from app.ui.widgets.problem_text import translated


class Severity(StrEnum):
    """How much a notice matters; the style sheet uses these values. A SUCCESS fades by itself, the others stay."""

    SUCCESS = "success"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_ERRORS = frozenset({ProblemKind.ENGINE, ProblemKind.STORAGE, ProblemKind.CHATS_DAMAGED, ProblemKind.BUG})
"""Kinds of problems of Lorgnette or its computer; the others concern one file, folder or address."""


@dataclass(frozen=True, slots=True)
class Action:
    """A button's label, and the call that it makes; `is_undo` if that undoes what the notice tells.

    Actions with the same call are equal, which lambdas and partials are not: so `arguments` are apart.
    """

    label: str
    run: Callable[..., object]
    arguments: tuple[object, ...] = ()
    is_undo: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, in one sentence; details; what can be done. Equal notices are shown once."""

    severity: Severity
    text: str
    detail: str = ""
    actions: tuple[Action, ...] = ()

    @property
    def sentence(self) -> str:
        """The text and the details."""
        return sentences(self.text, self.detail)


Remedies = Callable[[Problem], tuple[Action, ...]]
"""Returns what can be done about a problem."""


def notice_of(problem: Problem, *actions: Action) -> Notice:
    """Make the notice of a problem, as grave as its kind."""
    severity = Severity.ERROR if problem.kind in _ERRORS else Severity.WARNING
    worded = translated(problem)
    return Notice(severity, worded.what, sentences(worded.kept, worded.todo), actions)
