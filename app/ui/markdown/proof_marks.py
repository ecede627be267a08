"""Marks in an answer's text: quiet lines under what its images say, clear ones under what they do not."""

import time

from PySide6.QtCore import QObject, QPoint, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QPalette, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextBrowser, QTextEdit

from app.domain.proofs.proofs import Proof, ProofSource, Verdict
from app.ui.markdown.text_positions import QtPositions
from app.ui.widgets.i18n import tr

DELAY_MILLISECONDS = 200
"""Time after a change of the text; an answer that is being written is looked through about five times a second."""
MAX_BUSY = 0.1
"""Maximum fraction of the window's time: after a look that took long, the next one is later."""
MAX_CHARACTERS = 20_000
"""Maximum length of a text that is looked through, in characters."""
WARNING = QColor("#E08A2C")


class ProofMarks(QObject):
    """Looks through the text of `browser` after each change; `changed` is emitted when the marks are others.

    `counted(found, others)` carries how many claims the images say, and how many they do not or say otherwise.
    """

    changed = Signal()
    counted = Signal(int, int)

    def __init__(self, browser: QTextBrowser) -> None:
        super().__init__(browser)
        self._browser = browser
        self._source: ProofSource | None = None
        self._spans: list[tuple[int, int, Proof, str]] = []
        """Where each proof's claim is, in Qt's positions, and its text."""
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MILLISECONDS)
        self._timer.timeout.connect(self._look)

    def set_source(self, source: ProofSource | None) -> None:
        """Set what was read on the images of the question; None if there is nothing to compare with."""
        if source is not self._source:
            self._source = source
            self.schedule()

    def schedule(self) -> None:
        """Look through the text soon; marks of text that is still there stay until then."""
        if self._spans:
            shown = self._browser.toPlainText()
            positions = QtPositions(shown)
            self._spans = [
                span
                for span in self._spans
                if shown[span[2].start : span[2].end] == span[3] and span[0] == positions.of(span[2].start)
            ]
        if (self._source or self._spans) and not self._timer.isActive():
            self._timer.start()

    def at(self, point: QPoint) -> Proof | None:
        """Return the proof of the claim at a point of the viewport."""
        place = self._browser.cursorForPosition(point).position()
        found = next((span for span in self._spans if span[0] <= place <= span[1]), None)
        return found[2] if found and self._is_on(point, found[0], found[1]) else None

    def selections(self) -> list[QTextEdit.ExtraSelection]:
        """Return the marks as Qt draws them."""
        return [self._selection(start, end, proof) for start, end, proof, _ in self._spans]

    @Slot()
    def _look(self) -> None:
        started = time.perf_counter()
        shown = self._browser.toPlainText()[:MAX_CHARACTERS]
        proofs = self._source.proofs(shown) if self._source else ()
        positions = QtPositions(shown)
        spans = [
            (positions.of(proof.start), positions.of(proof.end), proof, shown[proof.start : proof.end])
            for proof in proofs
        ]
        if spans != self._spans:
            self._spans = spans
            self.changed.emit()
        found = sum(proof.verdict is Verdict.FOUND for proof in proofs)
        self.counted.emit(found, len(proofs) - found)
        milliseconds = 1000 * (time.perf_counter() - started)
        self._timer.setInterval(max(DELAY_MILLISECONDS, round(milliseconds / MAX_BUSY)))

    def _is_on(self, point: QPoint, start: int, end: int) -> bool:
        """Return whether a point is on the letters, and not beside a line's end, for which Qt returns the nearest."""
        for position in (start, end):
            cursor = QTextCursor(self._browser.document())
            cursor.setPosition(position)
            area = self._browser.cursorRect(cursor)
            if area.top() <= point.y() <= area.bottom():
                return (point.x() >= area.left()) if position == start else (point.x() <= area.right())
        return True

    def _selection(self, start: int, end: int, proof: Proof) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.cursor = QTextCursor(self._browser.document())
        mark.cursor.setPosition(start)
        mark.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        palette = self._browser.palette()
        if proof.verdict is Verdict.FOUND:
            mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
            mark.format.setUnderlineColor(palette.color(QPalette.ColorRole.PlaceholderText))
        else:
            is_differing = proof.verdict is Verdict.DIFFERS
            style = QTextCharFormat.UnderlineStyle
            mark.format.setUnderlineStyle(style.WaveUnderline if is_differing else style.DashUnderline)
            mark.format.setUnderlineColor(WARNING)
            tint = QColor(WARNING)
            tint.setAlpha(45)
            mark.format.setBackground(tint)
        return mark


def proof_text(proof: Proof) -> str:
    """Return what the images say about a claim, as a sentence of the interface."""
    match proof.verdict:
        case Verdict.FOUND:
            return tr("On the image: “{text}”. Click to see it.", text=proof.printed)
        case Verdict.DIFFERS:
            return tr("The image says “{text}”. Click to see it.", text=proof.printed)
        case Verdict.MISSING:
            return tr("This was not found on the image.")
