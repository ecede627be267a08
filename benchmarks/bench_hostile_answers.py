"""How late the event loop runs over hostile answers: `python -m benchmarks.bench_hostile_answers [CASE]…`.

Each case streams into the real window, piece by piece, and is then opened as the latest chat at the next start, each in
a process of its own that is ended after PATIENCE_SECONDS. The target is 100 ms at worst.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.application import Lorgnette
from app.domain.chat.chat import Author, Message, MessageState, Role
from app.domain.ids import ConversationId
from app.domain.launch_request import LaunchRequest
from app.domain.models.answer_stats import FinishReason
from app.engine.process.messages import AnswerDelta, Done
from app.paths import Paths
from app.services.chat.answers import RunningAnswer
from app.storage.stores import SqliteStores
from benchmarks.lag import Watch
from tests.support.chats import answer, conversation, question

PATIENCE_SECONDS = 60.0
PIECES = 200
"""An answer comes in so many, 5 milliseconds apart."""
KILO = 1000

CASES: dict[str, Callable[[], str]] = {
    "ordinary": lambda: "## Heading\n\nSome *words* of a line.\n\n- one\n- two\n\n```python\nx = 1\n```\n\n" * 40,
    "word-100k": lambda: "a" * 100 * KILO,
    "word-1m": lambda: "a" * KILO * KILO,
    "line-10m": lambda: "word " * 2 * KILO * KILO,
    "words-1m": lambda: "word " * 200 * KILO,
    "table-90k": lambda: "| a | b | c |\n|---|---|---|\n" + "| one | two | three |\n" * 4 * KILO,
    "table-50000": lambda: "| a | b |\n|---|---|\n" + "| one | two |\n" * 50 * KILO,
    "table-wide": lambda: "|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n" + ("|" + "x|" * 2000 + "\n") * 20,
    "div-200k": lambda: "<div>&amp;" * 20 * KILO,
    "boxes-30000": lambda: "```json\n[" + '{"bbox_2d": [88, 400, 336, 560], "label": "B"},' * 30 * KILO + "]\n```",
    "frac-500": lambda: "$$" + r"\frac{1}{" * 500 + "x" + "}" * 500 + "$$",
    "frac-12-often": lambda: ("$$" + r"\frac{1}{" * 12 + "x" + "}" * 12 + "$$\n\n") * 50,
    "sqrt-bare": lambda: "$" + r"\sqrt" * 30 + " x$",
    "formulas": lambda: "$x^2$ and " * 5 * KILO,
    "lists-10000": lambda: "- " * 10 * KILO + "x",
    "lists-deep": lambda: "".join("  " * depth + "- x\n" for depth in range(600)),
    "quotes-10000": lambda: ">" * 10 * KILO + " x",
    "short-lines-1m": lambda: "ab\n" * 333 * KILO,
    "code-200k": lambda: "```python\n" + "x = foo(1, 'a')\n" * 12 * KILO + "```",
    "brackets-100k": lambda: "[" * 100 * KILO,
    "emphasis-100k": lambda: "*a **b _" * 12 * KILO,
    "links-100k": lambda: "[a](b) " * 14 * KILO,
    "ticks-100k": lambda: "`" * 100 * KILO,
    "marks-100k": lambda: "a" + "\u0301" * 100 * KILO,
}


class Turns:
    """The longest turn of the event loop, in processor time of its thread: others may use the machine meanwhile."""

    longest = 0.0


def turn(application: QApplication, act: Callable[[], None] = lambda: None) -> None:
    """Turn the event loop once, `act` within."""
    begin = time.thread_time()
    act()
    application.processEvents()
    Turns.longest = max(Turns.longest, time.thread_time() - begin)


def run_for(application: QApplication, is_done: Callable[[], bool]) -> None:
    """Turn the event loop until then."""
    while not is_done():
        turn(application)
        time.sleep(0.0005)


def report(watch: Watch, what: str) -> None:
    """Print what was seen since the last report."""
    print(f"longest turn {1000 * Turns.longest:.0f} ms of processor time; ", end="")
    watch.report(what)
    Turns.longest = 0.0


def stream(folder: Path, text: str) -> None:
    """Stream `text` as an answer in the real window, and have it saved."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    lorgnette = Lorgnette(Paths.under(folder), application)
    lorgnette.window.show()
    lorgnette.begin(LaunchRequest(), "")
    asked = replace(question(), conversation_id=ConversationId("c1"))
    made = replace(answer("", state=MessageState.STREAMING), model_name="A server")
    session, answers = lorgnette.session, lorgnette.answers
    shown = replace(conversation(), leaf_id=made.id)
    run_for(application, lambda: lorgnette.library is not None)
    saved: list[None] = []
    session._chats.run(lambda chats: chats.save_turn(shown, (asked, made)), lambda _: saved.append(None))
    run_for(application, lambda: bool(saved))
    session._library.put(shown)
    session.open(ConversationId("c1"))
    run_for(application, lambda: len(session.branch) == 2)
    answers._follow(RunningAnswer(made, lambda: None))
    watch = Watch()
    Turns.longest = 0.0
    size = max(1, len(text) // PIECES)
    begin = time.perf_counter()
    for start in range(0, len(text), size):
        piece = AnswerDelta(text[start : start + size])
        turn(application, lambda piece=piece: answers._on_event(made.id, piece))  # type: ignore[misc]
        until = time.perf_counter() + 0.005
        run_for(application, lambda until=until: time.perf_counter() > until)  # type: ignore[misc]
    turn(application, lambda: answers._on_event(made.id, Done(FinishReason.COMPLETE)))
    settle(application)
    report(watch, f"streamed in {time.perf_counter() - begin:.1f} s")
    view = lorgnette.window.chat_view
    for _ in range(20):
        turn(application, lambda: view.verticalScrollBar().setValue(view.verticalScrollBar().value() - 300))
    report(watch, "scrolled up")
    lorgnette.window.resize(lorgnette.window.width() - 150, lorgnette.window.height())
    settle(application)
    report(watch, "made narrower")
    lorgnette.shut_down()


def settle(application: QApplication) -> None:
    """Let what was begun come to its end."""
    until = time.perf_counter() + 0.5
    run_for(application, lambda: time.perf_counter() > until)


def write(folder: Path, messages: tuple[Message, ...]) -> None:
    """Put a chat into a new data folder."""
    paths = Paths.under(folder)
    paths.database.parent.mkdir(parents=True, exist_ok=True)
    stores = SqliteStores.open(paths.database)
    stores.chats.save_turn(replace(conversation(), leaf_id=messages[-1].id), messages)
    stores.close()


def start(folder: Path) -> None:
    """Start with that chat as the latest."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    lorgnette = Lorgnette(Paths.under(folder), application)
    lorgnette.window.show()
    settle(application)
    watch = Watch()
    Turns.longest = 0.0
    begin = time.perf_counter()
    lorgnette.begin(LaunchRequest(), "")
    run_for(application, lambda: bool(lorgnette.session.branch))
    settle(application)
    report(watch, f"opened in {time.perf_counter() - begin - 0.5:.1f} s")
    lorgnette.shut_down()


def one(mode: str, case: str) -> None:
    """One measurement, in this process."""
    application = QApplication(["lorgnette"])
    text = CASES[case]()
    with tempfile.TemporaryDirectory() as folder:
        if mode == "stream":
            stream(Path(folder), text)
        elif mode == "question":
            write(Path(folder), (replace(question(text), role=Role.USER), replace(answer(), author=Author.MODEL)))
            start(Path(folder))
        else:
            write(Path(folder), (question(), answer(text)))
            start(Path(folder))
    application.processEvents()


def main() -> None:
    """Run each case in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3])
        return
    for case in sys.argv[1:] or CASES:
        for mode in ("stream", "start", "question"):
            command = [sys.executable, "-m", "benchmarks.bench_hostile_answers", "--one", mode, case]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
            except subprocess.TimeoutExpired:
                print(f"{case} {mode}: still hanging after {PATIENCE_SECONDS:.0f} s", flush=True)
                continue
            for line in done.stdout.splitlines() or [done.stderr[-300:]]:
                print(f"{case} {mode}: {line}", flush=True)


if __name__ == "__main__":
    main()
