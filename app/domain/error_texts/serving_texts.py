"""Errors of starting `lorgnette serve` and `lorgnette mcp`; what their clients are answered is in app/serving."""

from app.domain.errors import ErrorText, ProblemKind

NOT_LISTENING = ErrorText(
    "serving.not_listening",
    ProblemKind.NETWORK,
    "Lorgnette cannot listen on {address} ({error}).",
    todo="Choose another --port or --host.",
)
NO_KEY = ErrorText(
    "serving.no_key",
    ProblemKind.NETWORK,
    "The system's keyring has no key for “lorgnette serve”.",
    todo="Make one with “lorgnette serve --new-key”, or give one with --key-file.",
)
KEY_NOT_KEPT = ErrorText(
    "serving.key_not_kept",
    ProblemKind.NETWORK,
    "The system has no keyring that is open, so no key was made.",
    todo="Write a key into a file that only you can read, and give it with --key-file.",
)
KEY_FILE_UNUSABLE = ErrorText(
    "serving.key_file_unusable",
    ProblemKind.NETWORK,
    "“{file}” could not be read, or its first line is no key of at least {characters} letters, digits and signs.",
    todo="Write a key into its first line.",
)
KEY_FILE_OPEN = ErrorText(
    "serving.key_file_open",
    ProblemKind.NETWORK,
    "Others than you can read the key in “{file}”.",
    todo="Make it yours alone (chmod 600), then start again.",
)
LEFT_OUT = ErrorText(
    "serving.left_out",
    ProblemKind.NETWORK,
    "This installation has no web server ({module}).",
    todo="Install it with: pip install 'lorgnette[serve]'",
)
FOLDER_UNUSABLE = ErrorText(
    "serving.folder_unusable",
    ProblemKind.STORAGE,
    "“{folder}” is no folder that can be allowed.",
    todo="Name an existing folder that you can read; not the root of a drive, nor /dev, /proc or /sys.",
)
