"""`lorgnette mcp` as a program meets it: a process, asked over pipes."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from app.cli import main
from app.paths import DEMO_MODEL, RESOURCES
from tests.support.mcp_client import INITIALIZE, McpClient, mcp_client, outcome
from tests.support.mutations import good_files, mutated
from tests.support.processes import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
NOTE = RESOURCES / "samples" / "note.png"
WORDS = ["Gate", "B14", "Boarding", "09:35", "Luggage:", "23", "kg"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An allowed folder with a file as the scripted engines read it."""
    made = tmp_path / "allowed"
    made.mkdir()
    (made / "a.png").write_text("Total 9.99", encoding="utf-8")
    (made / "pages.pdf").write_text("one\ftwo\fthree", encoding="utf-8")
    return made


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_official_client_is_answered(mode: str, tmp_path: Path) -> None:
    """With the real engines and the demo model; `mode` is how the client finds out which versions there are."""
    (tmp_path / "note.png").write_bytes(NOTE.read_bytes())
    path = str(tmp_path / "note.png")
    arguments = ["-m", "app", "mcp", "--folder", str(tmp_path), "--model", str(DEMO_MODEL)]
    home = {"HOME": str(tmp_path), "PYTHONPATH": str(RESOURCES.parent)}
    server = StdioServerParameters(command=sys.executable, args=arguments, env=home)
    steps: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        del total, message
        steps.append(progress)

    async def run() -> list[tuple[bool, str]]:
        async with Client(server, mode=mode) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            assert names == ["read_text", "read_table", "ask_image"]
            asked = [
                ("read_text", {"path": path}),
                ("read_table", {"path": path}),
                ("ask_image", {"path": path, "question": "How many lines are there?"}),
                ("read_text", {"path": "/etc/passwd"}),
            ]
            answers = [await client.call_tool(*call, progress_callback=on_progress) for call in asked]
            texts = [part.text for answer in answers for part in answer.content if isinstance(part, TextContent)]
            return [(answer.is_error, text) for answer, text in zip(answers, texts, strict=True)]

    read, table, asked, refused = asyncio.run(run())
    assert (read[0], read[1].split()) == (False, WORDS)
    assert table == (False, "No table was found.")
    assert asked == (False, "3 lines")
    assert refused == (True, "“/etc/passwd” is not in a folder that the user allowed.")
    assert steps


def test_the_handshake_comes_first_and_chooses_a_version(tmp_path: Path) -> None:
    with mcp_client(tmp_path) as client:
        assert client.ask("server/discover")["error"]["code"] == -32601
        assert client.ask("tools/list")["error"]["code"] == -32600
        assert client.ask("ping")["result"] == {}
        assert client.ask("initialize")["error"]["code"] == -32602
        for asked, chosen in [("2024-11-05", "2024-11-05"), ("1999-01-01", "2025-11-25")]:
            result = client.ask("initialize", **INITIALIZE | {"protocolVersion": asked})["result"]
            assert result["protocolVersion"] == chosen
            assert result["capabilities"] == {"tools": {}}
        assert len(client.ask("tools/list")["result"]["tools"]) == 3
        assert client.ask("resources/list")["error"]["code"] == -32601
        assert client.engines() == []  # None is started before it is needed.


def test_what_is_no_message_is_told_and_harms_nothing(tmp_path: Path) -> None:
    with mcp_client(tmp_path) as client:
        client.initialize()
        client.send(b"{\n[]\n" + b"x" * 3_000_000 + b"\n\xff\n")
        client.say(id="roots", result={"roots": [{"uri": "file:///etc"}]})
        client.say(method="notifications/roots/list_changed")
        client.say(method="notifications/cancelled", params={"requestId": 99})
        client.say(method="notifications/cancelled", params={"requestId": {}})
        assert client.ask("ping")["result"] == {}
        codes = [one["error"]["code"] for one in client.messages if "error" in one]
        assert codes == [-32700, -32600, -32600, -32700]
        rng = Random(2)
        good = b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_text","arguments":{"path":"/a"}}}'
        for _ in range(300):
            client.send(mutated(good, rng).replace(b"\n", b"") + b"\n")
        assert client.ask("ping")["result"] == {}


def test_tools_read_what_is_allowed_and_tell_what_is_not(folder: Path, tmp_path: Path) -> None:
    with mcp_client(tmp_path, "--folder", str(folder)) as client:
        client.initialize()
        path, pages = str(folder / "a.png"), str(folder / "pages.pdf")
        assert client.call("read_text", path=path) == (False, "Total 9.99\n")
        assert client.call("read_text", path=pages, pages="2-") == (False, "[Page 2]\ntwo\n\n[Page 3]\nthree\n")
        assert client.call("read_table", path=path, format="csv") == (False, "No table was found.")
        refused = {
            "is not in a folder": client.call("read_text", path=str(tmp_path / "a.png")),
            "none of them in “pages”": client.call("read_text", path=pages, pages="9"),
            "use a form like 1-3,7": client.call("read_text", path=pages, pages="one"),
            "Expected `str`, got `int`": client.call("read_text", path=7),
            "unknown field `limit`": client.call("read_text", path=path, limit=2),
            "missing required field": client.call("read_text"),
            "Invalid enum value": client.call("read_table", path=path, format="xml"),
            "There is no model": client.call("ask_image", path=path, question="What is it?"),
        }
        for part, (is_error, text) in refused.items():
            assert is_error
            assert part in text
            assert "\n" not in text
        assert client.ask("tools/call", name="write_text", arguments={})["error"]["code"] == -32602
        assert client.ask("tools/call", arguments={})["error"]["code"] == -32602
        assert outcome(client.ask("tools/call", name="read_text", arguments=[1]))[0]
    assert client.errors == []


def test_questions_are_answered_by_the_model(folder: Path, tmp_path: Path) -> None:
    path = str(folder / "a.png")
    with mcp_client(tmp_path, "--folder", str(folder), "--model", str(folder)) as client:
        client.initialize()
        assert client.call("ask_image", path=path, question="say It is a till receipt") == (
            False,
            "It is a till receipt",
        )
        assert client.call("ask_image", path=path, question="long words") == (
            False,
            "words\nThe answer stopped at the length limit.",
        )
        assert "Total 9.99" in client.call("ask_image", path=path, question="request")[1]
        assert "took too long or crashed" in client.call("ask_image", path=path, question="die")[1]
        assert client.call("ask_image", path=path, question="say once more") == (False, "once more")
        is_error, text = client.call("ask_image", path=path, question="bug")
        assert is_error
        assert "Traceback" not in text
        assert (
            "has 3 pages, and no page 4"
            in client.call("ask_image", path=str(folder / "pages.pdf"), question="?", page=4)[1]
        )


def test_a_cancelled_call_is_stopped_and_not_answered(folder: Path, tmp_path: Path) -> None:
    path, state = str(folder / "a.png"), tmp_path / "state"
    with mcp_client(tmp_path, "--folder", str(folder), "--model", str(folder)) as client:
        client.initialize()
        held = client.begin_call("ask_image", path=path, question=f"hold {state}")
        waits = client.begin_call("read_text", path=path)
        stays = client.begin_call("read_text", path=path)
        wait_until(state.exists)
        assert client.ask("ping")["result"] == {}  # While a call is served.
        busy = [client.begin_call("read_text", path=path) for _ in range(20)]
        assert client.answer_to(busy[-1])["error"]["code"] == -32000
        client.say(method="notifications/cancelled", params={"requestId": waits})
        client.say(method="notifications/cancelled", params={"requestId": held, "reason": "no longer wanted"})
        assert outcome(client.answer_to(stays)) == (False, "Total 9.99\n")
        wait_until(lambda: state.read_text(encoding="utf-8") == "stopped")
        client.answer_to(busy[0])
        assert not {held, waits} & {one.get("id") for one in client.messages}


@pytest.mark.parametrize(
    ("number", "status"), [(None, 0), (signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
def test_it_ends_with_its_client_and_leaves_no_process(
    number: signal.Signals | None, status: int, folder: Path, tmp_path: Path
) -> None:
    """Within an answer, by a signal or since the client closes the input."""
    path, state = str(folder / "a.png"), tmp_path / "state"
    with mcp_client(tmp_path, "--folder", str(folder), "--model", str(folder)) as client:
        client.initialize()
        client.call("read_text", path=path)
        client.begin_call("ask_image", path=path, question=f"hold {state}")
        wait_until(state.exists)
        assert len(client.engines()) == 3
        if number is None:
            assert client.process.stdin
            client.process.stdin.close()
        else:
            client.process.send_signal(number)
        assert client.wait() == status
    assert "Traceback" not in "".join(client.errors)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("end", ["close", "block", "block and close the input"])
def test_output_that_nobody_takes_ends_it(end: str, tmp_path: Path) -> None:
    """A client that reads nothing holds up neither a signal nor the end of the input."""
    program = [sys.executable, "-m", "app", "mcp"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        ping = b'{"jsonrpc":"2.0","id":"' + b"x" * 200 + b'","method":"ping"}\n'
        process.stdin.write(ping)
        process.stdin.flush()
        process.stdout.readline()
        if end == "close":
            process.stdout.close()
            process.stdin.write(ping)
            process.stdin.flush()
            assert process.wait(60) == 1
        else:
            for _ in range(300):  # 64 KB are in the pipe, and some messages wait behind them.
                process.stdin.write(ping)
            process.stdin.flush()
            if end == "block":
                process.send_signal(signal.SIGTERM)
            else:
                process.stdin.close()
            assert process.wait(60) == 0
        errors = process.stderr.read()
    assert errors.decode() == ""


@pytest.mark.parametrize("kind", ["lorgnette-images", "lorgnette-reader"])
def test_a_killed_engine_costs_at_most_one_call(kind: str, tmp_path: Path) -> None:
    (tmp_path / "note.png").write_bytes(NOTE.read_bytes())
    path = str(tmp_path / "note.png")
    with mcp_client(tmp_path, "--folder", str(tmp_path), is_scripted=False) as client:
        client.initialize()
        assert client.call("read_text", path=path)[1].split() == WORDS
        before = kind_of(client, kind)
        begun = client.begin_call("read_text", path=path)
        os.kill(before, signal.SIGKILL)
        is_error, text = outcome(client.answer_to(begun))
        assert "took too long or crashed" in text if is_error else text.split() == WORDS
        assert client.call("read_text", path=path)[1].split() == WORDS
        assert kind_of(client, kind) != before


def kind_of(client: McpClient, kind: str) -> int:
    """The process id of the engine process of a kind."""
    name = kind[:15]
    return next(pid for pid in client.engines() if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")[:-1] == name)


def test_hostile_files_are_answered_with_text_or_a_sentence(tmp_path: Path) -> None:
    """Damaged images, documents and videos, decoded by the real engines."""
    rng = Random(3)
    good = tmp_path / "good"
    good.mkdir()
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    with mcp_client(tmp_path, "--folder", str(allowed), is_scripted=False) as client:
        client.initialize()
        for file in good_files(good):
            path = allowed / file.name
            path.write_bytes(mutated(file.read_bytes(), rng))
            is_error, text = client.call("read_text", path=str(path))
            assert text
            assert not is_error or text.endswith(".")
        assert client.ask("ping")["result"] == {}
    assert "Traceback" not in "".join(client.errors)


def test_what_cannot_be_started_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mcp", "--folder", str(tmp_path / "missing")]) == 1
    assert "is no folder that can be allowed" in capsys.readouterr().err
    assert main(["mcp", "--model", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "has no config.json" in shown.err
    assert shown.out == ""


def test_it_needs_no_web_server(tmp_path: Path) -> None:
    """As in an environment without the extra of `lorgnette serve`."""
    code = "import sys; sys.modules['starlette'] = sys.modules['uvicorn'] = None\n"
    code += "from app.cli import main; sys.exit(main(['mcp', '--folder', sys.argv[1]]))"
    asked = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(asked)
        process.stdin.flush()
        assert process.stdout.readline() == b'{"jsonrpc":"2.0","id":1,"result":{}}\n'
        process.stdin.close()
        assert process.wait(60) == 0
