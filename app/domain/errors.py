"""The error tree.

LorgnetteError
├── UserError              something the user can act on; carries a Problem
│   ├── ImageError         a file or clipboard image that cannot be used
│   │   └── PasswordNeeded a document that needs a password; none or a wrong one was given
│   ├── CheckpointError    a model folder that cannot be opened
│   │   └── QuantizeError  a quantised model folder that cannot be made
│   ├── ModelMissing       a question was asked while no model is open
│   ├── EngineError        the engine process failed or ran out of memory
│   ├── NetworkError       another machine could not be reached, or refused
│   ├── StorageError       disk full, database locked or damaged, no permission
│   │   └── DiskError      the whole drive or folder refuses: full, read-only, failing, gone
│   └── BatchError         a batch that cannot be started, or an image of it that could not be processed
└── Cancelled              the user pressed Stop; never shown as an error

Anything else that escapes is a bug in Lorgnette and is shown as one. Foreign errors (Pillow, torch, SQLite, the
operating system) are translated once, where they enter, with `raise ... from`. Their wording is in `error_texts`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Union

from app.domain.well_formed import well_formed


class ProblemKind(StrEnum):
    """The subject of a problem. Chats and batches are stored with these values, so none may be renamed."""

    IMAGE = "image"
    PASSWORD = "password"  # noqa: S105 - the kind's name
    CHECKPOINT = "checkpoint"
    MODEL_MISSING = "model_missing"
    ENGINE = "engine"
    NETWORK = "network"
    STORAGE = "storage"
    CHATS_DAMAGED = "chats_damaged"
    BATCH = "batch"
    BUG = "bug"


Argument = Union[str, int, float, "Problem"]
"""The value of a {name}. A problem is the cause of another one, whose templates have its parts: {cause.what}."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One clear report: what happened, what was kept, what to do. Plain text, ready to be shown and stored.

    The parts are in English. `id` names the ErrorText that they were made of with `arguments`, so that they can be
    worded in another language; it is empty for a problem stored by a version without ids.
    """

    kind: ProblemKind
    what: str
    kept: str = ""
    todo: str = ""
    id: str = ""
    arguments: tuple[tuple[str, Argument], ...] = ()

    def __post_init__(self) -> None:
        for part in ("what", "kept", "todo"):  # File names in them may have lone surrogates.
            object.__setattr__(self, part, well_formed(getattr(self, part)))
        arguments = tuple((name, well_formed(it) if isinstance(it, str) else it) for name, it in self.arguments)
        object.__setattr__(self, "arguments", arguments)

    @property
    def sentence(self) -> str:
        """The parts that are not empty, joined by single spaces."""
        return joined(self.what, self.kept, self.todo)


@dataclass(frozen=True, slots=True)
class ErrorText:
    """The wording of one error, in English: templates of a Problem's parts for `str.format`.

    `id` is unique and stable, since stored problems have it: "image.damaged". Commands say `cli_kept` and `cli_todo` in
    place of `kept` and `todo` where those speak of the window.
    """

    id: str
    kind: ProblemKind
    what: str
    kept: str = ""
    todo: str = ""
    cli_kept: str | None = None
    cli_todo: str | None = None

    @property
    def parts(self) -> tuple[str, str, str]:
        """The templates for the window."""
        return self.what, self.kept, self.todo

    @property
    def cli_parts(self) -> tuple[str, str, str]:
        """The templates for a command."""
        kept = self.kept if self.cli_kept is None else self.cli_kept
        return self.what, kept, self.todo if self.cli_todo is None else self.cli_todo

    def problem(self, **arguments: Argument) -> Problem:
        """Return the problem with `arguments` for the {names} of the templates. Raises KeyError if one is missing."""
        what, kept, todo = (part.format(**arguments) for part in self.parts)
        return Problem(self.kind, what, kept, todo, self.id, tuple(arguments.items()))


def joined(*parts: str) -> str:
    """Join the parts that are not empty by single spaces."""
    return " ".join(part for part in parts if part)


class LorgnetteError(Exception):
    """Base of every error that this project raises on purpose."""


class Cancelled(LorgnetteError):
    """The user stopped the request; the output so far is kept."""


class UserError(LorgnetteError):
    """An error that is shown to the user in one sentence: that of a text with `arguments` for its {names}."""

    def __init__(self, text: ErrorText | Problem, **arguments: Argument) -> None:
        self.problem = text if isinstance(text, Problem) else text.problem(**arguments)
        super().__init__(self.problem.sentence)


class ImageError(UserError):
    """A file or clipboard image cannot be used."""


class PasswordNeeded(ImageError):
    """A document needs a password, and none or a wrong one was given."""


class CheckpointError(UserError):
    """A model folder cannot be opened."""


class QuantizeError(CheckpointError):
    """A quantised model folder cannot be made from the given input."""


class ModelMissing(UserError):
    """A question was asked while no model is open."""


class EngineError(UserError):
    """The engine process failed, died, or ran out of memory."""


class NetworkError(UserError):
    """Another machine could not be reached, refused the request, or must not be contacted."""


class StorageError(UserError):
    """The disk or the database refused an operation."""


class DiskError(StorageError):
    """The drive or the folder refuses every file, not just this one: a run over many files pauses."""


class BatchError(UserError):
    """A batch cannot be started as requested, or one of its images could not be processed."""


BUG = ErrorText(
    "bug.anywhere",
    ProblemKind.BUG,
    "Something went wrong in Lorgnette ({error}).",
    todo="Try again. If it happens again, please report it.",
)


def problem_of(error: Exception) -> Problem:
    """Return an error's own problem, or a bug report for an unexpected error."""
    if isinstance(error, UserError):
        return error.problem
    return BUG.problem(error=f"{type(error).__name__}: {error}")
