"""`POST /v1/chat/completions`: questions with images, answered whole or as a stream of server-sent events."""

import asyncio
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from app.engine.process.messages import Ask
from app.serving.api_errors import ApiError
from app.serving.bodies import HOLDING
from app.serving.chat_answer import Answer, Wording
from app.serving.chat_request import ChatRequest, answer_schema, generation_options, parsed_chat
from app.serving.chat_turns import seen_turns, sent_messages
from app.serving.limits import Limits
from app.serving.served_process import ServedProcess
from app.serving.uploads import uploads

_COMMENT = b": waiting\n\n"
_DONE = b"data: [DONE]\n\n"
_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]


class ChatCompletions:
    """The endpoint, an ASGI application: a model, called `name`, in the process `model`; `images` draws images.

    Without `has_schemas` the model cannot answer in JSON.
    """

    def __init__(
        self, name: str, model: ServedProcess, images: ServedProcess, limits: Limits, *, has_schemas: bool
    ) -> None:
        self._name = name
        self._has_schemas = has_schemas
        self._model = model
        self._images = images
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Raises ApiError before anything is sent; whatever ends this ends the model's work."""
        body = await Request(scope, receive).body()
        request = await asyncio.to_thread(parsed_chat, body, self._limits)
        if request.model != self._name:
            message = f"There is no model “{request.model}”. This server has “{self._name}”."
            raise ApiError(404, message, code="model_not_found", param="model")
        options, schema = generation_options(request), answer_schema(request)
        if schema and not self._has_schemas:
            message = "This model cannot answer in JSON: open a full model."
            raise ApiError(400, message, param="response_format", code="unsupported_parameter")
        sent = await asyncio.to_thread(sent_messages, request.messages, options, self._limits)
        with uploads(scope[HOLDING]) as files:
            turns = await seen_turns(sent, self._images, files, self._limits)
            call = self._model.submit(Ask(tuple(turns), options, schema=schema))
            try:
                answer = Answer(call, request.stops)
                if request.stream:
                    await self._stream(request, answer, send)
                else:
                    await (await self._whole(answer))(scope, receive, send)
            finally:
                call.cancel()

    async def _whole(self, answer: Answer) -> JSONResponse:
        texts: list[str] = []
        thoughts: list[str] = []
        while delta := await answer.next_delta():
            texts.append(delta.text)
            thoughts.append(delta.thought)
        return JSONResponse(Wording(self._name).completion("".join(texts), "".join(thoughts), answer))

    async def _stream(self, request: ChatRequest, answer: Answer, send: Send) -> None:
        """Stream an answer. An error before the first text raises ApiError, a later one ends the stream."""
        stream = _EventStream(send, Wording(self._name, request.includes_usage))
        pending = asyncio.ensure_future(answer.next_delta())
        try:
            while True:
                await asyncio.wait({pending}, timeout=self._limits.quiet_seconds)
                if not pending.done():
                    await stream.begin()
                    await stream.write(_COMMENT)
                    continue
                delta = pending.result()
                await stream.begin()
                if delta is None:
                    break
                await stream.write_event(stream.wording.chunk(delta.fields()))
                pending = asyncio.ensure_future(answer.next_delta())
        except ApiError as error:
            if not stream.has_begun:
                raise
            await stream.write_event(error.body)
            await stream.write(b"", is_last=True)
            return
        finally:
            pending.cancel()
        await stream.write_event(stream.wording.chunk({}, answer.finish_reason))
        if request.includes_usage:
            await stream.write_event(stream.wording.usage_chunk(answer))
        await stream.write(_DONE, is_last=True)


class _EventStream:
    """A response of server-sent events; its first chunk has the role."""

    def __init__(self, send: Send, wording: Wording) -> None:
        self._send = send
        self.wording = wording
        self.has_begun = False

    async def begin(self) -> None:
        """Send the headers and the first chunk, unless they are sent."""
        if not self.has_begun:
            self.has_begun = True
            await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self.write_event(self.wording.chunk({"role": "assistant", "content": ""}))

    async def write_event(self, data: dict[str, Any]) -> None:
        """Send an event."""
        await self.write(b"data: " + msgspec.json.encode(data) + b"\n\n")

    async def write(self, data: bytes, *, is_last: bool = False) -> None:
        """Send a part of the body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": not is_last})
