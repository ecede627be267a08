"""`lorgnette batch --server`: several questions at once to a server, and what it does when it is busy or gone."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.commands import batch, server_choice
from app.paths import Paths
from tests.support.chat_server import ChatServer, chat_server, end, piece
from tests.support.printed_text import print_text
from tests.support.processes import wait_until


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as running:
        running.answer = [piece("It says so."), end()]
        yield running


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_choice, "default_paths", lambda: Paths.under(tmp_path / "data"))


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(5):
        print_text(folder / f"{number}.png", f"Gate {number}")
    return folder


def run(scans: Path, server: ChatServer, *more: str) -> int:
    arguments = [str(scans), "-o", str(scans.parent / "out"), "--reader", "model", "--server", server.address]
    return batch.main([*arguments, "--server-model", "qwen3-vl", *more])


def texts(scans: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (scans.parent / "out").glob("*.txt")}


def test_the_former_name_of_parallel_works_and_is_hidden() -> None:
    given = batch.parser().parse_args(["scans", "-o", "out", "--at-once", "3"])

    assert given.parallel == 3
    assert "--at-once" not in batch.parser().format_help()


def test_so_many_are_asked_in_parallel_and_each_image_has_its_text(scans: Path, server: ChatServer) -> None:
    server.hold.clear()
    ended: list[int] = []
    running = threading.Thread(target=lambda: ended.append(run(scans, server, "--parallel", "3")))
    running.start()
    try:
        wait_until(lambda: len(server.requests) == 3)
    finally:
        server.hold.set()
        running.join()
    assert ended == [0]
    assert len(server.requests) == 5
    assert texts(scans) == {f"{number}.png.txt": "It says so.\n" for number in range(5)}


def test_a_server_with_several_models_wants_a_name(
    scans: Path, server: ChatServer, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(scans), "-o", str(scans.parent / "out"), "--reader", "model", "--server", server.address]
    assert batch.main(arguments) == 1
    assert "The server has 2 models: other, qwen3-vl. Choose one with --server-model." in capsys.readouterr().err
    server.models = b'{"data": [{"id": "only"}]}'
    assert batch.main(arguments) == 0
    assert {request["model"] for request in server.requests} == {"only"}


def test_the_key_comes_from_the_environment(scans: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(server_choice.KEY, "a-key")
    assert run(scans, server) == 0
    assert {head.get("Authorization") for head in server.heads} == {"Bearer a-key"}


def test_what_a_server_refuses_is_told_and_asked_again_by_the_same_command(
    scans: Path, server: ChatServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.busy = [200] + [400] * 2  # The list of models first.
    assert run(scans, server, "--at-once", "1") == 1
    said = capsys.readouterr().err
    assert "no answer for “0.png”" in said
    assert "cannot process this question" in said
    assert "3 done, 2 failed." in said
    assert run(scans, server, "--retry") == 0
    assert len(texts(scans)) == 5


def test_images_that_leave_the_machine_are_announced(capsys: pytest.CaptureFixture[str]) -> None:
    choice = server_choice.ServerChoice("https://gpu.example.org/v1", "qwen3-vl")
    choice.announce(choice.model())
    assert "Images are sent to “gpu.example.org” and leave this machine." in capsys.readouterr().err


@pytest.mark.parametrize(
    "more",
    [["--server", "ftp://x"], ["--server", "box:8000", "--model", "m"], ["--server", "box:8000", "--at-once", "0"]],
)
def test_arguments_that_make_no_sense(more: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as raised:
        batch.main([str(tmp_path), "-o", str(tmp_path / "out"), *more])
    assert raised.value.code == 2
