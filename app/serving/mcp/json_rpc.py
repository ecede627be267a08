"""Messages of JSON-RPC 2.0 as the Model Context Protocol has them: one object on a line, no batches.

Sources: https://www.jsonrpc.org/specification and https://modelcontextprotocol.io/specification/2025-11-25/basic.
"""

from dataclasses import dataclass
from typing import Any, TypeGuard

import msgspec

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
BUSY = -32000
"""Code of a request that is refused since too many wait, from the range that is free for servers."""
MAX_ID = 256
"""Maximum number of characters of a request's id."""
Id = str | int


class RpcError(Exception):
    """An answer that is an error; `request_id` is None if that of the request cannot be told."""

    def __init__(self, code: int, message: str, request_id: Id | None = None, data: object = None) -> None:
        super().__init__(message)
        self._error = {"code": code, "message": message} | ({} if data is None else {"data": data})
        self.request_id = request_id

    def answer(self) -> dict[str, Any]:
        """Return the message."""
        return {"jsonrpc": "2.0", "id": self.request_id, "error": self._error}


@dataclass(frozen=True, slots=True)
class RpcRequest:
    """A request, which is answered under its id."""

    id: Id
    method: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RpcNotification:
    """A message that is not answered."""

    method: str
    params: dict[str, Any]


def parsed_message(line: bytes) -> RpcRequest | RpcNotification | None:
    """Return the message on a line; None for an answer, as this server asks nothing. Raises RpcError."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RpcError(PARSE_ERROR, "The line is not valid JSON.") from None
    if isinstance(value, list):
        raise RpcError(INVALID_REQUEST, "Batches are not supported: send one message on each line.")
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, "The line is no message of JSON-RPC 2.0.")
    request_id = value.get("id")
    if "method" not in value and ("result" in value or "error" in value):
        return None
    known = request_id if is_id(request_id) else None
    if "id" in value and known is None:
        raise RpcError(INVALID_REQUEST, f"An id is a text of up to {MAX_ID} characters or a whole number.")
    method, params = value.get("method"), value.get("params", {})
    if not isinstance(method, str):
        raise RpcError(INVALID_REQUEST, "The message has no method.", known)
    if not isinstance(params, dict):
        raise RpcError(INVALID_PARAMS, "The parameters must be an object.", known)
    return RpcNotification(method, params) if known is None else RpcRequest(known, method, params)


def is_id(value: object) -> TypeGuard[Id]:
    """Return whether `value` can be the id of a request, or the token of its progress."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and len(value) <= MAX_ID)


def result_of(request_id: Id, result: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a request."""
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def notification(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return a notification."""
    return {"jsonrpc": "2.0", "method": method, "params": params}
