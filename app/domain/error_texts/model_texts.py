"""Errors of the files in the models folder: import, check, GPU support."""

from app.domain.errors import ErrorText, ProblemKind

_NOT_IMPORTED = "Nothing was imported."

NO_MODEL_FILE = ErrorText(
    "model.no_model_file",
    ProblemKind.CHECKPOINT,
    "“{file}” is not a model file.",
    _NOT_IMPORTED,
    "Choose its .safetensors and .json files.",
)
FILES_MISSING = ErrorText(
    "model.files_missing",
    ProblemKind.CHECKPOINT,
    "These files are not a complete model. Missing: {files}.",
    _NOT_IMPORTED,
    "Select all files of the model together.",
)
FILE_NOT_READABLE = ErrorText(
    "model.file_not_readable",
    ProblemKind.STORAGE,
    "“{file}” cannot be read ({reason}).",
    todo="Check the disk.",
)
ONE_CHECKSUM_WRONG = ErrorText(
    "model.one_checksum_wrong",
    ProblemKind.CHECKPOINT,
    "One of the model's files does not match its checksum: {file}.",
    todo="Delete the model and download it again.",
)
CHECKSUMS_WRONG = ErrorText(
    "model.checksums_wrong",
    ProblemKind.CHECKPOINT,
    "{count} of the model's files do not match their checksums: {files}.",
    todo="Delete the model and download it again.",
)
PACKAGE_INVALID = ErrorText(
    "model.package_invalid",
    ProblemKind.STORAGE,
    "“{file}” is not a valid package.",
    "It is not used.",
    "Delete the download and start again.",
)
