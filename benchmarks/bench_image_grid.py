"""The window of all images with ten thousand of them: `python -m benchmarks.bench_image_grid [N]`, on a real display.

The database of `bench_library`. It opens the window, filters it by words, and scrolls it from top to bottom and back as
an animation does, a step with every frame. With `PROFILE` in the environment, the scrolling is profiled.
"""

import cProfile
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import psutil
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractScrollArea, QApplication

from app.application import Lorgnette
from app.domain.chat.chat_images import ChatImage
from app.paths import Paths
from app.ui.images.image_library import FILTER_MILLISECONDS, ImageLibrary
from benchmarks.bench_library import RARE, fill

FRAMES_A_SECOND = 60
STEP = 140
"""Pixels that are scrolled with each frame: 8,400 a second, a line of images with each."""
QUERIES = (f"{RARE} 4711", RARE, "monter", "total", "")
"""On one image in a thousand, on some, on many, on all of them."""
REPEATS = 10
SCROLLS = 3


class Paints(QObject):
    """Counts how often the viewport of a scroll area was painted, and of these the times at another position."""

    def __init__(self, watched: QAbstractScrollArea) -> None:
        super().__init__()
        self.count = self.frames = 0
        self._bar, self._shown = watched.verticalScrollBar(), 0
        watched.viewport().installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's own name
        """Count, and let it be painted."""
        if event.type() is QEvent.Type.Paint:
            self.count += 1
            self.frames += self._bar.value() != self._shown
            self._shown = self._bar.value()
        return False


class Bench:
    """The application, and its window of all images."""

    def __init__(self, application: QApplication, lorgnette: Lorgnette) -> None:
        self._application = application
        self._lorgnette = lorgnette
        (self._library,) = lorgnette.window.findChildren(ImageLibrary)
        self._grid = self._library.grid
        self._paints = Paints(self._grid)
        self._lists = 0
        self._set_images = self._library.set_images
        self._library.set_images = self._on_listed  # type: ignore[method-assign]

    def _on_listed(self, query: str, images: tuple[ChatImage, ...]) -> None:
        self._set_images(query, images)
        self._lists += 1

    def rest(self, seconds: float) -> None:
        """Let what was begun come to its end."""
        end = time.perf_counter() + seconds
        self._until(lambda: time.perf_counter() > end, rests=True)

    def opening(self) -> float:
        """Return the seconds from the key to the painted images; their thumbnails follow."""
        before, begin = self._lists, time.perf_counter()
        self._lorgnette.window.library_triggered.emit()
        self._until(lambda: self._lists > before)
        self._until_painted()
        return time.perf_counter() - begin

    def query(self, words: str) -> float:
        """Return the seconds from the request, after the pause behind the last key, to the painted hits."""
        self._library.filter.setText(words)
        before, begin = self._lists, time.perf_counter()
        self._library.refresh()
        self._until(lambda: self._lists > before)
        self._until_painted()
        return time.perf_counter() - begin

    def scroll(self, *, is_up: bool) -> tuple[int, float, float]:
        """Return the frames painted from one end to the other, the seconds, and the CPU's seconds of this thread."""
        bar, timer = self._grid.verticalScrollBar(), QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(1000 // FRAMES_A_SECOND)
        timer.timeout.connect(lambda: bar.setValue(bar.value() + (-STEP if is_up else STEP)))
        before, begin, worked = self._paints.frames, time.perf_counter(), time.thread_time()
        timer.start()
        self._until(lambda: bar.value() == (bar.minimum() if is_up else bar.maximum()), rests=True)
        timer.stop()
        return self._paints.frames - before, time.perf_counter() - begin, time.thread_time() - worked

    def _until_painted(self) -> None:
        before = self._paints.count
        self._grid.viewport().update()
        self._until(lambda: self._paints.count > before)

    def _until(self, condition: Callable[[], bool], *, rests: bool = False) -> None:
        while not condition():
            self._application.processEvents()
            if rests:
                time.sleep(0.0005)


def memory() -> int:
    """Return the memory that this process holds, in MiB."""
    return int(psutil.Process().memory_info().rss) >> 20


def report(bench: Bench) -> None:
    """Open, filter, scroll."""
    bench.rest(2)
    before = memory()
    print(f"opened: {bench.opening() * 1000:.0f} ms; again {bench.opening() * 1000:.0f} ms")
    print(f"memory: {before} MiB before, {memory()} MiB with the images listed")
    for words in QUERIES:
        taken = np.array([bench.query(words) for _ in range(REPEATS)]) * 1000
        print(
            f"“{words}”: median {np.median(taken):.1f} ms, worst {taken.max():.1f} ms, after {FILTER_MILLISECONDS} ms"
        )
    for number in range(SCROLLS):
        frames, seconds, worked = bench.scroll(is_up=number % 2 == 1)
        rate, cost = frames / seconds, worked / frames * 1000
        print(f"scrolled: {frames} frames, {rate:.1f} a second, {cost:.2f} ms of CPU each; memory {memory()} MiB")


def main() -> None:
    """Fill a store, and measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    application = QApplication(["lorgnette"])
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.under(Path(folder))
        fill(paths, count)
        lorgnette = Lorgnette(paths, application)
        lorgnette.window.show()
        lorgnette.library.load()
        with cProfile.Profile() if os.environ.get("PROFILE") else nullcontext() as profile:
            report(Bench(application, lorgnette))
        if profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        lorgnette.shut_down()


if __name__ == "__main__":
    main()
