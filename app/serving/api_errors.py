"""Errors as OpenAI's API words them, so that its clients raise their own exception classes.

Source of the form and of the statuses: https://platform.openai.com/docs/guides/error-codes and the class
`APIStatusError` of the `openai` package.
"""

from collections.abc import Mapping

from app.domain.error_texts import command_line_sentence, engine_texts
from app.domain.errors import Problem, ProblemKind

INVALID, OVERLOADED, SERVER = "invalid_request_error", "rate_limit_error", "server_error"
_OF_REQUEST = {
    engine_texts.CHAT_TOO_LONG.id: "context_length_exceeded",
    engine_texts.SCHEMA_UNUSABLE.id: "invalid_json_schema",
}
"""Codes of the engine's errors that another request would not meet, by their ids."""


class ApiError(Exception):
    """An answer that is an error: a status of HTTP, and what the client is told; `param` is the field at fault."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = INVALID,
        code: str | None = None,
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers: Mapping[str, str] = {} if retry_after is None else {"retry-after": str(retry_after)}
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


def error_of(problem: Problem, *, param: str | None = None) -> ApiError:
    """Return the answer for a request that an engine process has failed."""
    message = command_line_sentence(problem)
    if problem.kind in {ProblemKind.IMAGE, ProblemKind.PASSWORD}:
        return ApiError(400, message, code="invalid_image", param=param)
    if problem.id in _OF_REQUEST:
        return ApiError(400, message, code=_OF_REQUEST[problem.id], param=param)
    is_passing = problem.kind is not ProblemKind.BUG
    return ApiError(503 if is_passing else 500, message, kind=SERVER, code=problem.id or None)
