"""How long the search takes among ten thousand images: `python -m benchmarks.bench_library [N]`.

A database of N chats, each with an image of its own and what was read on it: forty lines of drawn words, prices and
numbers. Each search is timed from the request until the side bar shows the hits, without the pause after the last key.
"""

import random
import resource
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from app.application import Lorgnette
from app.domain.chat.chat import Conversation, Message
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.ids import ConversationId, Digest, MessageId
from app.domain.images.geometry import Box, TextLine
from app.paths import Paths
from app.storage.stores import SqliteStores
from tests.support.chats import attachment, conversation, question

LINES = 40
SYLLABLES = ("ba", "ke", "ri", "to", "lu", "mon", "ter", "gas", "fel", "nor", "ip", "sun", "dra", "vel", "qua", "zi")
RARE = "Xylophone"
"""A word on one image in a thousand."""
QUERIES = (RARE, f"{RARE} 4711", "total", "monter", "total eur", "ba", "nothing-at-all")


def page(number: int) -> OcrPage:
    """Return what was read on an image: the same for the same number."""
    drawn = random.Random(number)
    lines = []
    for row in range(LINES):
        words = ["".join(drawn.choices(SYLLABLES, k=drawn.randint(1, 4))) for _ in range(4)]
        text = f"{' '.join(words)} {drawn.randint(0, 99999) / 100:.2f}"
        lines.append(TextLine.between(text, Box(10, 20 * row, 300, 20 * row + 15).corners, 0.98))
    ending = f"{RARE} 4711" if number % 1000 == 0 else "Thank you"
    return OcrPage(600, 900, tuple(lines), "\n".join([*(line.text for line in lines), "Total EUR 9.00", ending]))


def digest(number: int) -> Digest:
    """Return the digest of the image of a number."""
    return Digest(f"{number:064x}")


def fill(paths: Paths, count: int) -> float:
    """Write so many chats with an image each; return the seconds that it took to save what was read."""
    paths.database.parent.mkdir(parents=True, exist_ok=True)
    stores, seconds = SqliteStores.open(paths.database), 0.0
    picture = QImage(160, 120, QImage.Format.Format_RGB32)
    for number in range(count):
        chat, asked = _chat(number)
        stores.chats.save_turn(chat, (asked,))
        begin = time.perf_counter()
        stores.pages.add_ocr_result(OcrResult(digest=digest(number), number=0, page=page(number)))
        seconds += time.perf_counter() - begin
        thumbnail = paths.attachments / digest(number)[:2] / f"{digest(number)}.png"
        thumbnail.parent.mkdir(parents=True, exist_ok=True)
        picture.fill(QColor.fromHsv(number % 360, 120, 200))
        picture.save(str(thumbnail))
    stores.close()
    return seconds


def _chat(number: int) -> tuple[Conversation, Message]:
    chat, image = ConversationId(f"c{number}"), attachment(f"IMG_{number:05}.jpg", digest(number))
    asked = replace(question("What is this?", f"q{number}"), conversation_id=chat, attachments=(image,))
    return replace(conversation(chat, f"Image {number}"), leaf_id=MessageId(f"q{number}"), image_count=1), asked


def search(lorgnette: Lorgnette, application: QCoreApplication, query: str) -> float:
    """Return the seconds from the request until the hits have been painted."""
    sidebar = lorgnette.window.sidebar
    sidebar.search.setText(query)
    shown: list[str] = []
    found = lorgnette.library.found.connect(lambda words, _: shown.append(words))
    begin = time.perf_counter()
    lorgnette.library.search(query)
    while query not in shown:
        application.processEvents()
    application.processEvents()
    taken = time.perf_counter() - begin
    lorgnette.library.found.disconnect(found)
    return taken


def memory() -> int:
    """Return the most memory that the process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main() -> None:
    """Fill, open, search."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    application = QApplication(["lorgnette"])
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder))
        seconds = fill(paths, count)
        print(f"saved: {seconds / count * 1000:.1f} ms each, database {paths.database.stat().st_size >> 20} MiB")
        lorgnette = Lorgnette(paths, application)
        lorgnette.window.show()
        lorgnette.library.load()
        wait = partial(search, lorgnette, application)
        wait("warm up")
        before = memory()
        for query in QUERIES:
            taken = np.array([wait(query) for _ in range(10)]) * 1000
            hits = lorgnette.window.sidebar.results.count()
            print(f"“{query}”: {hits} rows, median {np.median(taken):.1f} ms, worst {taken.max():.1f} ms")
        for turn in range(200):
            wait(QUERIES[turn % len(QUERIES)])
        print(f"memory: {before} MiB before the searches, {memory()} MiB at most after {200 + 10 * len(QUERIES)}")
        lorgnette.shut_down()


if __name__ == "__main__":
    main()
