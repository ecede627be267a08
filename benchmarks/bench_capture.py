"""How soon a captured text is on the clipboard: `python -m benchmarks.bench_capture [RUNS]`.

The application runs with its real reader process on the display that DISPLAY names, beside a window with text. Each run
asks for a capture, drags an area of 600 x 200 pixels over the text and waits for the clipboard. Two spans are added up:
from the request, which a key makes, to the overlay's first paint, and from the release of the mouse to the clipboard's
new text; in between a person drags. The first run starts the reader process and is printed by itself.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication, QLabel

from app.application import Lorgnette
from app.domain.launch_request import LaunchRequest
from app.paths import Paths
from app.ui.images.capture_overlay import CaptureOverlay
from tests.support.on_screen import mouse

TEXT = """From key to clipboard: invoice 2026-1187 of 3 March
Delivery to 14 Harbour Street, second floor
Two chairs, oak, at 129.00 each: 258.00
VAT 19 % 49.02, total 307.02 EUR
Please pay within fourteen days. Thank you!"""
AREA = (600, 200)
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.7
"""Between runs, and while the person drags."""


def wait(application: QApplication, seconds: float) -> None:
    """Run the event loop."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.0005)


def overlay(application: QApplication) -> CaptureOverlay:
    """Wait for the overlay that covers the screen."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        application.processEvents()
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, CaptureOverlay) and widget.isVisible() and widget.windowHandle().isExposed():
                application.processEvents()  # It is painted.
                return widget
        time.sleep(0.0005)
    sys.exit("no overlay appeared")


def capture(application: QApplication, lorgnette: Lorgnette, label: QLabel) -> tuple[float, float]:
    """Capture the label; return both spans in seconds."""
    clipboard = QApplication.clipboard()
    clipboard.setText("before")
    start = time.perf_counter()
    lorgnette.take(LaunchRequest(capture=True, reads_text=True))
    cover = overlay(application)
    appeared = time.perf_counter() - start
    wait(application, PAUSE_SECONDS)
    corner = QPointF(cover.mapFromGlobal(label.mapToGlobal(label.rect().topLeft())))
    opposite = corner + QPointF(AREA[0] - 1, AREA[1] - 1)
    mouse(cover, QEvent.Type.MouseButtonPress, corner)
    mouse(cover, QEvent.Type.MouseMove, opposite)
    start = time.perf_counter()
    mouse(cover, QEvent.Type.MouseButtonRelease, opposite)
    end = time.monotonic() + PATIENCE_SECONDS
    while clipboard.text() == "before":
        application.processEvents()
        time.sleep(0.0005)
        if time.monotonic() > end:
            sys.exit("no text came")
    return appeared, time.perf_counter() - start


def main() -> None:
    """Print the spans of the first run, and the medians of the others."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    application = QApplication(["lorgnette"])
    with tempfile.TemporaryDirectory() as folder:
        lorgnette = Lorgnette(Paths.under(Path(folder)), application)
        label = QLabel(TEXT)
        label.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        label.setStyleSheet("background: white; color: black; font-size: 20px; padding: 12px")
        label.setFixedSize(*AREA)
        label.move(60, 60)
        lorgnette.begin(LaunchRequest(), "")
        label.show()
        wait(application, 3.0)  # The demo model is open by then.
        spans = []
        for number in range(runs + 1):
            appeared, read = capture(application, lorgnette, label)
            if number:
                spans.append((appeared, read, appeared + read))
            else:
                print(f"first: overlay {appeared:.2f} s, clipboard {read:.2f} s after the release")
                print(QApplication.clipboard().text())
            wait(application, PAUSE_SECONDS)
        for name, values in zip(("overlay", "clipboard", "both"), zip(*spans, strict=True), strict=True):
            print(f"{name}: median {statistics.median(values):.2f} s (from {min(values):.2f} to {max(values):.2f})")
        label.close()
        lorgnette.shut_down()


if __name__ == "__main__":
    main()
