"""Errors of the API as responses of HTTP."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from app.serving.api_errors import ApiError


def response_of(error: ApiError) -> JSONResponse:
    """Return the response that tells a client of an error."""
    return JSONResponse(error.body, error.status, error.headers)


async def respond_with_error(_request: Request, error: Exception) -> JSONResponse:
    """Return the response of an ApiError; an exception handler of Starlette."""
    if not isinstance(error, ApiError):
        raise TypeError(f"{type(error).__name__} is no ApiError")
    return response_of(error)
