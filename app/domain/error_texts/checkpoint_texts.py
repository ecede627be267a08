"""Errors of model folders and their files."""

from app.domain.errors import ErrorText, ProblemKind

_CHECKPOINT = ProblemKind.CHECKPOINT
_GET_ANOTHER = "Choose a folder with Qwen3-VL-2B-Instruct or another Qwen3-VL model of the dense kind."
_GET_SUPPORTED = "Choose one in 4 or 8 bits from AutoRound, GPTQ, AWQ or LLM Compressor, or one in 16 bits."
_GET_GGUF = "Choose a GGUF file of Qwen3-VL, e.g. in Q4_K_M, Q5_K_M, Q6_K, Q8_0 or F16."
_DOWNLOAD_IT_AGAIN = "Download it again."
_DOWNLOAD_FILE_AGAIN = "Download that file again."
_DOWNLOAD_MODEL_AGAIN = "Download the model again."
_WHOLE = "Its files are whole, so a new download would not help: choose another model."
_CHOOSE_SAFETENSORS = "Choose a folder with .safetensors files."
_PUBLISHED_TOKENIZER = "Use the file that was published with this model."
_CHECK_FILE = "Check its permissions and the drive."

FOLDER_GONE = ErrorText(
    "checkpoint.folder_gone",
    _CHECKPOINT,
    "The model folder “{folder}” no longer exists.",
    todo="Choose its new location.",
    cli_todo="Give its new location.",
)
NEITHER_FOLDER_NOR_GGUF = ErrorText(
    "checkpoint.neither_folder_nor_gguf",
    _CHECKPOINT,
    "“{file}” is neither a folder with a model nor a GGUF file.",
    todo="Choose the folder that holds config.json and the .safetensors files, or a .gguf file.",
)
INCOMPLETE = ErrorText(
    "checkpoint.incomplete",
    _CHECKPOINT,
    "The folder “{folder}” has no {file}, so it is not a complete model.",
    todo="Choose the folder that holds config.json and the .safetensors files.",
)
FILE_TOO_LARGE = ErrorText(
    "checkpoint.file_too_large",
    _CHECKPOINT,
    "“{file}” in the model folder is too large.",
    todo=_DOWNLOAD_IT_AGAIN,
)
JSON_DAMAGED = ErrorText(
    "checkpoint.json_damaged",
    _CHECKPOINT,
    "“{file}” in the model folder is damaged.",
    todo=_DOWNLOAD_FILE_AGAIN,
)
NOT_AN_OBJECT = ErrorText(
    "checkpoint.not_an_object",
    _CHECKPOINT,
    "“{file}” in the model folder is not a JSON object.",
    todo=_DOWNLOAD_IT_AGAIN,
)
UNREADABLE = ErrorText(
    "checkpoint.unreadable",
    _CHECKPOINT,
    "“{file}” in the model folder cannot be read ({reason}).",
    todo=_CHECK_FILE,
)
UNREADABLE_FOR_NO_REASON = ErrorText(
    "checkpoint.unreadable_for_no_reason",
    _CHECKPOINT,
    "“{file}” in the model folder cannot be read.",
    todo=_CHECK_FILE,
)
NOT_REGULAR = ErrorText(
    "checkpoint.not_regular",
    _CHECKPOINT,
    "“{file}” in the model folder is not a regular file.",
    "It was not opened.",
    "Download the model again, from a source you trust.",
)
OTHER_ARCHITECTURE = ErrorText(
    "checkpoint.other_architecture",
    _CHECKPOINT,
    "This folder holds {architecture}, not a Qwen3-VL model.",
    todo=_GET_ANOTHER,
)
MIXTURE_OF_EXPERTS = ErrorText(
    "checkpoint.mixture_of_experts",
    _CHECKPOINT,
    "This model is a mixture of experts ({architecture}), whose layers cannot be computed here.",
    todo=_GET_ANOTHER,
)
TOO_LARGE = ErrorText(
    "checkpoint.too_large",
    _CHECKPOINT,
    "This model's weights take {needed} GB, and this computer has {there} GB of memory.",
    todo="Choose a smaller model, or the same one in 4 bits.",
)
UNNAMED_ARCHITECTURE = ErrorText(
    "checkpoint.unnamed_architecture",
    _CHECKPOINT,
    "This folder holds an unnamed architecture, not a Qwen3-VL model.",
    todo=_GET_ANOTHER,
)
FIELD_UNSUPPORTED = ErrorText(
    "checkpoint.field_unsupported",
    _CHECKPOINT,
    "This model needs {name} = {value}, which is not supported ({place}).",
    todo=_GET_ANOTHER,
)
FIELD_INVALID = ErrorText(
    "checkpoint.field_invalid",
    _CHECKPOINT,
    "The model's configuration is not valid: {name} is {value} ({place}).",
    todo=_WHOLE,
)
FIELD_MISSING = ErrorText(
    "checkpoint.field_missing",
    _CHECKPOINT,
    "The model's configuration is not valid: {name} is missing ({place}).",
    todo=_WHOLE,
)
PREPROCESSOR_INVALID = ErrorText(
    "checkpoint.preprocessor_invalid",
    _CHECKPOINT,
    "The settings of images or videos in the model's {file} are not valid.",
    todo=_DOWNLOAD_FILE_AGAIN,
)

TOKENIZER_MISSING = ErrorText(
    "checkpoint.tokenizer_missing",
    _CHECKPOINT,
    "The model folder has no {file}.",
    todo="Download that file into the same folder.",
)
TOKENIZER_TOO_LARGE = ErrorText(
    "checkpoint.tokenizer_too_large",
    _CHECKPOINT,
    "“{file}” in the model folder is too large.",
    todo=_DOWNLOAD_FILE_AGAIN,
)
TOKENIZER_DAMAGED = ErrorText(
    "checkpoint.tokenizer_damaged",
    _CHECKPOINT,
    "The model's {file} is damaged.",
    todo=_DOWNLOAD_FILE_AGAIN,
)
TOKENIZER_TOO_RICH = ErrorText(
    "checkpoint.tokenizer_too_rich",
    _CHECKPOINT,
    "The model's {file} has more tokens than the model's vocabulary.",
    todo=_PUBLISHED_TOKENIZER,
)
TOKENIZER_LACKS_TOKEN = ErrorText(
    "checkpoint.tokenizer_lacks_token",
    _CHECKPOINT,
    "The model's tokenizer has no {token}, so it does not belong to a Qwen3-VL model.",
    todo=_PUBLISHED_TOKENIZER,
)

QUANTIZATION_NOT_AN_OBJECT = ErrorText(
    "checkpoint.quantization_not_an_object",
    _CHECKPOINT,
    "The model's quantization_config is not a JSON object.",
    todo=_DOWNLOAD_IT_AGAIN,
)
OTHER_METHOD = ErrorText(
    "checkpoint.other_method",
    _CHECKPOINT,
    "This model cannot be opened: it is quantised with {value}, which is not supported.",
    todo=_GET_SUPPORTED,
)
OTHER_PACKING = ErrorText(
    "checkpoint.other_packing",
    _CHECKPOINT,
    "This model cannot be opened: its weights are packed as {value}, which is not supported.",
    todo=_GET_SUPPORTED,
)
OTHER_LAYOUT = ErrorText(
    "checkpoint.other_layout",
    _CHECKPOINT,
    "This model cannot be opened: its weights are stored as {value}, which is not supported.",
    todo=_GET_SUPPORTED,
)
OTHER_BITS = ErrorText(
    "checkpoint.other_bits",
    _CHECKPOINT,
    "This model cannot be opened: it has {value}-bit weights, which is not supported.",
    todo=_GET_SUPPORTED,
)
OTHER_DATA_TYPE = ErrorText(
    "checkpoint.other_data_type",
    _CHECKPOINT,
    "This model cannot be opened: its weights are of the type {value}, which is not supported.",
    todo=_GET_SUPPORTED,
)
OTHER_ACTIVATION_BITS = ErrorText(
    "checkpoint.other_activation_bits",
    _CHECKPOINT,
    "This model cannot be opened: its activations have {value} bits, which is not supported.",
    todo=_GET_SUPPORTED,
)
OTHER_GROUP_SIZE = ErrorText(
    "checkpoint.other_group_size",
    _CHECKPOINT,
    "This model cannot be opened: its group size is {value}, which is not supported.",
    todo=_GET_SUPPORTED,
)
LAYER_ASYMMETRIC = ErrorText(
    "checkpoint.layer_asymmetric",
    _CHECKPOINT,
    "The model's layer {layer} is quantised asymmetrically, but its config.json says that it is not.",
    todo=_WHOLE,
)
LAYER_REORDERED = ErrorText(
    "checkpoint.layer_reordered",
    _CHECKPOINT,
    "The columns of the model's layer {layer} are in groups of different sizes, which is not supported.",
    todo=_GET_SUPPORTED,
)

PICKLED = ErrorText(
    "checkpoint.pickled",
    _CHECKPOINT,
    "The weights in this folder are pickled ({file}), which can run programs when opened.",
    "They were not opened.",
    _CHOOSE_SAFETENSORS,
)
GGUF_OTHER_TYPE = ErrorText(
    "checkpoint.gguf_other_type",
    _CHECKPOINT,
    "“{file}” cannot be opened: it has weights of the type {kind}, which is not supported.",
    todo=_GET_GGUF,
)
GGUF_OTHER_VERSION = ErrorText(
    "checkpoint.gguf_other_version",
    _CHECKPOINT,
    "“{file}” cannot be opened: it is a GGUF file of another version, or for big-endian machines.",
    todo=_GET_GGUF,
)
GGUF_OTHER_TENSOR = ErrorText(
    "checkpoint.gguf_other_tensor",
    _CHECKPOINT,
    "This model cannot be opened: it has a tensor {tensor}, which is not part of a Qwen3-VL model.",
    todo=_GET_GGUF,
)
GGUF_OTHER_TOKENIZER = ErrorText(
    "checkpoint.gguf_other_tokenizer",
    _CHECKPOINT,
    "“{file}” cannot be opened: its tokenizer ({kind}) is not that of a Qwen3-VL model.",
    todo=_GET_GGUF,
)
GGUF_ONLY_VISION = ErrorText(
    "checkpoint.gguf_only_vision",
    _CHECKPOINT,
    "“{file}” is only the vision part of a GGUF model.",
    todo="Download the language model, another .gguf file, into the same folder, and choose that.",
)
GGUF_NO_VISION = ErrorText(
    "checkpoint.gguf_no_vision",
    _CHECKPOINT,
    "Beside “{file}” there is no file with its vision part.",
    todo="Download the mmproj file (.gguf) of the same model into the same folder.",
)
GGUF_OTHER_VISION = ErrorText(
    "checkpoint.gguf_other_vision",
    _CHECKPOINT,
    "“{file}” is not the vision part of “{model}”, but of another model.",
    todo="Download the mmproj file (.gguf) of the same model into the same folder.",
)
GGUF_OTHER_SHARDS = ErrorText(
    "checkpoint.gguf_other_shards",
    _CHECKPOINT,
    "“{file}” and the other shards beside it do not belong to one model.",
    todo="Download all shards of the same model again.",
)
OLLAMA_OWN = ErrorText(
    "checkpoint.ollama_own",
    _CHECKPOINT,
    "“{name}” is in Ollama's own form, which has no vision part that can be opened here.",
    todo="Pull a GGUF model from Hugging Face: its name begins with hf.co/ in Ollama.",
)
OLLAMA_OTHER_VISION = ErrorText(
    "checkpoint.ollama_other_vision",
    _CHECKPOINT,
    "The vision part that Ollama has for “{name}” is that of another model.",
    todo="Pull another model whose name begins with hf.co/ in Ollama, or choose the GGUF files themselves.",
)
GGUF_SEVERAL = ErrorText(
    "checkpoint.gguf_several",
    _CHECKPOINT,
    "The folder “{folder}” holds several models: {files}.",
    todo="Choose one of the files.",
)
ADAPTER = ErrorText(
    "checkpoint.adapter",
    _CHECKPOINT,
    "This folder holds an adapter (LoRA), which is only a part of a model.",
    todo="Choose the folder of a whole model, into which the adapter was merged.",
)
NOT_A_CHAT_MODEL = ErrorText(
    "checkpoint.not_a_chat_model",
    _CHECKPOINT,
    "This model compares texts and images, it does not answer questions.",
    todo=_GET_ANOTHER,
)
VISION_QUANTIZED = ErrorText(
    "checkpoint.vision_quantized",
    _CHECKPOINT,
    "This model cannot be opened: its vision tower is quantised, which is not supported.",
    todo="Choose one whose vision tower is in 16 bits.",
)
HEAD_QUANTIZED = ErrorText(
    "checkpoint.head_quantized",
    _CHECKPOINT,
    "This model cannot be opened: its output head is quantised, which is not supported.",
    todo="Choose one whose output head is in 16 bits.",
)
LAYER_BIASED = ErrorText(
    "checkpoint.layer_biased",
    _CHECKPOINT,
    "This model cannot be opened: its layer {layer} has a bias, which is not supported.",
    todo=_GET_ANOTHER,
)
NO_WEIGHTS = ErrorText(
    "checkpoint.no_weights",
    _CHECKPOINT,
    "The folder “{folder}” has no {file} and no {index}.",
    todo="Finish the download, or choose the folder that holds the .safetensors files.",
)
INDEX_INVALID = ErrorText(
    "checkpoint.index_invalid",
    _CHECKPOINT,
    "{index} does not say which file holds which tensor.",
    todo=_DOWNLOAD_FILE_AGAIN,
)
INDEX_WRONG = ErrorText(
    "checkpoint.index_wrong",
    _CHECKPOINT,
    "{file} does not hold {tensor}, as {index} says.",
    todo=_DOWNLOAD_FILE_AGAIN,
)
INDEX_LEADS_OUTSIDE = ErrorText(
    "checkpoint.index_leads_outside",
    _CHECKPOINT,
    "{index} points to “{file}”, which is not a file of the model folder.",
    "Nothing was opened.",
    "Delete this folder and get the model from a source you trust.",
)
FILE_MISSING = ErrorText(
    "checkpoint.file_missing",
    _CHECKPOINT,
    "The model's file {file} is missing.",
    todo="Download it into the same folder.",
)
FILE_CUT = ErrorText(
    "checkpoint.file_cut",
    _CHECKPOINT,
    "The model's file {file} ends early: its download was not finished.",
    todo=_DOWNLOAD_FILE_AGAIN,
)
LFS_POINTER = ErrorText(
    "checkpoint.lfs_pointer",
    _CHECKPOINT,
    "The model's file {file} is a Git LFS pointer: its contents were not downloaded.",
    todo="Run “git lfs pull” in its folder, or download that file.",
)
WEB_PAGE = ErrorText(
    "checkpoint.web_page",
    _CHECKPOINT,
    "The model's file {file} is a web page that was saved in its place.",
    todo=_DOWNLOAD_FILE_AGAIN,
)
FILE_DAMAGED = ErrorText(
    "checkpoint.file_damaged",
    _CHECKPOINT,
    "The model's file {file} is damaged.",
    todo=_DOWNLOAD_FILE_AGAIN,
)
TOO_MANY_TENSORS = ErrorText(
    "checkpoint.too_many_tensors",
    _CHECKPOINT,
    "The model's file {file} lists more tensors than any model has.",
    "They were not read.",
    "Get the model from a source you trust.",
)

NO_TENSOR = ErrorText(
    "checkpoint.no_tensor",
    _CHECKPOINT,
    "The model has no tensor {tensor}.",
    todo=_WHOLE,
)
MORE_LAYERS = ErrorText(
    "checkpoint.more_layers",
    _CHECKPOINT,
    "The model's files hold more layers than its configuration says, e.g. {tensor}.",
    todo=_WHOLE,
)
TENSOR_NOT_LOADED = ErrorText(
    "checkpoint.tensor_not_loaded",
    _CHECKPOINT,
    "The model has no tensor {tensor}.",
    todo=_WHOLE,
)
FLOATS_REQUIRED = ErrorText(
    "checkpoint.floats_required",
    _CHECKPOINT,
    "The model's tensor {tensor} is {dtype} {shape}, but F16 or BF16 or F32 {required_shape} is required.",
    todo=_WHOLE,
)
INTEGERS_REQUIRED = ErrorText(
    "checkpoint.integers_required",
    _CHECKPOINT,
    "The model's tensor {tensor} is {dtype} {shape}, but I32 {required_shape} is required.",
    todo=_WHOLE,
)
NOT_FINITE = ErrorText(
    "checkpoint.not_finite",
    _CHECKPOINT,
    "The model's tensor {tensor} contains infinite or NaN values: its file is damaged.",
    todo=_DOWNLOAD_MODEL_AGAIN,
)
LAYER_INDIVISIBLE = ErrorText(
    "checkpoint.layer_indivisible",
    _CHECKPOINT,
    "The model's layer {layer} [{outputs}, {inputs}] does not divide into groups of {group}.",
)
VISION_TOWER_MISMATCH = ErrorText(
    "checkpoint.vision_tower_mismatch",
    _CHECKPOINT,
    "The model's vision tower gives {given} numbers a token, its language model takes {taken}.",
    todo=_WHOLE,
)
