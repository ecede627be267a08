"""The placeholder of an empty chat, which explains what can be done."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.domain.models.engine_status import EngineState, EngineStatus
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import joined, mark, sentences, tr
from app.ui.widgets.labels import label
from app.ui.widgets.theme import zoomed

CARD_WIDTH = 520
MARGIN = 12
MIN_LINES = 3
"""Minimum height, in lines of text."""
HINT = mark("A screenshot, receipt, scan or photo, or paste one with Ctrl+V.\nAsk about it or read its text.")
LOCAL_HINT = mark("Everything stays on this computer.")
TEMPORARY_HINT = mark("This chat is not saved. It is gone when you leave it.")
MODEL_HINT = mark("Read text works right away. To ask questions, choose a model.")
DEMO_HINT = mark(
    "The demo model answers “Read the text.”, “How many lines are there?” and “Where is …?” about short printed text. "
    "The full model answers anything."
)


class EmptyState(QScrollArea):
    """Shown in place of messages; scrolled in a low window."""

    open_clicked = Signal()
    sample_clicked = Signal()
    model_clicked = Signal()
    full_model_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget(self)
        content.setObjectName("emptyContent")
        self._card = card = QFrame(content)
        card.setObjectName("emptyCard")
        title = label(tr("Drop an image anywhere"), "title", wraps=True, parent=card)
        self.hint = label("", "hint", wraps=True, parent=card)
        self.open = button(tr("Open images…"), Role.PRIMARY, tr("Open images"), card)
        self.sample = button(tr("Try the sample"), Role.SOFT, tr("Add the sample image"), card)
        self.model = button(tr("Choose model…"), Role.PLAIN, tr("Choose a model folder"), card)
        self.full_model = button(tr("Get the full model…"), Role.PLAIN, tr("Get the full model"), card)
        row = FlowLayout()
        for item in (self.open, self.sample, self.model, self.full_model):
            row.addWidget(item)
        column = QVBoxLayout(card)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(title)
        column.addWidget(self.hint)
        column.addLayout(row)
        # An alignment instead of the stretches would ignore that the hint's height depends on its width.
        centre = QHBoxLayout()
        centre.addStretch(1)
        centre.addWidget(card)
        centre.addStretch(1)
        middle = QVBoxLayout(content)
        middle.addStretch(1)
        middle.addLayout(centre)
        middle.addStretch(1)
        self.setWidget(content)
        self.open.clicked.connect(self.open_clicked)
        self.sample.clicked.connect(self.sample_clicked)
        self.model.clicked.connect(self.model_clicked)
        self.full_model.clicked.connect(self.full_model_clicked)
        self._status, self._is_temporary = EngineStatus(), False
        self.set_status(self._status)

    def changeEvent(self, event: QEvent) -> None:
        """Resize the card when the style changes."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._fit_card()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shrink the card if an image is shown beside it."""
        super().resizeEvent(event)
        self._fit_card()

    def minimumSizeHint(self) -> QSize:
        """Return any width that the window wants, since the card shrinks, and the height of some lines."""
        return QSize(0, MIN_LINES * self.fontMetrics().lineSpacing())

    def _fit_card(self) -> None:
        self._card.setFixedWidth(max(0, min(zoomed(self, CARD_WIDTH), self.viewport().width() - 2 * MARGIN)))

    def set_status(self, status: EngineStatus) -> None:
        """Offer to choose a model if there is none, and the full model if the demo is open.

        It is not said that everything stays on this computer while a model on another one answers.
        """
        self._status = status
        is_missing = status.state in {EngineState.NO_MODEL, EngineState.FAILED}
        is_placeholder = status.info is not None and status.info.policy.is_placeholder
        self.model.setVisible(is_missing)
        self.full_model.setVisible(is_placeholder)
        more = tr(MODEL_HINT) if is_missing else tr(DEMO_HINT) if is_placeholder else ""
        where = tr(TEMPORARY_HINT) if self._is_temporary else "" if status.leaves_machine else tr(LOCAL_HINT)
        hint = sentences(tr(HINT), where)
        self.hint.setText(joined("\n", (hint, more)))

    def set_temporary(self, *, is_temporary: bool) -> None:
        """Say what a temporary chat is."""
        if is_temporary is not self._is_temporary:
            self._is_temporary = is_temporary
            self.set_status(self._status)
