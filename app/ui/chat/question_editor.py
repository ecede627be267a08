"""The in-place editor of a question."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label
from app.ui.widgets.message_edit import MessageEdit


class QuestionEditor(QWidget):
    """Enter or Send submits, Esc or Cancel cancels. `submitted(str)` carries the text."""

    submitted = Signal(str)
    cancelled = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = MessageEdit(self)
        self.edit.setAccessibleName(tr("Question"))
        self.edit.setPlainText(text)
        self.edit.selectAll()
        self.edit.installEventFilter(self)
        self.send = button(tr("Send"), Role.PRIMARY, tr("Ask again"), self)
        self.cancel = button(tr("Cancel"), Role.PLAIN, tr("Discard the changes"), self)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(label(tr("The previous version is kept."), "muted", parent=self), 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.send)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.edit)
        column.addLayout(buttons)
        self.edit.submitted.connect(self._on_submitted)
        self.send.clicked.connect(self._on_submitted)
        self.cancel.clicked.connect(self.cancelled)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cancel on Esc, which elsewhere stops an answer."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() is QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                self.cancelled.emit()
                return True
        return super().eventFilter(watched, event)

    @Slot()
    def _on_submitted(self) -> None:
        if text := self.edit.toPlainText().strip():
            self.submitted.emit(text)
