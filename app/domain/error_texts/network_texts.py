"""Errors of connections, model hubs, downloads and the release feed."""

from app.domain.errors import ErrorText, ProblemKind

_NETWORK = ProblemKind.NETWORK
_DOWNLOAD_KEPT = "What has been downloaded is kept."
_NOTHING_SENT_THERE = "Nothing was sent there."
_LATER_OR_OTHER = "Try again later, or use another server."
_CHECK_CONNECTION = "Check the network connection, then try again."
_RESUME_LATER = "Press Resume later."
_RESUME_LATER_CLI = "Run it again later; it resumes."
_CREATE_TOKEN = "Create one on the hub's website, under “Access Tokens”, and enter it here."  # noqa: S105 - a sentence
_CREATE_TOKEN_CLI = "Create one on the hub's website, under “Access Tokens”."  # noqa: S105 - a sentence
_OTHER_MODEL = "Choose another model."

OFFLINE = ErrorText(
    "network.offline",
    _NETWORK,
    "Lorgnette is in offline mode, so nothing was sent.",
    todo="Turn off “Offline” below the chats.",
    cli_todo="Turn off “Offline” in the window, below the chats.",
)
KEY_INVALID = ErrorText(
    "network.key_invalid",
    _NETWORK,
    "The key contains invalid characters.",
    "Nothing was sent.",
    "Enter the key again.",
    cli_todo="Check the key.",
)
ADDRESS_INVALID = ErrorText(
    "network.address_invalid",
    _NETWORK,
    "The server's address is not valid.",
    todo="Check the address in the settings.",
    cli_todo="Check the address.",
)
UNREACHABLE = ErrorText(
    "network.unreachable", _NETWORK, "The server {host} could not be reached.", todo=_CHECK_CONNECTION
)
NO_SERVER_HERE = ErrorText(
    "network.no_server_here",
    _NETWORK,
    "Nothing answers on port {port} of this computer.",
    todo="Start the server, then try again.",
)
UNVERIFIED = ErrorText(
    "network.unverified",
    _NETWORK,
    "The identity of the server {host} could not be verified, so nothing was sent.",
    todo="Check this computer's clock and the server's address.",
)
CONNECTION_LOST = ErrorText("network.connection_lost", _NETWORK, "The connection was lost.", todo=_CHECK_CONNECTION)
TOO_SLOW = ErrorText(
    "network.too_slow",
    _NETWORK,
    "The connection is too slow: less than 1 KB per second.",
    "What has been received is kept.",
    _LATER_OR_OTHER,
)
TOO_LONG = ErrorText("network.too_long", _NETWORK, "The server's response is too long.")
REDIRECTS_ENDLESSLY = ErrorText(
    "network.redirects_endlessly", _NETWORK, "The server redirects endlessly.", todo="Try again later."
)
REDIRECTS_NOWHERE = ErrorText(
    "network.redirects_nowhere",
    _NETWORK,
    "The server redirects to something that is not a link.",
    _NOTHING_SENT_THERE,
)
REDIRECTS_UNENCRYPTED = ErrorText(
    "network.redirects_unencrypted",
    _NETWORK,
    "The server redirects to an unencrypted address.",
    _NOTHING_SENT_THERE,
)
REDIRECTS_INSIDE = ErrorText(
    "network.redirects_inside",
    _NETWORK,
    "The server redirects to an address that is not public.",
    _NOTHING_SENT_THERE,
)

SERVER_BUSY = ErrorText(
    "network.server_busy",
    _NETWORK,
    "The server is busy and asks to wait.",
    _DOWNLOAD_KEPT,
    _RESUME_LATER,
    cli_todo=_RESUME_LATER_CLI,
)
SERVER_FAILED = ErrorText(
    "network.server_failed",
    _NETWORK,
    "The server has an internal error ({status}).",
    _DOWNLOAD_KEPT,
    _RESUME_LATER,
    cli_todo=_RESUME_LATER_CLI,
)
REFUSED = ErrorText("network.refused", _NETWORK, "The server refused ({status}).", todo=_LATER_OR_OTHER)
FILE_REFUSED = ErrorText(
    "network.file_refused",
    _NETWORK,
    "The server refused “{file}” ({status}).",
    _DOWNLOAD_KEPT,
    _RESUME_LATER,
    cli_todo=_RESUME_LATER_CLI,
)
RANGE_REFUSED = ErrorText(
    "network.range_refused",
    _NETWORK,
    "The server no longer has the rest of this file.",
    todo="Delete the download and start again.",
)
LICENCE_NOT_ACCEPTED = ErrorText(
    "network.licence_not_accepted",
    _NETWORK,
    "This model is available only after its licence has been accepted.",
    "Nothing was changed.",
    "Accept it on the model's page in a browser, then enter your access token here and try again.",
    cli_todo="Accept it on the model's page in a browser, then try again with your access token.",
)
TOKEN_REJECTED = ErrorText(
    "network.token_rejected",
    _NETWORK,
    "The server does not accept the access token.",
    _DOWNLOAD_KEPT,
    _CREATE_TOKEN,
    cli_todo=_CREATE_TOKEN_CLI,
)
TOKEN_REQUIRED = ErrorText(
    "network.token_required",
    _NETWORK,
    "The server requires an access token.",
    _DOWNLOAD_KEPT,
    _CREATE_TOKEN,
    cli_todo=_CREATE_TOKEN_CLI,
)
MODEL_GONE = ErrorText(
    "network.model_gone",
    _NETWORK,
    "The server no longer has this model or one of its files.",
    todo="Check the server's address, or get the files elsewhere and use “Import files…”.",
    cli_todo="Check the server's address, or get the files elsewhere.",
)
LISTING_INVALID = ErrorText(
    "network.listing_invalid",
    _NETWORK,
    "The server's description of this model is not valid.",
    todo="Check the server's address, or try again later.",
)
MODEL_LACKS_FILE = ErrorText(
    "network.model_lacks_file",
    _NETWORK,
    "The model on the server cannot be used: {files} is missing.",
    todo=_OTHER_MODEL,
)
MODEL_LACKS_FILES = ErrorText(
    "network.model_lacks_files",
    _NETWORK,
    "The model on the server cannot be used: {files} are missing.",
    todo=_OTHER_MODEL,
)

FILE_INCOMPLETE = ErrorText(
    "network.file_incomplete", _NETWORK, "The server sent an incomplete file.", todo="Try again later."
)
FILE_TOO_LONG = ErrorText(
    "network.file_too_long",
    _NETWORK,
    "The server sent more data for “{file}” than expected.",
    todo=_LATER_OR_OTHER,
)
WRONG_CHECKSUM = ErrorText(
    "network.wrong_checksum",
    _NETWORK,
    "The server sent “{file}” with a wrong checksum, twice.",
    "It was discarded; the other files are kept.",
    _LATER_OR_OTHER,
)
DISK_FULL = ErrorText(
    "network.disk_full",
    ProblemKind.STORAGE,
    "The disk is full, so the download is paused.",
    _DOWNLOAD_KEPT,
    "Free some space, then press Resume.",
    cli_todo="Free some space, then run it again; it resumes.",
)

FEED_SILENT = ErrorText("network.feed_silent", _NETWORK, "The release feed is not responding.")
FEED_INVALID = ErrorText("network.feed_invalid", _NETWORK, "The release feed is not valid.")
FEED_WITHOUT_PAGE = ErrorText("network.feed_without_page", _NETWORK, "The release feed names no page.")
