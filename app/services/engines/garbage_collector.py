"""Python's cyclic garbage collector, on one thread.

By default it runs on the thread whose allocation passes a threshold, and destroys garbage there. Qt objects may be
destroyed on their own thread only: otherwise the event loop of the GUI thread could deliver a timer to an object that a
background thread has destroyed, and crash.
"""

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MILLISECONDS = 1000
"""Interval of checking the thresholds: long enough for the CPU to sleep, short enough to limit the garbage."""


class GarbageCollector(QObject):
    """Collects on the thread of this object only, from its event loop, as soon as it has been created.

    Engine processes have no Qt; their own collector stays automatic.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MILLISECONDS)
        self._timer.timeout.connect(collect_due)
        self._timer.start()


def collect_due() -> None:
    """Collect the oldest generation that is due by Python's own thresholds; nothing if the youngest is not due."""
    counts_and_thresholds = zip(gc.get_count(), gc.get_threshold(), strict=True)
    due = [
        generation for generation, (count, threshold) in enumerate(counts_and_thresholds) if 0 < threshold < count
    ]  # A threshold of 0 disables collection.
    if 0 in due:
        gc.collect(due[-1])
