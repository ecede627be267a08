"""The engine's state in plain words, at the bottom of the sidebar."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.domain.models.engine_status import EngineState, EngineStatus
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import ElidedLabel, label, tooltip


class EngineStatusLine(QFrame):
    """A dot, the state, progress while loading, a remedy, and the switch that keeps Lorgnette offline.

    `restart_clicked()`, `full_model_clicked()` to switch from the demo to the full model, `offline_toggled(bool)`.
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
        self.offline.setToolTip(tooltip(tr("Blocks every network connection.")))
        self.offline.toggled.connect(self._on_offline_toggled)
        self._connects = label(tr("Online only for downloads"), "muted", parent=self)
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
        """The wording of the state."""
        return self._words.text()

    def set_status(self, status: EngineStatus) -> None:
        """Show a state."""
        self._words.setText(ui_text.engine_status(status))
        self._words.setToolTip(tooltip(ui_text.engine_details(status)))
        self._dot.set_status(status)
        self._progress.setVisible(status.state is EngineState.LOADING and status.progress > 0)
        self._progress.setValue(round(status.progress * 100))
        self._leaves_machine = status.leaves_machine
        self._show_connects()
        self.restart.setText(tr("Try again") if status.server else tr("Restart engine"))
        self.restart.setVisible(status.offers_restart)
        self.full_model.setVisible(status.info is not None and status.info.policy.is_placeholder)

    def set_offline(self, offline: bool) -> None:
        """Set the offline switch."""
        self.offline.setChecked(offline)
        self._show_connects()

    def set_asks_versions(self, asks: bool) -> None:
        """Set whether Lorgnette checks for updates, which is a connection as well."""
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
        self._status = EngineStatus()

    def set_status(self, status: EngineStatus) -> None:
        self._status = status
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_wrong = self._status.is_silent or self._status.state in {EngineState.FAILED, EngineState.DIED}
        colour = QColor("#D9822B") if is_wrong else self.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(colour)
        if self._status.state is EngineState.READY or is_wrong:
            painter.setBrush(colour)
        painter.drawEllipse(1, 1, 8, 8)
