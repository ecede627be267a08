"""Errors of model servers on other machines. `words` and `reason` are the server's own, shown as they are."""

from app.domain.errors import ErrorText, Problem, ProblemKind

_ENGINE = ProblemKind.ENGINE
_MESSAGE_KEPT = "Your message is kept."
_ANSWER_KEPT = "The answer so far is kept."
_ENTER_KEY = "Enter the key again."
_ENTER_KEY_CLI = "Check the key in LORGNETTE_SERVER_KEY."
_CHECK_ADDRESS = "Check the address and choose the model again."
_CHECK_ADDRESS_CLI = "Check --server and --server-model."
_LATER = "Try again a little later."
_IN_SECONDS = "Try again in {seconds:.0f} seconds."
_SEND_LESS = "Choose a model that accepts images, or send less at once."
_TRY_LATER = "Try again later."
_REPHRASE = "Rephrase the question, or use another model."
_ASK_AGAIN = "Ask again, or choose another model."

NOT_A_LIST = ErrorText(
    "server.not_a_list",
    _ENGINE,
    "“{host}” responds, but not with a list of models.",
    todo="Check the address: it must be an OpenAI-compatible API, such as http://host:8000/v1.",
)
MODEL_GONE = ErrorText(
    "server.model_gone",
    _ENGINE,
    "“{host}” has no model called “{model}”.",
    todo="Choose another: {known}.",
)
MODEL_GONE_NO_OTHER = ErrorText(
    "server.model_gone_no_other",
    _ENGINE,
    "“{host}” has no model called “{model}”.",
    todo="Load a model there, and connect again.",
    cli_todo="Load a model there, and try again.",
)
INVALID_RESPONSE = ErrorText(
    "server.invalid_response",
    _ENGINE,
    "“{host}” sent an invalid response ({error}).",
    _MESSAGE_KEPT,
    "Check the address, or use another server.",
    cli_kept="",
)
KEY_REJECTED = ErrorText(
    "server.key_rejected",
    _ENGINE,
    "“{host}” rejected the key.",
    _MESSAGE_KEPT,
    _ENTER_KEY,
    cli_kept="",
    cli_todo=_ENTER_KEY_CLI,
)
KEY_REJECTED_WORDS = ErrorText(
    "server.key_rejected_words",
    _ENGINE,
    "“{host}” rejected the key: {words}",
    _MESSAGE_KEPT,
    _ENTER_KEY,
    cli_kept="",
    cli_todo=_ENTER_KEY_CLI,
)
KEY_NOT_SENT = ErrorText(
    "server.key_not_sent",
    _ENGINE,
    "“{host}” rejected the key. The key was not sent, because the connection is not encrypted.",
    _MESSAGE_KEPT,
    _ENTER_KEY,
    cli_kept="",
    cli_todo="Use an https address.",
)
KEY_NOT_SENT_WORDS = ErrorText(
    "server.key_not_sent_words",
    _ENGINE,
    "“{host}” rejected the key: {words} The key was not sent, because the connection is not encrypted.",
    _MESSAGE_KEPT,
    _ENTER_KEY,
    cli_kept="",
    cli_todo="Use an https address.",
)
NOT_THERE = ErrorText(
    "server.not_there",
    _ENGINE,
    "“{host}” does not have that address or that model.",
    _MESSAGE_KEPT,
    _CHECK_ADDRESS,
    cli_kept="",
    cli_todo=_CHECK_ADDRESS_CLI,
)
NOT_THERE_WORDS = ErrorText(
    "server.not_there_words",
    _ENGINE,
    "“{host}” does not have that address or that model: {words}",
    _MESSAGE_KEPT,
    _CHECK_ADDRESS,
    cli_kept="",
    cli_todo=_CHECK_ADDRESS_CLI,
)
OVERLOADED = ErrorText("server.overloaded", _ENGINE, "“{host}” is overloaded.", _MESSAGE_KEPT, _LATER, cli_kept="")
OVERLOADED_WORDS = ErrorText(
    "server.overloaded_words", _ENGINE, "“{host}” is overloaded: {words}", _MESSAGE_KEPT, _LATER, cli_kept=""
)
OVERLOADED_FOR = ErrorText(
    "server.overloaded_for", _ENGINE, "“{host}” is overloaded.", _MESSAGE_KEPT, _IN_SECONDS, cli_kept=""
)
OVERLOADED_FOR_WORDS = ErrorText(
    "server.overloaded_for_words", _ENGINE, "“{host}” is overloaded: {words}", _MESSAGE_KEPT, _IN_SECONDS, cli_kept=""
)
QUESTION_REFUSED = ErrorText(
    "server.question_refused",
    _ENGINE,
    "“{host}” cannot process this question.",
    _MESSAGE_KEPT,
    _SEND_LESS,
    cli_kept="",
)
QUESTION_REFUSED_WORDS = ErrorText(
    "server.question_refused_words",
    _ENGINE,
    "“{host}” cannot process this question: {words}",
    _MESSAGE_KEPT,
    _SEND_LESS,
    cli_kept="",
)
REDIRECTS = ErrorText(
    "server.redirects",
    _ENGINE,
    "“{host}” redirects elsewhere, which is not followed.",
    _MESSAGE_KEPT,
    "Enter the address it redirects to, if you trust it.",
    cli_kept="",
    cli_todo="Give the address it redirects to with --server, if you trust it.",
)
FAILED = ErrorText(
    "server.failed",
    _ENGINE,
    "“{host}” failed with status {status}.",
    _MESSAGE_KEPT,
    _TRY_LATER,
    cli_kept="",
)
FAILED_WORDS = ErrorText(
    "server.failed_words",
    _ENGINE,
    "“{host}” failed with status {status}: {words}",
    _MESSAGE_KEPT,
    _TRY_LATER,
    cli_kept="",
)

ERROR_IN_ANSWER = ErrorText(
    "server.error_in_answer",
    _ENGINE,
    "The server reported an error: {words}",
    _ANSWER_KEPT,
    cli_kept="",
)
INVALID_ANSWER = ErrorText(
    "server.invalid_answer",
    _ENGINE,
    "The server sent an invalid answer.",
    _ANSWER_KEPT,
    "Check the address: it must be an OpenAI-compatible API.",
    cli_kept="",
)
SILENT = ErrorText(
    "server.silent",
    _ENGINE,
    "“{host}” has not responded for {minutes:.0f} minutes.",
    _ANSWER_KEPT,
    "Ask again, or use another server.",
    cli_kept="",
)
ANSWER_CUT_OFF = ErrorText(
    "server.answer_cut_off",
    _ENGINE,
    "“{host}” cut off the answer.",
    _ANSWER_KEPT,
    "Press Continue, or ask again.",
    cli_kept="",
    cli_todo="Ask again.",
)
WITHHELD = ErrorText(
    "server.withheld",
    _ENGINE,
    "“{host}” withheld the rest of the answer: its content filter was triggered.",
    _ANSWER_KEPT,
    _REPHRASE,
    cli_kept="",
)
WITHHELD_ALL = ErrorText(
    "server.withheld_all",
    _ENGINE,
    "“{host}” withheld the rest of the answer: its content filter was triggered.",
    _MESSAGE_KEPT,
    _REPHRASE,
    cli_kept="",
)
TOOL_CALLED = ErrorText(
    "server.tool_called",
    _ENGINE,
    "“{host}” tried to call a tool instead of answering, which Lorgnette does not support.",
    _ANSWER_KEPT,
    _REPHRASE,
    cli_kept="",
)
ONLY_TOOL_CALLED = ErrorText(
    "server.only_tool_called",
    _ENGINE,
    "“{host}” tried to call a tool instead of answering, which Lorgnette does not support.",
    _MESSAGE_KEPT,
    _REPHRASE,
    cli_kept="",
)
ENDED_OTHERWISE = ErrorText(
    "server.ended_otherwise",
    _ENGINE,
    "“{host}” ended the answer with “{reason}”.",
    _ANSWER_KEPT,
    _REPHRASE,
    cli_kept="",
)
ENDED_OTHERWISE_WITHOUT_TEXT = ErrorText(
    "server.ended_otherwise_without_text",
    _ENGINE,
    "“{host}” ended the answer with “{reason}”.",
    _MESSAGE_KEPT,
    _REPHRASE,
    cli_kept="",
)
ONLY_REASONING = ErrorText(
    "server.only_reasoning",
    _ENGINE,
    "“{host}” returned only reasoning and no answer.",
    _MESSAGE_KEPT,
    _ASK_AGAIN,
    cli_kept="",
)
EMPTY_ANSWER = ErrorText(
    "server.empty_answer",
    _ENGINE,
    "“{host}” returned an empty answer.",
    _MESSAGE_KEPT,
    _ASK_AGAIN,
    cli_kept="",
)


def is_of_server(problem: Problem) -> bool:
    """Return whether a model server is the cause: restarting the engine here would change nothing."""
    return problem.id.startswith("server.")
