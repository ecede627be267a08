"""How soon the window is painted, and how much memory its process takes: `python -m benchmarks.bench_start [RUNS]`.

Each run is a new process of the application itself over a fresh data folder, on the display that DISPLAY names. Time
counts from the start of the process, by the kernel's clock, to the end of the window's first paint; memory is the
process's resident set two seconds later, with no model open.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SETTLE_SECONDS = 2.0


def started_seconds_ago() -> float:
    """Since the kernel started this process; /proc counts in hundredths of a second since boot."""
    ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def run_once() -> None:
    """In the child: start as `lorgnette` does, print both figures, quit."""
    from PySide6.QtCore import QTimer  # noqa: PLC0415
    from PySide6.QtGui import QPaintEvent  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication, QMainWindow  # noqa: PLC0415

    from app import cli  # noqa: PLC0415
    from app.ui.shell.main_window import MainWindow  # noqa: PLC0415

    is_painted = threading.Event()

    def painted() -> None:
        seconds = started_seconds_ago()
        QTimer.singleShot(round(SETTLE_SECONDS * 1000), lambda: report(seconds))

    def report(seconds: float) -> None:
        print(f"{seconds:.3f} {resident_bytes()}")
        QApplication.quit()

    def paint_event(window: MainWindow, event: QPaintEvent) -> None:
        QMainWindow.paintEvent(window, event)
        if not is_painted.is_set():
            is_painted.set()
            QTimer.singleShot(0, painted)  # Once everything inside the window has been painted too, and flushed.

    MainWindow.paintEvent = paint_event  # type: ignore[assignment, method-assign]
    with tempfile.TemporaryDirectory() as folder:
        cli.main(["--data", folder])


def main() -> None:
    """Run the child several times and print the medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    figures = []
    for _ in range(runs):
        done = subprocess.run([sys.executable, "-m", "benchmarks.bench_start", "once"], capture_output=True, check=True)
        seconds, size = done.stdout.split()
        figures.append((float(seconds), int(size) / 1e6))
    for name, unit, values in zip(("first paint", "resident"), ("s", "MB"), zip(*figures, strict=True), strict=True):
        print(f"{name}: median {statistics.median(values):.2f} {unit} (from {min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    run_once() if sys.argv[1:] == ["once"] else main()
