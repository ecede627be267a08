"""How fast a chat of ten thousand messages opens, scrolls and streams: `python -m benchmarks.bench_long_chat [N]`.

The real application with its real store, and answers with headings, lists, tables and code. Each step of the wheel and
each piece of a streamed answer is timed until the window has been painted; a frame at 60 Hz has 16.7 ms.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from app.application import Lorgnette
from app.domain.chat.chat import Message, MessageState
from app.paths import Paths
from app.storage.stores import SqliteStores
from tests.support.chats import answer, conversation, question

MARKDOWN = """# Answer {number}

The receipt of *{number}* lists **three** things:

- bread, 2.40
- milk, 1.10
- a [paper](https://example.org/{number})

| item | price |
|------|-------|
| bread | 2.40 |
| milk | 1.10 |

```python
total = sum(price for _, price in items)  # {number}
print(f"{{total:.2f}}")
```
"""
WHEEL = 120
"""Pixels, about one notch of a wheel."""


def fill(paths: Paths, count: int) -> None:
    """Write a chat with so many messages into the store."""
    paths.database.parent.mkdir(parents=True, exist_ok=True)
    messages: list[Message] = []
    for number in range(count):
        parent = messages[-1].id if messages else None
        if number % 2 == 0:
            messages.append(question(f"What does receipt {number} say?", f"m{number}", parent))
        else:
            messages.append(answer(MARKDOWN.format(number=number), f"m{number}", parent or ""))
    stores = SqliteStores.open(paths.database)
    stores.chats.save_turn(replace(conversation(), leaf_id=messages[-1].id), messages)
    stores.close()


def timed(application: QApplication, act: Callable[[], None]) -> float:
    """Seconds until the window has been painted after `act`."""
    begin = time.perf_counter()
    act()
    application.processEvents()
    application.processEvents()
    return time.perf_counter() - begin


def report(name: str, seconds: list[float]) -> None:
    """Print percentiles, in milliseconds."""
    marks = np.percentile(np.array(seconds) * 1000, (50, 95, 100))
    print(f"{name}: p50 {marks[0]:.1f} ms, p95 {marks[1]:.1f} ms, worst {marks[2]:.1f} ms over {len(seconds)}")


def main() -> None:
    """Fill, open, scroll, stream."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    application = QApplication(["lorgnette"])
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder))
        fill(paths, count)
        lorgnette = Lorgnette(paths, application)
        lorgnette.window.show()
        while not lorgnette.window.isVisible():
            application.processEvents()
        view, bar = lorgnette.window.chat_view, lorgnette.window.chat_view.verticalScrollBar()
        begin = time.perf_counter()
        lorgnette.library.load()
        while not view.answers:
            application.processEvents()
            time.sleep(0.0005)
        application.processEvents()
        print(f"{count} messages shown after {time.perf_counter() - begin:.2f} s")
        turns = [timed(application, partial(bar.setValue, bar.maximum() - WHEEL * turn)) for turn in range(400)]
        report("wheel up", turns)
        places = [int(place) for place in np.linspace(0, bar.maximum(), 60)]
        report("thumb dragged", [timed(application, partial(bar.setValue, place)) for place in places])
        streamed = answer("", "streamed", f"m{count - 1}", state=MessageState.STREAMING)
        text = MARKDOWN.format(number=count) * 8
        bar.setValue(bar.maximum())
        parts = [replace(streamed, text=text[:end]) for end in range(0, len(text), 12)]
        report("streaming", [timed(application, partial(view.put_message, part)) for part in parts])
        lorgnette.shut_down()


if __name__ == "__main__":
    main()
