"""How late an event loop runs."""

import time

import numpy as np
from PySide6.QtCore import Qt, QTimer

TICK_SECONDS = 0.005


class Watch:
    """A timer of TICK_SECONDS that notes how late the event loop is."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start(round(TICK_SECONDS * 1000))

    def _on_tick(self) -> None:
        now = time.perf_counter()
        self.lags.append(max(0.0, now - self._last - TICK_SECONDS))
        self._last = now

    def report(self, name: str) -> None:
        """Print what was seen since the last report, in milliseconds."""
        lags = np.array(self.lags) * 1000
        print(
            f"{name}: lag p50 {np.median(lags):.1f} ms, p99 {np.percentile(lags, 99):.1f} ms, worst {lags.max():.1f} ms"
        )
        self.lags.clear()
