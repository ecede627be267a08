"""The error tree.

LorgnetteError
├── UserError              something the user can act on; carries a Problem
│   ├── ImageError         a file or clipboard image that cannot be used
│   │   └── PasswordNeeded a document that opens with a password, and was given none or a wrong one
│   ├── CheckpointError    a model folder that cannot be opened
│   │   └── QuantizeError  a model folder that cannot be made
│   ├── ModelMissing       a question was asked and no model is open
│   ├── EngineError        the engine process failed or ran out of memory
│   ├── NetworkError       another machine could not be reached, or refused
│   ├── StorageError       disk full, database locked or damaged, no permission
│   └── BatchError         a batch that cannot be started, or an image of it that could not be done
└── Cancelled              the user pressed Stop; never shown as an error

Anything else that escapes is a bug of ours and is shown as one. Foreign errors (Pillow, torch, SQLite, the
operating system) are translated once, where they enter, with `raise ... from`.
"""

from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """What a problem is about, so that the window can offer the right button beside the sentence."""

    IMAGE = "image"
    DOCUMENT = "document"
    PASSWORD = "password"  # noqa: S105 - the kind's name
    CHECKPOINT = "checkpoint"
    MODEL_MISSING = "model_missing"
    ENGINE = "engine"
    LINK = "link"
    NETWORK = "network"
    STORAGE = "storage"
    EXPORT = "export"
    DELETED = "deleted"
    BATCH = "batch"
    RELEASE = "release"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Problem:
    """One clear report: what happened, what was kept, what to do. Plain text, ready to be shown."""

    kind: ProblemKind
    what: str
    kept: str = ""
    todo: str = ""

    @property
    def sentence(self) -> str:
        """The parts that are not empty, joined by single spaces."""
        return " ".join(part for part in (self.what, self.kept, self.todo) if part)


class LorgnetteError(Exception):
    """Base of every error that this project raises on purpose."""


class Cancelled(LorgnetteError):
    """The user stopped the request; whatever was produced so far is kept."""


class UserError(LorgnetteError):
    """An error that the user is told about in one sentence. Subclasses set `kind`."""

    kind = ProblemKind.BUG

    def __init__(self, what: str, *, kept: str = "", todo: str = "") -> None:
        self.problem = Problem(self.kind, what, kept, todo)
        super().__init__(self.problem.sentence)


class ImageError(UserError):
    """A file or clipboard image cannot be used."""

    kind = ProblemKind.IMAGE


class PasswordNeeded(ImageError):
    """A document opens with a password, and was given none or a wrong one."""

    kind = ProblemKind.PASSWORD


class CheckpointError(UserError):
    """A model folder cannot be opened."""

    kind = ProblemKind.CHECKPOINT


class QuantizeError(CheckpointError):
    """A quantised model folder cannot be made from what was given."""


class ModelMissing(UserError):
    """A question was asked and no model is open."""

    kind = ProblemKind.MODEL_MISSING


class EngineError(UserError):
    """The engine process failed, died, or ran out of memory."""

    kind = ProblemKind.ENGINE


class NetworkError(UserError):
    """Another machine could not be reached, or refused, or is not one to talk to."""

    kind = ProblemKind.NETWORK


class StorageError(UserError):
    """The disk or the database refused."""

    kind = ProblemKind.STORAGE


class BatchError(UserError):
    """A batch cannot be started as it was asked for, or one of its images could not be done."""

    kind = ProblemKind.BATCH


def problem_of(error: Exception) -> Problem:
    """What to tell the user about an error that nobody expected, or that has its own words."""
    if isinstance(error, UserError):
        return error.problem
    return Problem(
        ProblemKind.BUG,
        f"Lorgnette met an error of its own ({type(error).__name__}: {error}).",
        todo="Try again; if it returns, please report it.",
    )
