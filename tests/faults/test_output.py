"""Whatever a model or a server may say: it is shown or kept, does nothing, and the window answers meanwhile."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from random import Random

import pytest

from tests.faults.conftest import Tries
from tests.faults.test_disk import is_well_reported
from tests.support.chat_server import ChatServer, chat_server, end, piece
from tests.support.driver import Driver, Fact, driving

LOOP_SECONDS = 1.0
"""Of the processor, for which the event loop may be kept busy; a bench reports how long it is on a quiet machine."""
ANSWER_SECONDS = 90.0
PIECE = 4000


class Trap:
    """A server that nobody may ever ask."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        trap = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                trap.asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def speaker() -> Iterator[ChatServer]:
    """One server for all, which need not be connected to anew."""
    with chat_server() as made:
        yield made


def have_say(app: Driver, speaker: ChatServer, text: str) -> None:
    """What is answered from now on."""
    speaker.answer = pieces(text)
    app.read()
    if not any(fact.get("server") for fact in app.facts):
        app.connect(speaker.address)


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    yield made
    made.close()


def table(rows: int) -> str:
    return "| a | b | c |\n|---|---|---|\n" + "| 1 | 2 | 3 |\n" * rows


def active(address: str) -> str:
    """Everything that some renderer would load, run or open by itself."""
    return f"""
<img src="{address}/img"><script src="{address}/script"></script><iframe src="{address}/frame"></iframe>
<link rel=stylesheet href="{address}/css"><style>@import url("{address}/import");</style>
<meta http-equiv="refresh" content="0;url={address}/refresh"><object data="{address}/object"></object>
<form action="{address}/form"><input autofocus onfocus="x"></form><video src="{address}/video" autoplay></video>
![picture]({address}/picture) ![file](file:///etc/passwd) [link]({address}/link) <{address}/auto>
[js](javascript:alert(1)) [data](data:text/html,<script>1</script>) ![svg](data:image/svg+xml,<svg/onload=1>)
$\\href{{{address}/math}}{{x}}$ $\\text{{<img src={address}/text>}}$ $\\includegraphics{{{address}/graphics}}$
```html
<img src="{address}/code">
```
"""


SAYINGS: dict[str, Callable[[str], str]] = {
    "one word of 100 KB": lambda _: "x" * 100_000,
    "one line of 10 MB": lambda _: "x" * 10_000_000,
    "words of 1 MB": lambda _: "word " * 200_000,
    "short lines of 1 MB": lambda _: "ab\n" * 350_000,
    "a table of 50,000 rows": lambda _: table(50_000),
    "a table of 2,000 columns": lambda _: "|a" * 2000 + "|\n" + "|-" * 2000 + "|\n" + "|b" * 2000 + "|\n",
    "10,000 nested lists": lambda _: "\n".join(" " * (2 * depth) + "- x" for depth in range(3000)) + "- " * 10_000,
    "10,000 nested quotes": lambda _: "> " * 10_000 + "deep",
    "200 KB of tags": lambda _: "<div>" * 20_000 + "&amp;" * 20_000,
    "100 KB of emphasis": lambda _: "*a **b " * 15_000,
    "brackets": lambda _: "[" * 50_000 + "](" * 50_000,
    "an open fence": lambda _: "```python\n" + "def f(): pass\n" * 10_000,
    "30,000 boxes": lambda _: "[" + ",".join('{"bbox_2d": [1, 2, 3, 4], "label": "a"}' for _ in range(30_000)) + "]",
    "broken boxes": lambda _: '```json\n[{"bbox_2d": [NaN, -1e999, "x", null], "label": 7}, {"bbox_2d": [[[[',
    "boxes outside": lambda _: '[{"bbox_2d": [-99999999999, 1e300, 5, 5], "label": "' + "l" * 50_000 + '"}]',
    "nested fractions": lambda _: "$" + "\\frac{1}{" * 500 + "x" + "}" * 500 + "$",
    "2,000 formulas": lambda _: "$x^2_{i}$ " * 2000,
    "nested json": lambda _: "[" * 100_000,
    "bidi": lambda _: "\u202eabc\u2066def\u2069 \u200f" * 5000,
    "controls": lambda _: "".join(map(chr, range(32))) * 500 + "\x1b]0;title\x07\x1b[2J\x9b31m" * 100,
    "marks upon marks": lambda _: "a" + "\u0301" * 20_000,
    "emoji": lambda _: "👩‍👩‍👧‍👦" * 5000,
    "every plane": lambda _: "".join(chr(code) for code in range(0, 0x110000, 37) if not 0xD800 <= code < 0xE000),
    "surrogates": lambda _: "a\ud800b\udfffc",
    "everything active": active,
}
FREEZES = "long answers freeze the window; being mended in app/ui"


def pieces(text: str) -> list[bytes]:
    return [piece(text[start : start + PIECE]) for start in range(0, len(text), PIECE)] + [end()]


def objections(app: Driver, *, seconds: float = ANSWER_SECONDS) -> list[str]:
    """What is to be said against how the window takes the answer to a question."""
    told = len(app.problems())
    app.do("new_chat")
    app.do("toil")
    app.do("send", text="Say it.")
    deadline = time.monotonic() + seconds
    try:
        while (seen := app.do("look", seconds))["busy"] or len(seen["branch"]) != 2:
            if time.monotonic() > deadline:
                return ["the answer does not end"]
            time.sleep(0.05)
        app.do("ping", seconds)
    except AssertionError:
        return ["the window stands still"]
    found = is_well_reported(app.problems()[told:])
    if (busy := app.do("toil")) > LOOP_SECONDS:
        found.append(f"the window stood still for {busy:.1f} s")
    if not seen["branch"][1][2]:
        found.append("nothing of the answer was kept")
    return found


def is_of(target: str, fact: Fact) -> bool:
    return bool(fact["target"] == target)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("saying", SAYINGS, ids=lambda name: name.replace(" ", "-"))
def test_whatever_is_said_is_inert_and_freezes_nothing(
    app: Driver, speaker: ChatServer, trap: Trap, home: Path, saying: str
) -> None:
    """It streams, is kept, is shown again by the next look at the chat, and is exported; nobody is called by it."""
    have_say(app, speaker, SAYINGS[saying](trap.address))
    assert objections(app) == []
    chat = app.do("look")["chat"]
    app.do("new_chat")
    app.do("toil")
    app.do("open_chat", chat=chat)
    app.wait_until(lambda seen: len(seen["branch"]) == 2)
    app.do("ping", ANSWER_SECONDS)
    assert app.do("toil") < LOOP_SECONDS
    for suffix in ("html", "md", "pdf") if saying == "everything active" else ("html",):
        target = str(home / f"chat.{suffix}")
        app.do("export", target=target)
        app.wait_for("exported", ANSWER_SECONDS, partial(is_of, target))
    assert trap.asked == []


@pytest.mark.timeout(300)
def test_the_next_start_shows_the_longest_answer_as_well(home: Path, server: ChatServer) -> None:
    """The chat of a very long answer is the latest, so that the next start opens it: at once."""
    server.answer = pieces(table(20_000) + "x" * 500_000)
    with driving(home) as app:
        app.begin()
        app.connect(server.address)
        assert objections(app) == []
        assert app.quit() == 0
    with driving(home) as again:
        again.begin()
        again.wait_until(lambda seen: len(seen["branch"]) == 2)
        again.do("ping")
        assert again.do("gap") < LOOP_SECONDS
        assert again.quit() == 0


@pytest.mark.timeout(300)
def test_an_answer_without_end_is_ended(home: Path, server: ChatServer) -> None:
    """A server that never stops costs bounded memory, and Stop ends it at once."""

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield piece("more and more " * 50)

    server.answer = Endless()  # type: ignore[assignment]
    with driving(home) as app:
        app.begin()
        app.connect(server.address)
        app.do("send", text="Go on and on.")
        app.wait_for("painted", holds=lambda fact: fact["length"] > 1000)
        app.do("toil")
        time.sleep(3)
        app.do("stop", ANSWER_SECONDS)
        app.wait_until(lambda seen: not seen["busy"], ANSWER_SECONDS)
        assert app.do("toil") < LOOP_SECONDS
        assert app.quit() == 0


def test_random_markdown_freezes_nothing(app: Driver, speaker: ChatServer, rng: Random, tries: Tries) -> None:
    """Pieces of Markdown, HTML, TeX and JSON in any order, cut anywhere."""
    parts = ["# ", "* ", "> ", "```", "|a|b|\n|-|-|\n", "$\\frac{", "}$", "[", "](x)", "<b>", "&#x", "\n", "\n\n", "**"]
    parts += ['{"bbox_2d": [', "1, ", "]}", "word ", "\t", "    ", "~~", "![", "\\", "`", "<!--", "1. ", "\u202e", "$$"]
    for _ in range(tries(6, 300)):
        text = "".join(rng.choice(parts) * rng.choice([1, 1, 1, 2, 30]) for _ in range(rng.randrange(10, 2000)))
        have_say(app, speaker, text)
        assert objections(app) == []


def test_twin_a_frozen_window_and_a_call_are_objected_to(
    home: Path, server: ChatServer, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer = pieces("Some text.")
    with driving(home) as app:
        app.begin()
        app.connect(server.address)
        assert objections(app) == []
        monkeypatch.setattr("tests.faults.test_output.LOOP_SECONDS", 0.0)
        (said,) = objections(app)
        assert said.startswith("the window stood still for")
        server.answer = [piece("It goes on, "), end()]
        server.hold.clear()
        assert objections(app, seconds=2) == ["the answer does not end"]
        server.hold.set()
    connection = HTTPConnection(trap.address.removeprefix("http://"), timeout=5)
    connection.request("GET", "/img")
    connection.getresponse().read()
    connection.close()
    assert trap.asked == ["/img"]
