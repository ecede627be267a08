"""The row of suggested questions under a dropped image; a column where the window is narrow."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from app.ui.shell.suggested_questions import MAX_QUESTIONS, all_questions
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import tooltip
from app.ui.widgets.theme import zoomed

SPACING = 8
PADDING = 32
"""Width in pixels that a button has beside its text."""
BORDERS = 28
"""Width in pixels that a button has for its borders."""


class Suggestions(QWidget):
    """Has the same size whichever questions it shows, so that nothing moves when others are suggested.

    `clicked(question)` is emitted for a click on one.
    """

    clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Suggested questions"))
        self._questions: tuple[str, ...] = ()
        self._all = all_questions()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACING)
        self.buttons = [button("", Role.PLAIN, parent=self) for _ in range(MAX_QUESTIONS)]
        for place, made in enumerate(self.buttons):
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            policy = made.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            made.setSizePolicy(policy)
            made.clicked.connect(partial(self._on_clicked, place))
            self._row.addWidget(made, 1)
        self._fit()

    def set_questions(self, questions: Sequence[str]) -> None:
        """Suggest these questions, at most MAX_QUESTIONS."""
        self._questions = tuple(questions)
        self._fit()

    def sizeHint(self) -> QSize:
        """Return the size of a row with room for the longest questions."""
        return QSize(MAX_QUESTIONS * (self._widest() + SPACING) - SPACING, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return any width, since questions that do not fit are cut, and the height of what is shown."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show a row or a column."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Measure the questions again when the zoom has changed."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._fit()

    def _widest(self) -> int:
        metrics = self.buttons[0].fontMetrics()
        return max(map(metrics.horizontalAdvance, self._all)) + zoomed(self, PADDING)

    def _fit(self) -> None:
        is_row = self.width() >= self.sizeHint().width()
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if is_row else QBoxLayout.Direction.TopToBottom)
        width = min(self._widest(), self.width())
        margin = 0 if is_row else (self.width() - width) // 2
        self._row.setContentsMargins(margin, 0, margin, 0)
        for place, made in enumerate(self.buttons):
            question = self._questions[place] if place < len(self._questions) else ""
            room = width - zoomed(self, BORDERS)
            made.setText(made.fontMetrics().elidedText(question, Qt.TextElideMode.ElideRight, room))
            made.setAccessibleName(question or tr("Suggested question"))
            made.setToolTip(tooltip(question) if made.text() != question else "")
            made.setVisible(bool(question))

    def _on_clicked(self, place: int) -> None:
        self.clicked.emit(self._questions[place])
