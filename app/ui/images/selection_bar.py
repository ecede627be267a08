"""What can be done with an area that was selected on an image."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.ui.widgets.buttons import Role, button
from app.ui.widgets.copy_button import copy_button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import tr


class SelectionBar(QFrame):
    """`ask`, `read` and `copy` are buttons; `cancelled()` is emitted by "Cancel" and by Esc."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ask = button(tr("Ask"), Role.PRIMARY, tr("Attach the selected area to the question"), self)
        self.read = button(tr("Read text"), Role.SOFT, tr("Read the text of the selected area"), self)
        self.copy = copy_button(tr("Copy text"), Role.SOFT, tr("Copy the lines in the selected area"), self)
        self.cancel = button(tr("Cancel"), Role.PLAIN, tr("Remove the selection"), self)
        flow = FlowLayout()
        for each in (self.ask, self.read, self.copy, self.cancel):
            flow.addWidget(each)
        self.setLayout(flow)
        self.cancel.clicked.connect(self.cancelled)
        self.hide()

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window, where it would stop an answer."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() is QEvent.Type.KeyPress:
                self.cancelled.emit()
            event.accept()
            return True
        return super().event(event)
