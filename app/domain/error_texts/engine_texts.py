"""Errors of engine processes and of generation."""

from app.domain.errors import ErrorText, ProblemKind

_ENGINE = ProblemKind.ENGINE
_BUG = ProblemKind.BUG
_CHAT_KEPT = "The chat is kept."
_ANSWER_KEPT = "The answer so far is kept."
_REPORT = "Try again. If it happens again, please report it."

NO_MODEL = ErrorText(
    "engine.no_model",
    ProblemKind.MODEL_MISSING,
    "No model is open.",
    "Your message is kept.",
    "Open a model and ask again.",
    cli_kept="",
    cli_todo="Name a model folder with --model.",
)
OUT_OF_MEMORY = ErrorText(
    "engine.out_of_memory",
    _ENGINE,
    "The engine ran out of memory.",
    _ANSWER_KEPT,
    "Lower the image resolution or close other applications, then try again.",
    cli_kept="",
    cli_todo="Close other applications or make the image smaller, then try again.",
)
TOO_LITTLE_MEMORY = ErrorText(
    "engine.too_little_memory",
    _ENGINE,
    "This chat needs {needed:.1f} GB more memory, and {free:.1f} GB are free.",
    _CHAT_KEPT,
    "Lower the image resolution or close other applications, then try again.",
    cli_kept="",
    cli_todo="Close other applications or make the image smaller, then try again.",
)
UNREACHABLE = ErrorText(
    "engine.unreachable",
    _BUG,
    "The engine could not be reached ({error}).",
    _CHAT_KEPT,
    _REPORT,
    cli_kept="",
)
BUG = ErrorText(
    "engine.bug",
    _BUG,
    "Something went wrong in the engine ({error}).",
    _CHAT_KEPT,
    _REPORT,
    cli_kept="",
)
CHAT_TOO_LONG = ErrorText(
    "engine.chat_too_long",
    _ENGINE,
    "This chat has {tokens} tokens, more than the model's limit of {limit}.",
    _CHAT_KEPT,
    "Start a new chat, or use fewer or smaller images.",
    cli_kept="",
    cli_todo="Use a shorter question, or fewer or smaller images.",
)
SCHEMA_UNUSABLE = ErrorText(
    "engine.schema_unusable",
    _ENGINE,
    "The answer cannot be kept to this JSON schema.",
    _CHAT_KEPT,
    "Use a simpler schema.",
    cli_kept="",
)
ONLY_THOUGHT = ErrorText(
    "engine.only_thought",
    _ENGINE,
    "The model thought, but gave no answer.",
    todo="Ask again, or choose a model that answers at once (Instruct).",
)
NOT_A_NUMBER = ErrorText(
    "engine.not_a_number",
    _ENGINE,
    "The model produces invalid numbers (NaN): its files are damaged.",
    _ANSWER_KEPT,
    "Download the model again, or choose another one.",
    cli_kept="",
)
