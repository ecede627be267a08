"""The box of one notice."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label
from app.ui.widgets.notice import Action, Notice


class NoticeBox(QFrame):
    """Shows a notice with a button for each of its actions. `dismissed(Notice)` is emitted by the × if there is one."""

    dismissed = Signal(Notice)

    def __init__(self, notice: Notice, *, is_dismissible: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = notice
        self.setObjectName("notice")
        self.setProperty("severity", notice.severity.value)
        self.sentence = label(notice.sentence, wraps=True, parent=self)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for named in (self, self.sentence):
            named.setAccessibleName(self.sentence.text())
        self.buttons = tuple(self._button(action) for action in notice.actions)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 8, 8, 8)
        self._row.setSpacing(8)
        self._row.addWidget(self.sentence, 1)
        self._add_buttons()
        if is_dismissible:
            self.close_button = icon_button(Icon.CLOSE, tr("Dismiss this message"), self)
            self.close_button.clicked.connect(self.dismiss)
            self._row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)

    @Slot()
    def dismiss(self) -> None:
        """Ask for the removal of the notice."""
        self.dismissed.emit(self.notice)

    def _add_buttons(self) -> None:
        for made in self.buttons:
            self._row.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)

    def _button(self, action: Action) -> QPushButton:
        made = button(action.label, Role.PLAIN, parent=self)
        made.clicked.connect(lambda: action.run(*action.arguments))
        return made
