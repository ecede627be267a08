"""Errors that only the command line has."""

from app.domain.errors import ErrorText, ProblemKind

STDIN_TOO_LARGE = ErrorText(
    "command.stdin_too_large",
    ProblemKind.IMAGE,
    "Standard input has more than {megabytes} MB.",
    todo="Give a smaller file.",
)
PROCESS_ENDED = ErrorText("command.process_ended", ProblemKind.ENGINE, "The process took too long or crashed.")
SERVER_WITHOUT_MODELS = ErrorText(
    "command.server_without_models",
    ProblemKind.CHECKPOINT,
    "The server has no models.",
    todo="Load one there, then run the command again.",
)
SERVER_WITH_MODELS = ErrorText(
    "command.server_with_models",
    ProblemKind.CHECKPOINT,
    "The server has {count} models: {names}.",
    todo="Choose one with --server-model.",
)
