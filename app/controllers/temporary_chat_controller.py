"""Begins temporary chats, and asks before one with content is lost."""

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QMessageBox

from app.services.chat.chat_session import ChatSession
from app.services.chat.temporary_chat import TemporaryChat
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import tr


class TemporaryChatController(QObject):
    """Wires the window to the temporary chat."""

    def __init__(self, window: MainWindow, session: ChatSession, chat: TemporaryChat, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._session = session
        self._chat = chat
        self._question: QMessageBox | None = None
        window.temporary_triggered.connect(self._on_triggered)
        window.header.keep_clicked.connect(chat.keep)
        window.may_close = lambda: not chat.is_at_risk
        window.guard = chat.leave
        chat.leave_asked.connect(self._on_leave_asked)
        chat.problem_met.connect(window.notices.show_problem)

    @Slot()
    def _on_triggered(self) -> None:
        self._window.panes.show_chat()
        self._chat.start()
        self._window.composer.focus()

    @Slot()
    def _on_leave_asked(self) -> None:
        self._window.sidebar.select(self._session.conversation_id)  # Another one may have been clicked.
        if self._question is not None:
            return
        box = self._question = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(tr("Temporary chat"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(tr("This chat is temporary, and is lost when you leave it."))
        box.setInformativeText(tr("Keep it to find it, with its images, in the list of chats."))
        keep = box.addButton(tr("Keep it"), QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton(tr("Discard"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.finished.connect(lambda _: self._on_answered(box.clickedButton(), keep, discard))
        box.open()

    def _on_answered(self, chosen: object, keep: object, discard: object) -> None:
        self._question = None
        if chosen is keep:
            self._chat.keep()
        elif chosen is discard:
            self._chat.discard()
        else:
            self._chat.stay()
