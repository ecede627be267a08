"""The panes sidebar, chat and viewer: side by side as far as there is room, else in place of one another."""

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from app.ui.shell.sidebar import Sidebar
from app.ui.widgets.theme import zoomed

NARROW = 760
"""Width in pixels, at a zoom of 100 %, below which the sidebar is a page in place of the chat, if it is wanted."""
WIDE = 900
"""Width in pixels, at a zoom of 100 %, from which an image is shown beside the chat instead of in its place."""
CHAT_SHARE = 56
"""Share of the chat in the width beside the sidebar while an image is shown, in percent."""


class Panes(QWidget):
    """Shows and hides the panes; `chat_shown()` when the chat is shown again in place of the sidebar."""

    chat_shown = Signal()

    def __init__(self, sidebar: Sidebar, chat: QWidget, viewer: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.wants_sidebar = True
        self._sidebar = sidebar
        self._chat = chat
        self._viewer = viewer
        self._is_page = False
        self._is_viewer_alone = False
        self._is_divided = False
        self._halves = QSplitter(self)
        self._halves.setChildrenCollapsible(False)
        self._halves.addWidget(chat)
        self._halves.addWidget(viewer)
        viewer.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(sidebar)
        row.addWidget(self._halves, 1)
        for left in (sidebar.conversation_chosen, sidebar.hit_chosen, sidebar.new_chat_clicked, sidebar.search_left):
            left.connect(self.show_chat)
        sidebar.fold.clicked.connect(self.show_chat)

    @property
    def is_wide(self) -> bool:
        """True if there is room for an image beside the chat."""
        return self.width() >= zoomed(self, WIDE)

    @property
    def is_sidebar_alone(self) -> bool:
        """True if the sidebar is shown in place of the chat."""
        return self._is_page

    @Slot()
    def show_sidebar(self) -> None:
        """Show the sidebar, in place of the chat in a narrow window."""
        if self._is_narrow:
            self._is_page = True
        else:
            self.wants_sidebar = True
        self._arrange()

    @Slot()
    def toggle_sidebar(self) -> None:
        """Show the sidebar or hide it."""
        if self._sidebar.isHidden():
            self.show_sidebar()
        elif self._is_page:
            self.show_chat()
        else:
            self.set_sidebar_wanted(False)

    def set_sidebar_wanted(self, is_wanted: bool) -> None:
        """Show or hide the sidebar where there is room for it beside the chat."""
        self.wants_sidebar = is_wanted
        self._arrange()

    @Slot()
    def show_chat(self) -> None:
        """Show the chat again, if the sidebar is in its place."""
        if self._is_page:
            self._is_page = False
            self._arrange()
            self.chat_shown.emit()

    def set_viewer_shown(self, is_shown: bool) -> None:
        """Show the image, beside the chat if there is room, or the chat alone."""
        self._is_page = False
        self._viewer.setVisible(is_shown)
        self._arrange()
        if is_shown and self.is_wide and not self._is_divided:  # Afterwards the user moves the splitter.
            self._is_divided = True
            width = self._halves.width()
            self._halves.setSizes([width * CHAT_SHARE // 100, width - width * CHAT_SHARE // 100])

    def set_viewer_alone(self, is_alone: bool) -> None:
        """Show nothing but the image, or all panes again."""
        self._is_viewer_alone = is_alone
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Arrange the panes anew when the zoom has changed."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the panes for the new width."""
        super().resizeEvent(event)
        self._arrange()

    @property
    def _is_narrow(self) -> bool:
        return self.width() < zoomed(self, NARROW)

    def _arrange(self) -> None:
        self._is_page = self._is_page and self._is_narrow and not self._is_viewer_alone
        has_sidebar = self._is_page or (self.wants_sidebar and not self._is_narrow)
        self._sidebar.set_alone(self._is_page)
        self._sidebar.setVisible(has_sidebar and not self._is_viewer_alone)
        self._halves.setVisible(not self._is_page)
        self._chat.setVisible(not self._is_viewer_alone and (self.is_wide or self._viewer.isHidden()))
