"""The engine's state in plain words, at the foot of the sidebar."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.domain.engine_status import EngineState, EngineStatus
from app.ui import words
from app.ui.buttons import Role, button
from app.ui.labels import ElidedLabel, label, tooltip
from app.ui.translation import tr


class EngineStatusLine(QFrame):
    """A dot, the state, progress while loading, Restart where it helps, and the way from the demo to the full model."""

    restart_clicked = Signal()
    full_model_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusArea")
        self._dot = _Dot(self)
        self._words = ElidedLabel(parent=self)
        self._words.setObjectName("statusWords")
        self._offline = label(tr("Connects only to download"), "muted", parent=self)
        self.restart = button(tr("Restart engine"), Role.LINK, parent=self)
        self.restart.clicked.connect(self.restart_clicked)
        self.full_model = button(tr("Get the full model…"), Role.LINK, parent=self)
        self.full_model.clicked.connect(self.full_model_clicked)
        self._progress = QProgressBar(self)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(tr("Loading"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._dot)
        row.addWidget(self._words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self._progress)
        for link in (self.restart, self.full_model):
            column.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._offline)
        self.set_status(EngineStatus())

    @property
    def text(self) -> str:
        """The state as it is worded."""
        return self._words.text()

    def set_status(self, status: EngineStatus) -> None:
        """Show this state."""
        self._words.setText(words.engine_status(status))
        self._words.setToolTip(tooltip(words.engine_details(status)))
        self._dot.set_state(status.state)
        self._progress.setVisible(status.state is EngineState.LOADING and status.progress > 0)
        self._progress.setValue(round(status.progress * 100))
        self._offline.setVisible(not (status.info and status.info.leaves_machine))
        self.restart.setVisible(status.state is EngineState.DIED)
        self.full_model.setVisible(status.info is not None and status.info.is_demo)


class _Dot(QWidget):
    """Filled when ready, a ring otherwise, in the colour of a warning when something is wrong."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(10, 10))
        self._state = EngineState.NO_MODEL

    def set_state(self, state: EngineState) -> None:
        self._state = state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_wrong = self._state in {EngineState.FAILED, EngineState.DIED}
        colour = QColor("#D9822B") if is_wrong else self.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(colour)
        if self._state is EngineState.READY or is_wrong:
            painter.setBrush(colour)
        painter.drawEllipse(1, 1, 8, 8)
