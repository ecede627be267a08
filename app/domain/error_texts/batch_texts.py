"""Errors of a batch: its options, its folder, its files, and why it was paused."""

from app.domain.errors import ErrorText, ProblemKind

_BATCH = ProblemKind.BATCH
_FINISHED = "Finished files are kept."
_FILE = "The file itself was not changed."
_SAVE_AS_PNG = "Open it in an image editor, save it as PNG, and try again with that file."

RUNNING = ErrorText(
    "batch.running",
    _BATCH,
    "A batch is running, so nothing was added.",
    todo="Let it finish, or stop it first.",
)
FOLDER_NOT_SHOWN = ErrorText(
    "batch.folder_not_shown",
    _BATCH,
    "The folder could not be shown: no file manager was found.",
    _FINISHED,
    "They are in {folder}.",
)
NO_OUTPUT = ErrorText(
    "batch.no_output",
    _BATCH,
    "No output format is selected.",
    todo="Select at least one, for example text.",
    cli_todo="Give at least one with --format.",
)
FIELDS_WITHOUT_MODEL = ErrorText(
    "batch.fields_without_model",
    _BATCH,
    "Extracting fields needs a vision model, and none is open.",
    todo="Open a model first.",
    cli_todo="Give one with --model or --server.",
)
FIELDS_WITHOUT_OUTPUT = ErrorText(
    "batch.fields_without_output",
    _BATCH,
    "Fields can only be saved to a spreadsheet or JSON.",
    todo="Choose one of these formats.",
    cli_todo="Give --format xlsx or --format json.",
)
READER_WITHOUT_MODEL = ErrorText(
    "batch.reader_without_model",
    _BATCH,
    "Reading with a model needs a model, and none is open.",
    todo="Open a model, or use the built-in OCR.",
    cli_todo="Give one with --model or --server, or use --reader builtin.",
)
FIELD_NAME_LENGTH = ErrorText(
    "batch.field_name_length",
    _BATCH,
    "A field name may have at most {most} characters.",
    todo="For example: “date, total: with tax, vendor”.",
)
FIELDS_OF_SAME_NAME = ErrorText(
    "batch.fields_of_same_name", _BATCH, "Two fields have the same name.", todo="Rename one of them."
)
TOO_MANY_FIELDS = ErrorText(
    "batch.too_many_fields",
    _BATCH,
    "There are {fields} fields; at most {most} are supported.",
    todo="Remove some.",
)
AREA_INVALID = ErrorText(
    "batch.area_invalid",
    _BATCH,
    "“{area}” is not a valid area of a page.",
    todo="Use a form like: {example}, 60 0 100 12 (in percent).",
)

OUTPUT_IS_INPUT = ErrorText(
    "batch.output_is_input",
    _BATCH,
    "“{folder}” cannot be both input and output.",
    todo="Choose another output folder.",
)
FOLDER_IN_USE = ErrorText(
    "batch.folder_in_use",
    ProblemKind.STORAGE,
    "Another Lorgnette is working on a batch in “{folder}”.",
    todo="Let it finish, or stop it first.",
)
NOT_A_JOURNAL = ErrorText(
    "batch.not_a_journal",
    ProblemKind.STORAGE,
    "“{file}” in the folder “{folder}” is not a batch journal.",
    "It was not changed, and nothing was read.",
    "Move it, or choose another output folder.",
)

_RECONNECT = "Reconnect its drive or restore it, then press Resume."
_CLI_RECONNECT = "Reconnect its drive or restore it, then run the same command again."
MODEL_NOT_OPEN = ErrorText(
    "batch.model_not_open",
    _BATCH,
    "The batch was paused because its model, “{model}”, is not open.",
    _FINISHED,
    "Open it, then press Resume.",
)
ENGINES_CRASH = ErrorText(
    "batch.engines_crash",
    ProblemKind.ENGINE,
    "The batch was paused because {images} images in a row crashed the engines.",
    _FINISHED,
    "Close other applications, then press Resume.",
    cli_todo="Close other applications, then run the same command again.",
)
DISK_FULL = ErrorText(
    "batch.disk_full",
    ProblemKind.STORAGE,
    "The batch was paused because the disk with “{folder}” is full.",
    _FINISHED,
    "Free some space, then press Resume.",
    cli_todo="Free some space, then run the same command again.",
)
FOLDER_NOT_ACCESSIBLE = ErrorText(
    "batch.folder_not_accessible",
    ProblemKind.STORAGE,
    "The batch was paused because the folder “{folder}” is no longer accessible.",
    _FINISHED,
    _RECONNECT,
    cli_todo=_CLI_RECONNECT,
)
FOLDER_GONE = ErrorText(
    "batch.folder_gone",
    ProblemKind.STORAGE,
    "The batch was paused because the folder “{folder}” no longer exists.",
    _FINISHED,
    _RECONNECT,
    cli_todo=_CLI_RECONNECT,
)

FILE_GONE = ErrorText("batch.file_gone", _BATCH, "“{file}” no longer exists.", todo="Restore it and try again.")
FILE_NOT_ACCESSIBLE = ErrorText(
    "batch.file_not_accessible",
    _BATCH,
    "“{file}” cannot be accessed ({reason}).",
    todo="Check its target and its permissions.",
)
NOT_READ = ErrorText("batch.not_read", _BATCH, "“{file}” could not be read, so it was skipped.", _FILE, _SAVE_AS_PNG)
DECODER_STOPPED = ErrorText(
    "batch.decoder_stopped",
    ProblemKind.ENGINE,
    "“{file}” took too long or crashed the image decoder, so it was skipped.",
    _FILE,
    _SAVE_AS_PNG,
)
READER_STOPPED = ErrorText(
    "batch.reader_stopped",
    ProblemKind.ENGINE,
    "“{file}” took too long or crashed the OCR engine, so it was skipped.",
    _FILE,
    _SAVE_AS_PNG,
)
NO_ANSWER = ErrorText(
    "batch.no_answer",
    ProblemKind.ENGINE,
    "The model gave no answer for “{file}”: {cause.what}",
    _FILE,
    "{cause.todo}",
)
FIELDS_INVALID = ErrorText(
    "batch.fields_invalid",
    _BATCH,
    "The model returned no valid fields for “{file}”, twice: {reason}",
    "Its text is kept.",
    "Ask for fewer fields, or fill them in by hand.",
)

FIELDS_OF_FIRST_PAGES = ErrorText(
    "batch.fields_of_first_pages", _BATCH, "Only its first {most} pages were used for fields."
)
