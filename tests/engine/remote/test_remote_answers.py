"""A server's model behind the model process: what is sent, what comes back, and servers that misbehave."""

import base64
import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.domain.chat import Role, SeenImage, Turn
from app.domain.errors import Cancelled, EngineError, UserError
from app.domain.generation import FinishReason, GenerationOptions, Sampling
from app.domain.remote_servers import RemoteModel
from app.engine.generation.backend import ModelBackend
from app.engine.process.messages import (
    Ask,
    Event,
    ListModels,
    ModelsListed,
    OpenServer,
    Prepare,
    Ready,
    Request,
    Stats,
    Token,
)
from app.engine.remote import connection
from app.engine.remote.event_stream import parsed_line
from tests.support.chat_server import ChatServer, chat_server, end, event, piece
from tests.support.films import make_film

HELLO = (Turn(Role.USER, "Hello"),)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as running:
        yield running


class Desk:
    """A model process's backend, and what it said last."""

    def __init__(self) -> None:
        self._backend = ModelBackend()
        self.events: list[Event] = []
        self.stop_after: int | None = None
        self.reason: FinishReason | None = None

    def _check(self) -> None:
        if self.stop_after is not None and sum(isinstance(e, Token) for e in self.events) >= self.stop_after:
            raise Cancelled

    def handle(self, request: Request) -> None:
        self.events = []
        self.reason = self._backend.handle(request, self.events.append, self._check)

    def connect(self, server: ChatServer, name: str = "qwen3-vl", key: str = "") -> "Desk":
        self.handle(OpenServer(1, RemoteModel(server.address, name), key))
        return self

    def ask(self, *turns: Turn, options: GenerationOptions | None = None) -> str:
        self.handle(Ask(2, turns, options or GenerationOptions()))
        return "".join(event.text for event in self.events if isinstance(event, Token))


def test_a_server_tells_its_models(server: ChatServer) -> None:
    desk = Desk()
    desk.handle(ListModels(1, server.address, "secret"))
    assert desk.events == [ModelsListed(1, ("other", "qwen3-vl"))]
    assert server.heads[0]["Authorization"] == "Bearer secret"


def test_an_answer_streams_with_its_figures(server: ChatServer) -> None:
    desk = Desk().connect(server)
    (info,) = (event.info for event in desk.events if isinstance(event, Ready))
    assert (info.server, info.leaves_machine) == (RemoteModel(server.address, "").host, False)
    assert desk.ask(*HELLO) == "Hello"
    assert desk.reason is FinishReason.COMPLETE
    (stats,) = (event.stats for event in desk.events if isinstance(event, Stats))
    assert (stats.prompt_tokens, stats.new_tokens, stats.context_tokens) == (12, 2, 14)
    assert "Authorization" not in server.heads[-1]


def test_what_is_sent(server: ChatServer, tmp_path: Path) -> None:
    Image.new("RGB", (640, 320), "#cc2244").save(tmp_path / "a.png")
    turns = (
        Turn(Role.USER, "What is it?", (SeenImage(str(tmp_path / "a.png"), 64 * 1024),)),
        Turn(Role.ASSISTANT, "Red."),
        Turn(Role.USER, "Sure?"),
    )
    options = GenerationOptions(max_new_tokens=77, sampling=Sampling(temperature=0.25))
    Desk().connect(server).ask(*turns, options=options)
    (body,) = server.requests
    assert (body["model"], body["max_tokens"], body["temperature"], body["stream"]) == ("qwen3-vl", 77, 0.25, True)
    first, second, third = body["messages"]
    assert second == {"role": "assistant", "content": "Red."}
    assert third == {"role": "user", "content": "Sure?"}
    picture, text = first["content"]
    assert text == {"type": "text", "text": "What is it?"}
    head, _, data = picture["image_url"]["url"].partition(",")
    sent = Image.open(io.BytesIO(base64.b64decode(data)))
    assert (head, sent.format) == ("data:image/jpeg;base64", "JPEG")
    assert sent.width * sent.height <= 64 * 1024
    pixel = sent.getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel == pytest.approx((0xCC, 0x22, 0x44), abs=4)


def test_a_small_image_is_not_made_larger(server: ChatServer, tmp_path: Path) -> None:
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    Desk().connect(server).ask(Turn(Role.USER, "?", (SeenImage(str(tmp_path / "a.png")),)))
    data = server.requests[0]["messages"][0]["content"][0]["image_url"]["url"].partition(",")[2]
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (40, 20)


def test_of_a_film_frames_are_sent_with_their_times(server: ChatServer, tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", frames=20)
    Desk().connect(server).ask(Turn(Role.USER, "?", (SeenImage(str(film)),)))
    parts = server.requests[0]["messages"][0]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url"] * 4 + ["text"]
    assert parts[0]["text"] == "<0.0 seconds>"


def test_an_answers_beginning_is_followed_by_a_request_to_go_on(server: ChatServer) -> None:
    Desk().connect(server).ask(*HELLO, Turn(Role.ASSISTANT, "Hel"))
    assert [message["role"] for message in server.requests[0]["messages"]] == ["user", "assistant", "user"]


def test_without_a_choice_the_servers_own_sampling_is_kept(server: ChatServer) -> None:
    Desk().connect(server).ask(*HELLO)
    assert not {"temperature", "top_p", "presence_penalty"} & set(server.requests[0])


def test_nothing_is_sent_before_it_is_asked(server: ChatServer) -> None:
    desk = Desk().connect(server)
    desk.handle(Prepare(3, HELLO, GenerationOptions()))
    assert server.requests == []


def test_stop_ends_the_connection(server: ChatServer) -> None:
    server.answer = [piece("Hel")]
    server.hold.clear()
    desk = Desk().connect(server)
    desk.stop_after = 1
    assert desk.ask(*HELLO) == "Hel"
    assert desk.reason is FinishReason.STOPPED
    assert server.broken_off.wait(10)


def test_an_answer_that_is_cut_at_its_length_can_be_continued(server: ChatServer) -> None:
    server.answer = [piece("Hel"), end("length")]
    desk = Desk().connect(server)
    desk.ask(*HELLO)
    assert desk.reason is FinishReason.LENGTH


def test_an_answer_that_breaks_off_is_no_answer(server: ChatServer) -> None:
    server.answer = [piece("Hel")]
    desk = Desk().connect(server)
    with pytest.raises(EngineError, match=r"in the middle.*Continue"):
        desk.ask(*HELLO)
    assert any(isinstance(event, Token) for event in desk.events)


def test_a_server_that_has_too_much_to_do_is_asked_again(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WAITS", (0.01, 0.01, 0.01))
    desk = Desk().connect(server)
    server.busy = [429, 503, 429]
    assert desk.ask(*HELLO) == "Hello"
    assert len(server.requests) == 4
    server.busy = [429] * 4
    with pytest.raises(EngineError, match="too much to do"):
        desk.ask(*HELLO)


def test_stop_is_heard_while_a_busy_server_is_waited_for(server: ChatServer) -> None:
    server.status, server.headers = 429, {"Retry-After": "50"}

    def stop_once_it_was_asked() -> None:
        if server.requests:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(connection.ServerConnection(server.address).answer({}, stop_once_it_was_asked))
    assert len(server.requests) == 1


def test_nobody_waits_for_an_hour(server: ChatServer) -> None:
    desk = Desk().connect(server)
    server.status, server.headers = 429, {"Retry-After": "3600"}
    with pytest.raises(EngineError, match="in 3600 seconds"):
        desk.ask(*HELLO)


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "wants another key"),
        (403, {}, "wants another key"),
        (404, {}, "does not know"),
        (400, {}, "cannot take this question"),
        (429, {"Retry-After": "7"}, "in 7 seconds"),
        (503, {}, "status 503"),
        (302, {"Location": "http://169.254.169.254/"}, "not followed"),
    ],
)
def test_refusals_are_told_in_words(
    server: ChatServer, status: int, headers: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WAITS", ())
    desk = Desk().connect(server)
    server.status, server.headers = status, headers
    server.answer = [b'{"error": {"message": "no\\nway"}}']
    with pytest.raises(EngineError, match=words) as raised:
        desk.ask(*HELLO)
    assert "\n" not in raised.value.problem.sentence
    if status != 302:
        assert "no way" in raised.value.problem.sentence


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([b"data: nonsense\n\n"], "no answer"),
        ([b"data: []\n\n"], "no answer"),
        ([b"<html>Hello</html>"], "in the middle"),
        ([event(error={"message": "out of memory"})], "out of memory"),
        ([b"data: " + b"[" * 100_000 + b"\n"], "no answer"),
        ([event(choices=["x"])], "no answer"),
    ],
)
def test_other_things_than_answers(server: ChatServer, answer: list[bytes], words: str) -> None:
    desk = Desk().connect(server)
    server.answer = answer
    with pytest.raises(EngineError, match=words):
        desk.ask(*HELLO)


@pytest.mark.parametrize(
    "models", [b"<html>", b"[]", b'{"data": 5}', b'{"data": [{}]}', b"[" * 100_000, b"x" * 5_000_000]
)
def test_other_things_than_a_list_of_models(server: ChatServer, models: bytes) -> None:
    server.models = models
    with pytest.raises(UserError, match=r"list of models|longer than it can be"):
        Desk().handle(ListModels(1, server.address))


def test_a_model_that_is_gone_is_said_with_those_that_are_there(server: ChatServer) -> None:
    with pytest.raises(EngineError, match=r"no model called “gone”.*“other”, “qwen3-vl”"):
        Desk().connect(server, "gone")


def test_offline_speaks_to_this_machine_alone(server: ChatServer) -> None:
    Desk().handle(ListModels(1, server.address, offline=True))
    with pytest.raises(UserError, match="offline"):
        Desk().handle(ListModels(1, "http://192.0.2.1/v1", offline=True))


def test_nobody_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(UserError, match="could not be reached"):
            Desk().handle(ListModels(1, address))


def test_a_server_that_says_nothing_can_be_stopped() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        desk, asked = Desk(), threading.Event()

        def check() -> None:
            if asked.is_set():
                raise Cancelled
            asked.set()

        with pytest.raises(Cancelled):
            desk._backend.handle(
                ListModels(1, f"http://127.0.0.1:{silent.getsockname()[1]}/v1"), desk.events.append, check
            )


@pytest.mark.parametrize("line", ["", ": a comment", "event: ping", "id: 5"])
def test_lines_without_a_chunk(line: str) -> None:
    assert parsed_line(line) is None
