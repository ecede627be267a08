"""Errors of chats: questions, translations, and the files of chats."""

from app.domain.errors import ErrorText, ProblemKind

_ANSWER = "The chat and the answer so far are kept."

NO_MODEL_TO_ANSWER = ErrorText(
    "chat.no_model_to_answer",
    ProblemKind.MODEL_MISSING,
    "No model is open, so the question could not be answered.",
    "Your question is kept.",
    "Choose a model folder, then press Regenerate; Read text works without one.",
)
NO_MODEL = ErrorText(
    "chat.no_model",
    ProblemKind.MODEL_MISSING,
    "No model is open, so the question could not be answered.",
    todo="Choose a model folder, and try again.",
)
_RESTARTED = "Try again: it will be restarted."

ENGINE_HUNG = ErrorText(
    "chat.engine_hung",
    ProblemKind.ENGINE,
    "The engine stopped responding and was shut down.",
    _ANSWER,
    _RESTARTED,
)
ENGINE_IGNORES_CANCEL = ErrorText(
    "chat.engine_ignores_cancel",
    ProblemKind.ENGINE,
    "The engine did not stop when asked and was shut down.",
    _ANSWER,
    "Ask again: it will be restarted.",
)
ENGINE_KILLED = ErrorText(
    "chat.engine_killed",
    ProblemKind.ENGINE,
    "The engine stopped unexpectedly (signal {signal}).",
    _ANSWER,
    "Restart the engine and ask again.",
)
ENGINE_EXITED = ErrorText(
    "chat.engine_exited",
    ProblemKind.ENGINE,
    "The engine stopped unexpectedly (exit code {code}).",
    _ANSWER,
    "Restart the engine and ask again.",
)

IMAGES_KILLED = ErrorText(
    "chat.images_killed",
    ProblemKind.ENGINE,
    "The image decoder stopped unexpectedly (signal {signal}).",
    todo=_RESTARTED,
)
IMAGES_EXITED = ErrorText(
    "chat.images_exited",
    ProblemKind.ENGINE,
    "The image decoder stopped unexpectedly (exit code {code}).",
    todo=_RESTARTED,
)
READER_KILLED = ErrorText(
    "chat.reader_killed",
    ProblemKind.ENGINE,
    "The built-in OCR stopped unexpectedly (signal {signal}).",
    todo=_RESTARTED,
)
READER_EXITED = ErrorText(
    "chat.reader_exited",
    ProblemKind.ENGINE,
    "The built-in OCR stopped unexpectedly (exit code {code}).",
    todo=_RESTARTED,
)

IMAGES_HUNG = ErrorText(
    "chat.images_hung",
    ProblemKind.ENGINE,
    "The image decoder did not answer and was shut down.",
    todo=_RESTARTED,
)
READER_HUNG = ErrorText(
    "chat.reader_hung",
    ProblemKind.ENGINE,
    "The built-in OCR did not answer and was shut down.",
    todo=_RESTARTED,
)

NOTHING_TO_TRANSLATE = ErrorText("chat.nothing_to_translate", ProblemKind.IMAGE, "No text was found on this image.")
DEMO_CANNOT_TRANSLATE = ErrorText(
    "chat.demo_cannot_translate",
    ProblemKind.MODEL_MISSING,
    "The demo model cannot translate.",
    todo="Choose “Get the full model…” and try again.",
)
TRANSLATION_INVALID = ErrorText(
    "chat.translation_invalid",
    ProblemKind.ENGINE,
    "The model's answer was not valid, so part of the image is not translated.",
    "The text translated so far is kept.",
    "Try again, or use another model.",
)

_CHATS = "Your chats are unchanged."
IMPORT_NOT_READABLE = ErrorText(
    "chat.import_not_readable", ProblemKind.STORAGE, "“{file}” was not imported: it cannot be read: {reason}.", _CHATS
)
IMPORT_NOT_A_CHAT = ErrorText(
    "chat.import_not_a_chat",
    ProblemKind.STORAGE,
    "“{file}” was not imported: it is not a chat exported by Lorgnette as JSON.",
    _CHATS,
)
IMPORT_OTHER_VERSION = ErrorText(
    "chat.import_other_version",
    ProblemKind.STORAGE,
    "“{file}” was not imported: it was written by another version of Lorgnette.",
    _CHATS,
)
IMPORT_IMAGE_DAMAGED = ErrorText(
    "chat.import_image_damaged", ProblemKind.STORAGE, "“{file}” was not imported: an image in it is damaged.", _CHATS
)
IMPORT_NO_FILE = ErrorText(
    "chat.import_no_file", ProblemKind.STORAGE, "“{file}” was not imported: it is not a file.", _CHATS
)
IMPORT_TOO_LARGE = ErrorText(
    "chat.import_too_large", ProblemKind.STORAGE, "“{file}” was not imported: it is too large for a chat.", _CHATS
)
IMPORT_INCOMPLETE = ErrorText(
    "chat.import_incomplete", ProblemKind.STORAGE, "“{file}” was not imported: parts of it are missing.", _CHATS
)
