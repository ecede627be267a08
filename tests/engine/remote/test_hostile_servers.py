"""Whatever a server sends, or holds back: an answer, or one sentence; never a wait or a memory without end."""

import builtins
import itertools
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator

import pytest

from app.domain.chat.chat import Role, Turn
from app.domain.errors import Cancelled, EngineError, UserError
from app.domain.models.answer_stats import FinishReason
from app.domain.models.remote_servers import RemoteModel
from app.domain.ports import NEVER_CANCELLED
from app.domain.settings.generation_options import GenerationOptions
from app.domain.well_formed import well_formed
from app.engine.answering import GenerationCallbacks
from app.engine.remote import connection, remote_answers
from app.engine.remote.connection import ServerConnection
from app.engine.remote.event_stream import parsed_line
from app.engine.remote.remote_answers import RemoteAnswers
from app.engine.remote.worker_thread import MAX_WAITING, iterate_in_thread
from app.network import client, limited_stream
from app.network.cancel_token import CancelToken
from tests.support.chat_server import end, event, piece
from tests.support.raw_server import http, raw_server

pytestmark = pytest.mark.timeout(60)  # What hangs is found soon.
HELLO = (Turn(Role.USER, "Hello"),)
STREAM = b"Content-Type: text/event-stream"
DIGITS = b"9" * 5000
MB = 1024 * 1024


@pytest.fixture(autouse=True)
def _nobody_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "RETRY_DELAYS", (0.01,))
    monkeypatch.setattr(connection, "READ_TIMEOUT_SECONDS", 2.0)
    monkeypatch.setattr(connection, "LISTING_TIMEOUT_SECONDS", 2.0)
    monkeypatch.setattr(connection, "MAX_RETRY_DELAY", 0.1)
    monkeypatch.setattr(limited_stream, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(client, "MAX_WHOLE_SECONDS", 2.0)
    monkeypatch.setattr(remote_answers, "TRAILER_SECONDS", 0.2)


def models(address: str) -> list[str]:
    return ServerConnection(address).models(NEVER_CANCELLED)


def ask(address: str, *turns: Turn, max_tokens: int = 100) -> tuple[str, FinishReason]:
    """The answer as far as it came, and why it ended."""
    deltas: list[str] = []
    callbacks = GenerationCallbacks(
        lambda *_: None, lambda said: deltas.append(said.text), NEVER_CANCELLED, return_logprobs=False
    )
    answers = RemoteAnswers(RemoteModel(address, "m"), "")
    reason, _ = answers.answer(turns or HELLO, (), GenerationOptions(max_new_tokens=max_tokens), callbacks)
    return "".join(deltas), reason


MALFORMED = {
    "retry after a superscript": http(b"", b"Retry-After: \xb2", status=b"503 Busy"),
    "retry after many digits": http(b"", b"Retry-After: " + DIGITS, status=b"429 Busy"),
    "retry after no date": http(b"", b"Retry-After: Mon, 99 Foo 999999 99:99:99 +999999999", status=b"503 Busy"),
    "length of many digits": http(b"x", b"Content-Length: " + DIGITS),
    "length below nothing": http(b"x", b"Content-Length: -5"),
    "length in superscript": http(b"x", b"Content-Length: \xb2"),
    "more told than sent": http(b"x", b"Content-Length: 500"),
    "redirect to a broken address": http(b"", b"Location: http://[::1", status=b"302 Found"),
    "redirect with a wild port": http(b"", b"Location: http://x:99999999/", status=b"301 Moved"),
    "redirect to nowhere": http(b"", status=b"302 Found"),
    "chunks without a size": http(b"zzz\r\nx\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "chunks below nothing": http(b"-5\r\nx\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    "a chunk of many digits": http(b"f" * 60_000 + b"\r\nx", b"Transfer-Encoding: chunked"),
    "no status": b"\r\n\r\n",
    "a wild status": b"HTTP/1.1 99999 Yes\r\n\r\n",
    "not HTTP": random.Random(1).randbytes(5000),
    "nothing": b"",
    "a head without end": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000,
    "headers without number": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
    "a type of many parts": http(b"x", b"Content-Type: multipart/x; boundary*0*=utf-99''x" + b";" * 60_000),
    "an error nested deeply": http(b'{"error": ' + b"[" * 900 + b"]" * 900 + b"}", status=b"400 Bad"),
    "an error of half a letter": http(b'{"error": "\\ud800"}', status=b"500 Bad"),
    "a compressed body": http(random.Random(2).randbytes(5000), b"Content-Encoding: gzip"),
}  # fmt: skip


@pytest.mark.parametrize("response", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("question", [models, ask])
def test_a_malformed_response_is_told_in_a_sentence(question: Callable[[str], object], response: bytes) -> None:
    with raw_server(response) as server, pytest.raises(UserError) as raised:
        question(server.address)
    sentence = raised.value.problem.sentence
    assert "\n" not in sentence
    assert len(sentence) < 500
    assert well_formed(sentence) == sentence


HEADERS = [
    b"Content-Length", b"Transfer-Encoding", b"Retry-After", b"Location", b"Content-Type", b"Connection", b"X",
    b"Content-Encoding", b"Content-Disposition", b"ETag", b"Content-Range", b"", b" ",
]  # fmt: skip
VALUES = [b"chunked", b"5", b"-1", b"\xb2", b"http://[", b"multipart/x; boundary*0*=''%", b'text/x; =;"', b"", DIGITS]
BODIES = [
    b"data: {}\n\n", piece("Hello"), end(), b"data: [DONE]\n", b"5\r\nHello\r\n0\r\n\r\n", b'{"data": [{"id": "m"}]}',
    b'data: {"choices": [{"delta": {"content": "\\udc80"}}]}\n\n', b'data: {"choices": [null]}\n\n', b"\xff\xfe\n",
    b'data: {"error": {"message": 1e999}}\n\n',
]  # fmt: skip


def wild_response(draw: random.Random) -> bytes:
    """Mostly well-formed, so that it comes far."""
    status = draw.choice(
        [b"200 OK", b"200 OK", b"503 Busy", b"302 Found", b"400 Bad", b"100 Go on", b"2000", b"204 No"]
    )
    headers = [
        draw.choice(HEADERS) + draw.choice([b": ", b":", b" : ", b""])
        + draw.choice([draw.choice(VALUES), draw.randbytes(draw.randrange(40))])
        for _ in range(draw.randrange(6))
    ]  # fmt: skip
    made = bytearray(http(b"".join(draw.choices(BODIES, k=draw.randrange(6))), *headers, status=status))
    for _ in range(draw.choice([0, 0, 1, 5])):
        made[draw.randrange(len(made))] = draw.randrange(256)
    return bytes(made)


def test_thousands_of_wild_responses_are_answers_or_sentences() -> None:
    draw = random.Random(20)
    responses = (wild_response(draw) for _ in itertools.count())
    questions: tuple[Callable[[str], object], ...] = (models, ask)
    with raw_server(lambda _: [next(responses)]) as server:
        for _ in range(700):
            for question in questions:
                try:
                    question(server.address)
                except UserError as error:
                    assert well_formed(str(error)) == str(error)  # noqa: PT017 - both outcomes are right
    assert len(server.requests) >= 1400


def test_an_event_of_whatever_shape_is_a_chunk_or_a_sentence() -> None:
    draw = random.Random(21)
    keys = ["choices", "delta", "content", "finish_reason", "usage", "prompt_tokens", "error", "message", "reasoning"]

    def wild(depth: int) -> object:
        if depth == 0 or draw.random() < 0.3:
            return draw.choice([None, True, -1, 2**70, 1.5, "", "\ud800", "x" * 1000, [], {}])
        if draw.random() < 0.4:
            return [wild(depth - 1) for _ in range(draw.randrange(3))]
        return {draw.choice(keys): wild(depth - 1) for _ in range(3)}

    for _ in range(20_000):
        try:
            chunk = parsed_line(f"data: {json.dumps(wild(5))}")
        except EngineError:
            continue
        assert chunk is not None
        assert well_formed(chunk.text + chunk.thought) == chunk.text + chunk.thought


def test_a_line_without_end_is_cut() -> None:
    def endless(_: str) -> Iterator[bytes]:
        yield http(b"data: ", STREAM)
        yield from itertools.repeat(b"x" * MB, 300)

    with raw_server(endless) as server:
        with pytest.raises(UserError, match="too long"):
            ask(server.address)
        assert server.written < 100 * MB
        with pytest.raises(UserError, match="too long"):
            models(server.address)
        assert server.written < 200 * MB


def test_tokens_without_end_are_cut_at_a_length_that_can_be_continued() -> None:
    def endless(_: str) -> Iterator[bytes]:
        yield http(b"", STREAM)
        yield from itertools.repeat(piece("word ") * 100)

    with raw_server(endless) as server:
        text, reason = ask(server.address, max_tokens=50)
    assert reason is FinishReason.LENGTH
    assert 50 * 5 < len(text) == 50 * remote_answers.LETTERS_PER_TOKEN + remote_answers.SPARE_LETTERS


def test_thoughts_without_end_are_cut_too() -> None:
    def endless(_: str) -> Iterator[bytes]:
        yield http(piece("So"), STREAM)
        yield from itertools.repeat(event(choices=[{"delta": {"reasoning_content": "hm " * 50}}]))

    with raw_server(endless) as server:
        assert ask(server.address) == ("So", FinishReason.LENGTH)


@pytest.mark.parametrize(
    "forever",
    [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"],
    ids=["continue", "continue with headers"],
)
def test_a_head_that_never_ends_is_given_up(forever: bytes) -> None:
    with raw_server(lambda _: itertools.repeat(forever)) as server, pytest.raises(UserError):
        ask(server.address)


def test_trailers_that_never_end_are_given_up() -> None:
    def endless(_: str) -> Iterator[bytes]:
        yield http(b"1\r\n{\r\n0\r\n", b"Transfer-Encoding: chunked")
        yield from itertools.repeat(b"X: y\r\n" * 1000)

    with raw_server(endless) as server, pytest.raises(UserError):
        models(server.address)


def slowly(content: bytes) -> Iterator[bytes]:
    for place in range(len(content)):
        yield content[place : place + 1]
        time.sleep(0.1)


@pytest.mark.parametrize("start", [0, len(http())], ids=["head", "body"])
def test_bytes_that_drip_are_not_waited_for_without_end(start: int) -> None:
    def dripping(_: str) -> Iterable[bytes]:
        whole = http(b" " * 1000)
        yield whole[:start]
        yield from slowly(whole[start:])

    with raw_server(dripping) as server, pytest.raises(UserError, match="lost"):
        models(server.address)


def test_a_server_that_only_says_that_it_is_there_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_answers, "ANSWER_TIMEOUT_SECONDS", 0.5)

    def alive(_: str) -> Iterator[bytes]:
        yield http(piece("Well"), STREAM)
        while True:
            yield b": still there\n\n"
            time.sleep(0.01)

    with (
        raw_server(alive) as server,
        pytest.raises(EngineError, match=r"not responded for .* The answer so far is kept"),
    ):
        ask(server.address)


def test_a_reason_to_end_is_an_end_without_done() -> None:
    last = event(choices=[{"delta": {}, "finish_reason": "stop"}])
    began = time.monotonic()
    with raw_server(http(piece("Hello") + last, STREAM), holds=True) as server:
        assert ask(server.address) == ("Hello", FinishReason.COMPLETE)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("reason", "words"),
    [("content_filter", "content filter"), ("tool_calls", "call a tool"), ("function_call", "call a tool"),
     ("ab\ud800\n\x1bort" * 100, "ended the answer with “ab\ufffd")],
)  # fmt: skip
def test_another_end_than_the_usual_is_told(reason: str, words: str) -> None:
    with raw_server(http(piece("Hello") + end(reason), STREAM)) as server, pytest.raises(EngineError) as raised:
        ask(server.address)
    assert words in str(raised.value)
    assert "The answer so far is kept" in str(raised.value)


@pytest.mark.parametrize("reason", ["eos_token", "end_turn"])
def test_other_names_of_the_usual_ends(reason: str) -> None:
    with raw_server(http(piece("Hello") + end(reason), STREAM)) as server:
        assert ask(server.address) == ("Hello", FinishReason.COMPLETE)


@pytest.mark.parametrize(
    ("chunks", "words"),
    [(b"", "returned an empty answer"), (piece(" \n"), "returned an empty answer"),
     (event(choices=[{"delta": {"reasoning": "hm"}}]), "returned only reasoning")],
)  # fmt: skip
def test_an_empty_answer_is_told(chunks: bytes, words: str) -> None:
    with raw_server(http(chunks + end(), STREAM)) as server, pytest.raises(EngineError, match=words):
        ask(server.address)


def test_an_answer_that_is_continued_may_have_no_more_to_say() -> None:
    with raw_server(http(end(), STREAM)) as server:
        assert ask(server.address, *HELLO, Turn(Role.ASSISTANT, "Done.")) == ("", FinishReason.COMPLETE)


def test_halves_of_letters_are_replaced() -> None:
    chunk = b'data: {"choices": [{"delta": {"content": "a\\ud800b\\ud83d\\ude00"}}]}\n\n'
    with raw_server(http(chunk + end(), STREAM)) as server:
        assert ask(server.address)[0] == "a\ufffdb\U0001f600"
    with raw_server(http(b'{"data": [{"id": "m\\udfff"}]}')) as server:
        assert models(server.address) == ["m\ufffd"]


def test_only_so_many_models_with_names_of_a_length_are_listed() -> None:
    listed = [{"id": f"{number:05}"} for number in range(50_000)] + [{"id": "x" * 1000}]
    with raw_server(http(json.dumps({"data": listed}).encode())) as server:
        names = models(server.address)
    assert len(names) == connection.MAX_MODELS
    assert max(map(len, names)) == 5


@pytest.mark.parametrize("address", ["http://[::1", "http://a..b/v1", "http://x:99999/v1", "ftp://x", "", "\x00"])
def test_an_address_that_is_none_is_told_when_it_is_asked(address: str) -> None:
    with pytest.raises(UserError, match="address is not valid"):
        models(address)


@pytest.mark.parametrize("key", ["ключ", "a\nb", "\udc80"])
def test_a_key_that_is_none_is_told_and_not_sent(key: str) -> None:
    with raw_server(http()) as server, pytest.raises(UserError, match="invalid characters"):
        ServerConnection(server.address, key).models(NEVER_CANCELLED)
    assert server.requests == []


def test_a_server_that_is_faster_than_its_reader_waits() -> None:
    made = 0

    def work(_: CancelToken) -> Iterator[bytes]:
        nonlocal made
        while True:
            made += 1
            yield b"x" * 1000

    deltas = iterate_in_thread(work, NEVER_CANCELLED)
    next(deltas)
    time.sleep(0.3)
    assert made <= MAX_WAITING + 3
    deltas.close()  # type: ignore[attr-defined]


def every_exception() -> list[type[BaseException]]:
    kinds = [kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, BaseException)]
    return [kind for kind in kinds if "Unicode" not in kind.__name__ and "Group" not in kind.__name__]


@pytest.mark.parametrize("kind", [*every_exception(), Cancelled], ids=lambda kind: kind.__name__)
def test_whatever_ends_the_work_is_heard(kind: type[BaseException]) -> None:
    def work(_: CancelToken) -> Iterator[bytes]:
        yield b"x"
        raise kind

    chunks = iterate_in_thread(work, NEVER_CANCELLED)
    assert next(filter(None, chunks)) == b"x"
    # What a generator raises as StopIteration arrives as a RuntimeError.
    with pytest.raises(RuntimeError if kind is StopIteration else kind):
        list(chunks)
