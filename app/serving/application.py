"""The routes, and what every request passes before it gets to one: access, then bounds."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.domain.models.model_info import ModelInfo
from app.serving.access import Access, AccessCheck
from app.serving.api_errors import SERVER, ApiError
from app.serving.api_responses import respond_with_error, response_of
from app.serving.bodies import BoundedBodies
from app.serving.chat_completions import ChatCompletions
from app.serving.limits import Limits
from app.serving.ocr import Ocr
from app.serving.served_process import ServedProcess

_log = logging.getLogger(__name__)
_OTHER_SIGNS = re.compile(r"[^\w.]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Engines:
    """The processes that do the work."""

    model: ServedProcess
    images: ServedProcess
    reader: ServedProcess

    def __iter__(self) -> Iterator[ServedProcess]:
        return iter((self.model, self.images, self.reader))


def model_id(info: ModelInfo) -> str:
    """Return the name by which clients ask for a model: that which is shown, as letters, digits, dots and hyphens."""
    return _OTHER_SIGNS.sub("-", info.name).strip("-") or "model"


def create_application(engines: Engines, info: ModelInfo, access: Access, limits: Limits) -> ASGIApp:
    """Return the ASGI application that answers with the open model `info`."""
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # A client is told of its broken form.
    name = model_id(info)
    listed = {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": "lorgnette",
        "max_model_len": info.context_length,
    }

    async def models(_request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [listed]})

    async def model(request: Request) -> Response:
        if request.path_params["name"] != name:
            raise ApiError(404, f"There is no such model. This server has “{name}”.", code="model_not_found")
        return JSONResponse(listed)

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    chat = ChatCompletions(name, engines.model, engines.images, limits, has_schemas=info.policy.can_extract_fields)
    ocr = Ocr(engines.images, engines.reader, limits)

    async def read(request: Request) -> Response:
        return await ocr(request)

    application = Starlette(
        routes=[
            Route("/v1/chat/completions", chat, methods=["POST"]),
            Route("/v1/models", models),
            Route("/v1/models/{name:path}", model),
            Route("/ocr", read, methods=["POST"]),
            Route("/health", health),
        ],
        exception_handlers={
            ApiError: respond_with_error,
            HTTPException: _respond_to_refusal,
            Exception: _respond_to_bug,
        },
    )
    return AccessCheck(BoundedBodies(application, limits), access)


async def _respond_to_refusal(_request: Request, error: Exception) -> JSONResponse:
    """Answer a path or a method that there is not."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = {404: "There is nothing at this address.", 405: "This address takes another method."}
    response = response_of(ApiError(status, message.get(status, str(error)), code="not_found"))
    response.headers.update((error.headers if isinstance(error, HTTPException) else None) or {})
    return response


async def _respond_to_bug(_request: Request, error: Exception) -> JSONResponse:
    _log.error("a request was not answered", exc_info=error)
    message = f"Something went wrong in Lorgnette ({type(error).__name__})."
    return response_of(ApiError(500, message, kind=SERVER))
