"""`lorgnette serve` as its user meets it: a process with the demo model and the real engines."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import openai
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from openai import OpenAI

from app.cli import main
from app.commands.serve import KEYRING_NAME
from app.paths import RESOURCES
from app.storage.models.token import SERVICE
from tests.engine.conftest import TinyCheckpoint
from tests.support.processes import wait_until
from tests.support.serve_command import ServeCommand, serve_command
from tests.support.tiny_checkpoint import Layout

NOTE = RESOURCES / "samples" / "note.png"
KEY = "a-key-that-is-long-enough"


def client_of(command: ServeCommand, key: str = "any") -> OpenAI:
    return OpenAI(base_url=f"{command.address}/v1", api_key=key, max_retries=0)


def ask(text: str, image: Path = NOTE) -> list[Any]:
    url = f"data:image/png;base64,{base64.b64encode(image.read_bytes()).decode()}"
    parts = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]
    return [{"role": "user", "content": parts}]


def test_questions_are_answered_and_nothing_is_left(tmp_path: Path) -> None:
    with serve_command(tmp_path) as command, client_of(command) as client:
        asked: dict[str, Any] = {"model": command.model, "temperature": 0}
        done = client.chat.completions.create(messages=ask("How many lines are there?"), **asked)
        assert done.choices[0].message.content == "3 lines"
        stream = client.chat.completions.create(messages=ask("Read the text."), stream=True, **asked)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
        assert text.split() == ["Gate", "B14", "Boarding", "09:35", "Luggage:", "23", "kg"]
        with pytest.raises(openai.BadRequestError, match="cannot answer in JSON"):
            client.chat.completions.create(messages=ask("Read."), response_format={"type": "json_object"}, **asked)
        assert set(command.engines()) == {"lorgnette-model", "lorgnette-image"}
        assert command.end(signal.SIGTERM) == 0
        assert command.orphans() == []
    assert list((tmp_path / "tmp").iterdir()) == []
    assert command.stderr.count("\n") == 1


def test_a_schema_is_kept_to_and_a_broken_one_told(tmp_path: Path, tiny_checkpoint: TinyCheckpoint) -> None:
    folder = tiny_checkpoint(Layout.AUTO_ROUND)
    schema = {"type": "object", "properties": {"n": {"enum": [3, 4]}}, "required": ["n"], "additionalProperties": False}
    with serve_command(tmp_path, "--model", str(folder)) as command, client_of(command) as client:
        asked: dict[str, Any] = {"model": command.model, "messages": ask("How many?"), "temperature": 0}
        form: Any = {"type": "json_schema", "json_schema": {"name": "lines", "schema": schema}}
        for is_stream in (False, True):
            done: Any = client.chat.completions.create(**asked, response_format=form, stream=is_stream)
            text = "".join(chunk.choices[0].delta.content or "" for chunk in done) if is_stream else ""
            assert json.loads(text or done.choices[0].message.content)["n"] in {3, 4}
        form = {"type": "json_schema", "json_schema": {"name": "lines", "schema": {"type": "no such type"}}}
        with pytest.raises(openai.BadRequestError, match="cannot be kept to this JSON schema"):
            client.chat.completions.create(**asked, response_format=form)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_a_signal_ends_everything_within_an_answer(number: signal.Signals, status: int, tmp_path: Path) -> None:
    with serve_command(tmp_path) as command, client_of(command) as client:
        stream = client.chat.completions.create(model=command.model, messages=ask("Read the text."), stream=True)
        next(iter(stream))
        assert command.end(number) == status
        assert command.orphans() == []
        stream.close()
    assert "Traceback" not in command.stderr


@pytest.mark.parametrize("kind", ["lorgnette-model", "lorgnette-image"])
def test_a_killed_engine_costs_at_most_one_answer(kind: str, tmp_path: Path) -> None:
    with serve_command(tmp_path) as command, client_of(command) as client:
        asked: dict[str, Any] = {"model": command.model, "messages": ask("How many lines are there?")}
        client.chat.completions.create(**asked)
        stream = client.chat.completions.create(**asked, stream=True)
        next(iter(stream))
        before = command.engines()[kind]
        os.kill(before, signal.SIGKILL)
        try:
            list(stream)
        except openai.APIError as error:
            assert "took too long or crashed" in str(error)  # noqa: PT017 - the answer may have been over
        done = client.chat.completions.create(**asked, temperature=0)
        assert done.choices[0].message.content == "3 lines"
        assert command.engines()[kind] != before


def test_a_key_in_a_file_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\nnot this\n", encoding="ascii")
    file.chmod(0o600)
    with serve_command(tmp_path, "--key-file", str(file)) as command:
        with client_of(command) as client, pytest.raises(openai.AuthenticationError):
            client.models.list()
        with client_of(command, KEY) as client:
            assert [model.id for model in client.models.list()] == [command.model]
        arguments = Path(f"/proc/{command.process.pid}/cmdline").read_text(encoding="utf-8")
        assert KEY not in arguments + command.stderr


@pytest.mark.parametrize(
    ("content", "mode", "part"),
    [
        ("short", 0o600, "its first line is no key of at least 16"),
        ("", 0o600, "its first line is no key"),
        ("words that are no key at all", 0o600, "its first line is no key"),
        ("ü" * 20, 0o600, "its first line is no key"),
        (KEY, 0o644, "Others than you can read the key"),
    ],
)
def test_a_file_without_a_usable_key_is_refused(
    content: str, mode: int, part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key"
    file.write_text(content, encoding="utf-8")
    file.chmod(mode)
    assert main(["serve", "--key-file", str(file)]) == 1
    assert part in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--host", "0.0.0.0"], "it needs --keyring or --key-file FILE"),  # noqa: S104
        (["--host", "example.org"], "is not an IP address"),
        (["--port", "70000"], "is not a port from 0 to 65535"),
        (["--key-file", "x", "--keyring"], "not allowed with argument"),
        (["--allow-origin", "example.org"], "is not an origin like"),
        (["--allow-host", "a/b"], "is not a host name"),
        (["--key-file", ""], "its name is empty"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", *arguments])
    assert ended.value.code == 2
    assert part in capsys.readouterr().err


def test_a_port_that_is_taken_and_a_folder_without_a_model_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["serve", "--port", str(taken.getsockname()[1])]) == 1
    assert "cannot listen on 127.0.0.1:" in capsys.readouterr().err
    assert main(["serve", "--port", "0", "--model", str(tmp_path)]) == 1
    assert "has no config.json" in capsys.readouterr().err


def test_without_the_web_server_it_says_how_to_install_it() -> None:
    """As in an environment without the extra."""
    code = "import sys; sys.modules['starlette'] = None\nfrom app.cli import main; sys.exit(main(['serve']))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr == (
        "lorgnette: This installation has no web server (starlette.datastructures). "
        "Install it with: pip install 'lorgnette[serve]'\n"
    )


class MemoryKeyring(KeyringBackend):
    """A keyring for one test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    before, made = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_a_new_key_is_printed_once_and_kept(ring: MemoryKeyring, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--keyring"]) == 1
    assert "has no key for “lorgnette serve”" in capsys.readouterr().err
    assert main(["serve", "--new-key"]) == 0
    printed = capsys.readouterr().out.strip()
    assert ring.kept == {(SERVICE, KEYRING_NAME): printed}
    assert len(printed) == 43


def test_without_a_keyring_no_key_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    try:
        assert main(["serve", "--new-key"]) == 1
    finally:
        keyring.set_keyring(before)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "no keyring that is open" in shown.err


def test_nothing_is_said_of_requests(tmp_path: Path) -> None:
    """Neither what was asked nor what was broken about it is printed."""
    with serve_command(tmp_path) as command, client_of(command) as client:
        messages = ask("secret words", RESOURCES / "releases.toml")
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model=command.model, messages=messages)
        with socket.create_connection(("127.0.0.1", int(command.address.rpartition(":")[2]))) as raw:
            raw.sendall(b"secret words\r\n\r\n")
            wait_until(lambda: raw.recv(1000))
        assert command.end(signal.SIGTERM) == 0
    assert "secret" not in command.stderr
    assert command.stderr.count("\n") == 1
