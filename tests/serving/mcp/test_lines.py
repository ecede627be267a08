"""Lines of standard input are bounded, and messages are checked before anything else."""

from collections.abc import Callable
from random import Random

import pytest

from app.serving.mcp.json_rpc import RpcError, RpcNotification, RpcRequest, parsed_message
from app.serving.mcp.stdio import bounded_lines
from tests.support.mutations import mutated

GOOD = b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_text","arguments":{"path":"/a"}}}'


def reading(*chunks: bytes) -> Callable[[], bytes]:
    left = [*chunks, b""]
    return lambda: left.pop(0)


def test_lines_are_put_together_and_long_ones_skipped() -> None:
    assert list(bounded_lines(reading(b"a", b"b\nc\r\n\n \nd"), 10)) == [b"ab", b"c"]
    long = b"x" * 11
    assert list(bounded_lines(reading(long, long, b"\nab\n", long + b"\nc\n"), 10)) == [None, b"ab", None, b"c"]
    assert list(bounded_lines(reading(b"x" * 10 + b"\n"), 10)) == [b"x" * 10]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b'{"jsonrpc":"2.0","id":"\xed\xa0\x80","method":"ping"}', -32700),
        (b"[" * 100_000, -32700),
        (b'{"a":' * 100_000, -32700),
        (b"[" + GOOD + b"]", -32600),
        (b"[]", -32600),
        (b"1", -32600),
        (b"null", -32600),
        (b'{"id":1,"method":"ping"}', -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":"' + b"x" * 300 + b'","method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', -32602),
    ],
)
def test_what_is_no_message_has_its_code(line: bytes, code: int) -> None:
    with pytest.raises(RpcError) as refused:
        parsed_message(line)
    assert refused.value.answer()["error"]["code"] == code


def test_messages_are_told_apart() -> None:
    assert parsed_message(GOOD) == RpcRequest(7, "tools/call", {"name": "read_text", "arguments": {"path": "/a"}})
    assert parsed_message(b'{"jsonrpc":"2.0","method":"notifications/initialized"}') == RpcNotification(
        "notifications/initialized", {}
    )
    assert parsed_message(b'{"jsonrpc":"2.0","id":"roots","result":{"roots":[{"uri":"file:///"}]}}') is None


def test_chance_raises_nothing_else() -> None:
    rng = Random(1)
    codes = set()
    for _ in range(3000):
        try:
            parsed_message(mutated(GOOD, rng))
        except RpcError as error:
            codes.add(error.answer()["error"]["code"])
    assert codes <= {-32700, -32600, -32602}
