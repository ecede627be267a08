"""Errors of the command that quantises a model."""

from app.domain.errors import ErrorText, ProblemKind

_CHECKPOINT = ProblemKind.CHECKPOINT
_NOTHING_CHANGED = "Nothing was changed."
_NOTHING_LEFT = "No files were left behind."
_NOT_CHANGED = "It was not changed."
_CHOOSE_NEW = "Choose a new folder."
_INSTALL = "Install what is missing with: pip install 'lorgnette[autoround]'"

NOT_A_FOLDER = ErrorText(
    "quantize.not_a_folder",
    _CHECKPOINT,
    "“{file}” is a GGUF file, which cannot be quantised here.",
    _NOTHING_CHANGED,
    "Choose a 16-bit folder with .safetensors files.",
)
ALREADY_QUANTISED = ErrorText(
    "quantize.already_quantised",
    _CHECKPOINT,
    "The model in “{folder}” is already quantised ({scheme}).",
    _NOTHING_CHANGED,
    "Choose the 16-bit folder it was made from.",
)
LAYER_INDIVISIBLE = ErrorText(
    "quantize.layer_indivisible",
    _CHECKPOINT,
    "The model's layer {layer} has {inputs} inputs, which do not divide into groups of {group}.",
    _NOTHING_CHANGED,
    "Choose another model.",
)
PACKAGE_MISSING = ErrorText(
    "quantize.package_missing",
    _CHECKPOINT,
    "Quantising needs {package}, which answering questions does not.",
    _NOTHING_CHANGED,
    _INSTALL,
)
PACKAGES_MISSING = ErrorText(
    "quantize.packages_missing",
    _CHECKPOINT,
    "Quantising needs {first} and {second}, which answering questions does not.",
    _NOTHING_CHANGED,
    _INSTALL,
)
TOO_LITTLE_MEMORY = ErrorText(
    "quantize.too_little_memory",
    _CHECKPOINT,
    "This run needs about {needed:.1f} GB of memory, and {available:.1f} GB are available.",
    _NOTHING_CHANGED,
    "Close other programs, use fewer --samples or a smaller --seqlen, or try with --ignore-memory.",
)
OUT_OF_MEMORY = ErrorText(
    "quantize.out_of_memory",
    _CHECKPOINT,
    "There was not enough memory to quantise this model.",
    _NOTHING_LEFT,
    "Close other programs, or use fewer --samples or a smaller --seqlen.",
)
SAMPLE_UNUSABLE = ErrorText(
    "quantize.sample_unusable",
    _CHECKPOINT,
    "A calibration sample could not be used ({reason}).",
    _NOTHING_LEFT,
)
GAVE_UP = ErrorText(
    "quantize.gave_up",
    _CHECKPOINT,
    "AutoRound gave up ({reason}).",
    _NOTHING_LEFT,
)
GAVE_UP_WITHOUT_MESSAGE = ErrorText(
    "quantize.gave_up_without_message",
    _CHECKPOINT,
    "AutoRound gave up (it ended without a message).",
    _NOTHING_LEFT,
)

INPUT_NOT_FOUND = ErrorText(
    "quantize.input_not_found",
    _CHECKPOINT,
    "There is no file or folder “{path}”.",
    _NOTHING_CHANGED,
)
NOT_A_TEXT = ErrorText(
    "quantize.not_a_text",
    _CHECKPOINT,
    "“{path}” cannot be read as text ({reason}).",
    _NOTHING_CHANGED,
    "Save it as UTF-8 text, or leave it out.",
)
TOO_FEW_TOKENS = ErrorText(
    "quantize.too_few_tokens",
    _CHECKPOINT,
    "The texts have only {tokens} tokens, too few to calibrate on.",
    _NOTHING_CHANGED,
    "Provide more text.",
)
NOTHING_FOUND = ErrorText(
    "quantize.nothing_found",
    _CHECKPOINT,
    "No text or images were found in the given files.",
    _NOTHING_CHANGED,
    "Give .txt, .md or .json files with --texts, or images with --images.",
)
NOTHING_GIVEN = ErrorText(
    "quantize.nothing_given",
    _CHECKPOINT,
    "Tuning needs texts or images to calibrate on, and the default set would have to be fetched from a hub, which is "
    "never done here.",
    _NOTHING_CHANGED,
    "Give your own with --texts or --images, or use --iters 0 for plain rounding.",
)

OUTPUT_IS_FILE = ErrorText("quantize.output_is_file", _CHECKPOINT, "“{path}” is a file.", _NOT_CHANGED, _CHOOSE_NEW)
OUTPUT_NOT_EMPTY = ErrorText(
    "quantize.output_not_empty",
    _CHECKPOINT,
    "“{path}” exists and is not empty.",
    _NOT_CHANGED,
    _CHOOSE_NEW,
)
OUTPUT_WITHOUT_PARENT = ErrorText(
    "quantize.output_without_parent",
    _CHECKPOINT,
    "There is no folder “{folder}” to write into.",
    _NOTHING_CHANGED,
    "Create it first.",
)
OUTPUT_IN_SOURCE = ErrorText(
    "quantize.output_in_source",
    _CHECKPOINT,
    "“{path}” is inside the source model folder.",
    _NOTHING_CHANGED,
    "Choose a folder outside it.",
)
OUTPUT_BUSY = ErrorText(
    "quantize.output_busy",
    _CHECKPOINT,
    "Another run (process {process}) is writing “{path}”.",
    "It was left alone.",
    "Wait for it to finish. If no quantisation is running, delete “{leftover}”.",
)
TOO_LITTLE_SPACE = ErrorText(
    "quantize.too_little_space",
    _CHECKPOINT,
    "The new model needs about {needed:.1f} GB on the drive of “{folder}”, which has {free:.1f} GB free.",
    _NOTHING_CHANGED,
    "Free some space, or choose a folder on another drive.",
)
DISK_FULL = ErrorText(
    "quantize.disk_full",
    _CHECKPOINT,
    "The disk is full, so “{path}” could not be written.",
    _NOTHING_LEFT,
    "Free some space, or name a folder on another drive, and run it again.",
)
NOT_WRITTEN = ErrorText(
    "quantize.not_written",
    _CHECKPOINT,
    "“{path}” could not be written ({reason}).",
    _NOTHING_LEFT,
    "Check the drive.",
)
