"""Errors of the settings, and of what is entered in them."""

from app.domain.errors import ErrorText, ProblemKind

FILE_DAMAGED = ErrorText(
    "settings.file_damaged",
    ProblemKind.STORAGE,
    "The settings file is damaged, so the defaults are used.",
    "The damaged file is kept as {file}.",
)
FILE_NOT_READABLE = ErrorText(
    "settings.file_not_readable",
    ProblemKind.STORAGE,
    "The settings file cannot be read ({reason}), so the defaults are used.",
    todo="Check {path}.",
)

PAGE_NOT_SHOWN = ErrorText(
    "settings.page_not_shown",
    ProblemKind.NETWORK,
    "The page could not be shown: no web browser was found.",
    todo="Its address is {address}.",
)

_NO_ADDRESS = "This is not a server address."
NO_ADDRESS = ErrorText(
    "settings.no_address",
    ProblemKind.CHECKPOINT,
    _NO_ADDRESS,
    todo="Use a form like “http://192.168.1.20:8000/v1”.",
)
ADDRESS_MALFORMED = ErrorText(
    "settings.address_malformed", ProblemKind.CHECKPOINT, _NO_ADDRESS, todo="Check the port and the brackets."
)
ADDRESS_WITHOUT_SCHEME = ErrorText(
    "settings.address_without_scheme",
    ProblemKind.CHECKPOINT,
    "A server address must start with http:// or https://.",
    todo="Check how it starts.",
)
ADDRESS_WITH_PASSWORD = ErrorText(
    "settings.address_with_password",
    ProblemKind.CHECKPOINT,
    "An address cannot contain a password.",
    todo="Enter the key in its own field.",
    cli_todo="Give the key in the variable LORGNETTE_SERVER_KEY.",
)
