"""A server's model behind the model process: what is sent, what comes back, and servers that misbehave."""

import base64
import io
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.errors import Cancelled, EngineError, UserError
from app.domain.models.answer_stats import FinishReason
from app.domain.models.remote_servers import RemoteModel
from app.domain.ports import CancelCheck
from app.domain.settings.generation_options import GenerationOptions, Sampling
from app.engine.backends.server_backend import ServerBackend
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Event,
    ListModels,
    ModelsListed,
    OpenServer,
    Prefill,
    Ready,
    Request,
    Stats,
    ThoughtDelta,
)
from app.engine.remote import connection
from app.engine.remote.event_stream import parsed_line
from tests.support.chat_server import ChatServer, chat_server, end, event, piece
from tests.support.videos import make_video

HELLO = (Turn(Role.USER, "Hello"),)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as running:
        yield running


class Harness:
    """A server process's backend, and what it said last."""

    def __init__(self) -> None:
        self._backend = ServerBackend()
        self.events: list[Event] = []
        self.stop_after: int | None = None
        self.reason: FinishReason | None = None

    def _check(self) -> None:
        if self.stop_after is not None and sum(isinstance(e, AnswerDelta) for e in self.events) >= self.stop_after:
            raise Cancelled

    def handle(self, request: Request, check: CancelCheck | None = None) -> None:
        self.events = []
        self.reason = self._backend.handle(request, self.events.append, check or self._check)

    def connect(self, server: ChatServer, name: str = "qwen3-vl", key: str = "") -> "Harness":
        self.handle(OpenServer(RemoteModel(server.address, name), key))
        return self

    def ask(self, *turns: Turn, options: GenerationOptions | None = None) -> str:
        self.handle(Ask(turns, options or GenerationOptions()))
        return "".join(event.text for event in self.events if isinstance(event, AnswerDelta))


def test_a_server_tells_its_models(server: ChatServer) -> None:
    harness = Harness()
    harness.handle(ListModels(server.address, "secret"))
    assert harness.events == [ModelsListed(("other", "qwen3-vl"))]
    assert server.heads[0]["Authorization"] == "Bearer secret"


def test_an_answer_streams_with_its_figures(server: ChatServer) -> None:
    harness = Harness().connect(server)
    (info,) = (event.info for event in harness.events if isinstance(event, Ready))
    assert (info.server, info.leaves_machine) == (RemoteModel(server.address, "").host, False)
    assert harness.ask(*HELLO) == "Hello"
    assert harness.reason is FinishReason.COMPLETE
    (stats,) = (event.stats for event in harness.events if isinstance(event, Stats))
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
    Harness().connect(server).ask(*turns, options=options)
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


def test_instructions_are_a_system_message(server: ChatServer) -> None:
    Harness().connect(server).ask(Turn(Role.SYSTEM, "Be brief."), *HELLO)
    assert server.requests[-1]["messages"][0] == {"role": "system", "content": "Be brief."}


def test_a_small_image_is_not_made_larger(server: ChatServer, tmp_path: Path) -> None:
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    Harness().connect(server).ask(Turn(Role.USER, "?", (SeenImage(str(tmp_path / "a.png")),)))
    data = server.requests[0]["messages"][0]["content"][0]["image_url"]["url"].partition(",")[2]
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (40, 20)


def test_of_a_video_frames_are_sent_with_their_times(server: ChatServer, tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", frames=20)
    Harness().connect(server).ask(Turn(Role.USER, "?", (SeenImage(str(video)),)))
    parts = server.requests[0]["messages"][0]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url"] * 4 + ["text"]
    assert parts[0]["text"] == "<0.0 seconds>"


def test_an_answers_beginning_is_followed_by_a_request_to_go_on(server: ChatServer) -> None:
    Harness().connect(server).ask(*HELLO, Turn(Role.ASSISTANT, "Hel"))
    assert [message["role"] for message in server.requests[0]["messages"]] == ["user", "assistant", "user"]


def test_without_a_choice_the_servers_own_sampling_is_kept(server: ChatServer) -> None:
    Harness().connect(server).ask(*HELLO)
    assert not {"temperature", "top_p", "presence_penalty"} & set(server.requests[0])


def test_nothing_is_sent_before_it_is_asked(server: ChatServer) -> None:
    harness = Harness().connect(server)
    harness.handle(Prefill(HELLO, GenerationOptions()))
    assert server.requests == []


def test_stop_ends_the_connection(server: ChatServer) -> None:
    server.answer = [piece("Hel"), end()]
    server.hold.clear()
    harness = Harness().connect(server)
    harness.stop_after = 1
    assert harness.ask(*HELLO) == "Hel"
    assert harness.reason is FinishReason.STOPPED
    assert server.broken_off.wait(10)


def test_an_answer_that_is_cut_at_its_length_can_be_continued(server: ChatServer) -> None:
    server.answer = [piece("Hel"), end("length")]
    harness = Harness().connect(server)
    harness.ask(*HELLO)
    assert harness.reason is FinishReason.LENGTH


def test_an_answer_that_breaks_off_is_no_answer(server: ChatServer) -> None:
    server.answer = [piece("Hel")]
    harness = Harness().connect(server)
    with pytest.raises(EngineError, match=r"cut off the answer.*Continue"):
        harness.ask(*HELLO)
    assert any(isinstance(event, AnswerDelta) for event in harness.events)


def test_a_server_that_has_too_much_to_do_is_asked_again(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "RETRY_DELAYS", (0.01, 0.01, 0.01))
    harness = Harness().connect(server)
    server.busy = [429, 503, 429]
    assert harness.ask(*HELLO) == "Hello"
    assert len(server.requests) == 4
    server.busy = [429] * 4
    with pytest.raises(EngineError, match="is overloaded"):
        harness.ask(*HELLO)


def test_stop_is_heard_while_a_busy_server_is_waited_for(server: ChatServer) -> None:
    server.status, server.headers = 429, {"Retry-After": "50"}

    def stop_once_it_was_asked() -> None:
        if server.requests:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(connection.ServerConnection(server.address).answer({}, stop_once_it_was_asked))
    assert len(server.requests) == 1


def test_nobody_waits_for_an_hour(server: ChatServer) -> None:
    harness = Harness().connect(server)
    server.status, server.headers = 429, {"Retry-After": "3600"}
    with pytest.raises(EngineError, match="in 3600 seconds"):
        harness.ask(*HELLO)


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "rejected the key"),
        (403, {}, "rejected the key"),
        (404, {}, "does not have"),
        (400, {}, "cannot process this question"),
        (429, {"Retry-After": "7"}, "in 7 seconds"),
        (503, {}, "status 503"),
        (302, {"Location": "http://169.254.169.254/"}, "not followed"),
    ],
)
def test_refusals_are_told_in_words(
    server: ChatServer, status: int, headers: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "RETRY_DELAYS", ())
    harness = Harness().connect(server)
    server.status, server.headers = status, headers
    server.answer = [b'{"error": {"message": "no\\nway"}}']
    with pytest.raises(EngineError, match=words) as raised:
        harness.ask(*HELLO)
    assert "\n" not in raised.value.problem.sentence
    if status != 302:
        assert "no way" in raised.value.problem.sentence


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([b"data: nonsense\n\n"], "invalid answer"),
        ([b"data: []\n\n"], "invalid answer"),
        ([b"<html>Hello</html>"], "invalid answer"),
        ([b'[{"error": 1}]'], "invalid answer"),
        ([b'{"choices": ['], "invalid answer"),
        ([b'{"error": {"message": "out of\\nmemory"}}'], "reported an error: out of memory"),
        ([b'{"detail": "no such model"}'], "reported an error: no such model"),
        ([b'{"object": "error", "message": "too long"}'], "reported an error: too long"),
        ([b'error: {"message": "slot is gone"}\n'], "reported an error: slot is gone"),
        ([event(error={"message": "out of memory"})], "out of memory"),
        ([b"data: " + b"[" * 100_000 + b"\n"], "invalid answer"),
        ([event(choices=["x"])], "invalid answer"),
    ],
)
def test_other_things_than_answers(server: ChatServer, answer: list[bytes], words: str) -> None:
    harness = Harness().connect(server)
    server.answer = answer
    with pytest.raises(EngineError, match=words):
        harness.ask(*HELLO)


@pytest.mark.parametrize(
    "models", [b"<html>", b"[]", b'{"data": 5}', b'{"data": [{}]}', b"[" * 100_000, b"x" * 5_000_000]
)
def test_other_things_than_a_list_of_models(server: ChatServer, models: bytes) -> None:
    server.models = models
    with pytest.raises(UserError, match=r"list of models|too long"):
        Harness().handle(ListModels(server.address))


def test_a_model_that_is_gone_is_said_with_those_that_are_there(server: ChatServer) -> None:
    with pytest.raises(EngineError, match=r"no model called “gone”.*“other”, “qwen3-vl”"):
        Harness().connect(server, "gone")


def test_offline_speaks_to_this_machine_alone(server: ChatServer) -> None:
    Harness().handle(ListModels(server.address, offline=True))
    with pytest.raises(UserError, match="offline"):
        Harness().handle(ListModels("http://192.0.2.1/v1", offline=True))


def test_nobody_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"Nothing answers on port {port} of this computer. Start the server"):
            Harness().handle(ListModels(f"http://127.0.0.1:{port}/v1"))


def test_a_server_that_says_nothing_can_be_stopped() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        harness, asked = Harness(), threading.Event()

        def check() -> None:
            if asked.is_set():
                raise Cancelled
            asked.set()

        with pytest.raises(Cancelled):
            harness.handle(ListModels(f"http://127.0.0.1:{silent.getsockname()[1]}/v1"), check)


@pytest.mark.parametrize("line", ["", ": a comment", "event: ping", "id: 5"])
def test_lines_without_a_chunk(line: str) -> None:
    assert parsed_line(line) is None


@pytest.mark.parametrize(
    "chunks",
    [
        [event(choices=[{"delta": {"reasoning_content": "Hm."}}]), piece("Nine.")],
        [piece("<thi"), piece("nk>Hm.</think>\n\nNi"), piece("ne.")],
    ],
)
def test_a_servers_reasoning_is_told_apart(server: ChatServer, chunks: list[bytes]) -> None:
    harness = Harness().connect(server)
    server.answer = [*chunks, end()]
    assert harness.ask(*HELLO) == "Nine."
    assert "".join(event.text for event in harness.events if isinstance(event, ThoughtDelta)) == "Hm."


@pytest.mark.parametrize(
    ("chunks", "thought", "answer"),
    [
        ([piece("Let me "), piece("look.</th"), piece("ink>\n\nFour."), end()], "Let me look.", "Four."),
        ([piece("<think>Look.</think>Four."), end()], "Look.", "Four."),
        ([event(choices=[{"delta": {"reasoning_content": "Hm."}}]), piece("Four."), end()], "Hm.", "Four."),
        ([piece("Fo"), piece("ur."), end()], "", "Four."),
        ([event(choices=[{"delta": {"reasoning_content": "Hm."}}]), end("length")], "Hm.", ""),
        ([piece("Let me loo"), end("length")], "Let me loo", ""),
        ([piece("<think>Let me loo"), end("length")], "Let me loo", ""),
    ],
)
def test_a_thinking_model_of_a_server_that_sends_no_opening_tag(
    server: ChatServer, chunks: list[bytes], thought: str, answer: str
) -> None:
    server.models = json.dumps({"data": [{"id": "Qwen3-VL-8B-Thinking"}]}).encode()
    harness = Harness().connect(server, "Qwen3-VL-8B-Thinking")
    server.answer = chunks
    assert harness.ask(*HELLO) == answer
    thoughts = [event.text for event in harness.events if isinstance(event, ThoughtDelta)]
    assert ("" if thoughts[-1:] == [""] else "".join(thoughts)) == thought
    server.answer = [piece("Five."), end()]
    assert harness.ask(*HELLO, Turn(Role.ASSISTANT, "Fo")) == "Five."


def test_reasoning_that_is_cut_off_can_be_continued(server: ChatServer) -> None:
    harness = Harness().connect(server)
    server.answer = [event(choices=[{"delta": {"reasoning_content": "Hm."}}]), end("length")]
    assert harness.ask(*HELLO) == ""
    assert harness.reason is FinishReason.LENGTH
    server.answer = [piece("Nine."), end()]
    assert harness.ask(*HELLO, Turn(Role.ASSISTANT, "", thought="Hm.")) == "Nine."
    assert [message["content"] for message in server.requests[-1]["messages"]] == ["Hello"]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_answer_that_is_not_streamed_is_whole(server: ChatServer, indent: int | None) -> None:
    message = {"role": "assistant", "content": "Hello\nthere", "reasoning_content": "Hm."}
    usage = {"prompt_tokens": 12, "completion_tokens": 3}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    server.answer = [json.dumps(body, indent=indent).encode()]
    harness = Harness().connect(server)
    assert harness.ask(*HELLO) == "Hello\nthere"
    assert harness.reason is FinishReason.COMPLETE
    (stats,) = (found.stats for found in harness.events if isinstance(found, Stats))
    assert (stats.prompt_tokens, stats.new_tokens) == (12, 3)
    assert [found.text for found in harness.events if isinstance(found, ThoughtDelta)] == ["Hm."]


def test_an_answer_that_is_not_streamed_may_be_at_its_limit(server: ChatServer) -> None:
    body = {"choices": [{"message": {"content": "Hel"}, "finish_reason": "length"}]}
    server.answer = [json.dumps(body).encode()]
    harness = Harness().connect(server)
    assert harness.ask(*HELLO) == "Hel"
    assert harness.reason is FinishReason.LENGTH


def test_an_answer_that_is_not_streamed_and_too_long_is_no_answer(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
    server.answer = [json.dumps(body, indent=2).encode()]
    harness = Harness().connect(server)
    assert harness.ask(*HELLO) == "Hello"
    monkeypatch.setattr("app.engine.remote.connection.MAX_BYTES", len(server.answer[0]) - 1)
    with pytest.raises(EngineError, match="invalid answer"):
        harness.ask(*HELLO)


SCHEMA = '{"type": "object"}'


def test_the_schema_of_the_answer_is_sent(server: ChatServer) -> None:
    harness = Harness().connect(server)
    harness.ask(*HELLO)
    harness.handle(Ask(HELLO, GenerationOptions(), schema=SCHEMA))
    free, limited = server.requests
    assert "response_format" not in free
    assert limited["response_format"]["type"] == "json_schema"
    assert limited["response_format"]["json_schema"]["schema"] == {"type": "object"}


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_refuses_schemas_is_asked_without_from_then_on(server: ChatServer, status: int) -> None:
    harness = Harness().connect(server)
    server.busy = [status]
    for _ in range(2):
        harness.handle(Ask(HELLO, GenerationOptions(), schema=SCHEMA))
        assert "".join(event.text for event in harness.events if isinstance(event, AnswerDelta)) == "Hello"
    assert ["response_format" in body for body in server.requests] == [True, False, False]


def test_what_a_server_refuses_without_a_schema_too_is_told(server: ChatServer) -> None:
    harness = Harness().connect(server)
    server.busy = [400, 400]
    with pytest.raises(EngineError, match="cannot process this question"):
        harness.handle(Ask(HELLO, GenerationOptions(), schema=SCHEMA))
    assert len(server.requests) == 2
