"""The engine's state in plain words, at the foot of the sidebar."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.domain.engine_status import EngineState, EngineStatus
from app.ui import words
from app.ui.buttons import Role, button
from app.ui.labels import ElidedLabel, label, tooltip
from app.ui.translation import tr


class EngineStatusLine(QFrame):
    """A dot, the state, progress while loading, what helps, and the switch that keeps Lorgnette offline.

    `restart_clicked()`, `full_model_clicked()` for the way from the demo to the full model, `offline_toggled(bool)`.
    """

    restart_clicked = Signal()
    full_model_clicked = Signal()
    offline_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusArea")
        self._dot = _Dot(self)
        self._words = ElidedLabel(parent=self)
        self._words.setObjectName("statusWords")
        self.offline = QCheckBox(tr("Offline"), self)
        self.offline.setToolTip(tooltip(tr("No connection is opened, whatever is clicked.")))
        self.offline.toggled.connect(self._on_offline_toggled)
        self._connects = label(tr("Connects only to download"), "muted", parent=self)
        self._leaves_machine = self._asks_versions = False
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
        column.addWidget(self._connects)
        column.addWidget(self.offline)
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
        self._leaves_machine = bool(status.info and status.info.leaves_machine)
        self._show_connects()
        self.restart.setVisible(status.state is EngineState.DIED)
        self.full_model.setVisible(status.info is not None and status.info.is_demo)

    def set_offline(self, offline: bool) -> None:
        """Show where the switch is."""
        self.offline.setChecked(offline)
        self._show_connects()

    def set_asks_versions(self, asks: bool) -> None:
        """Whether newer versions are asked for, which is a connection besides."""
        self._asks_versions = asks
        self._show_connects()

    @Slot(bool)
    def _on_offline_toggled(self, offline: bool) -> None:
        self._show_connects()
        self.offline_toggled.emit(offline)

    def _show_connects(self) -> None:
        connects_besides = self._leaves_machine or self._asks_versions
        self._connects.setVisible(not connects_besides and not self.offline.isChecked())


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
