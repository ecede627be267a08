"""The header above the chat: its title, the model, and the menu."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.domain.text.visible_text import visible
from app.ui.shell.main_menu import MainMenu
from app.ui.shell.model_picker import ModelPicker
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import ElidedLabel, one_line, tooltip


class Header(QFrame):
    """A row of widgets. `keep_clicked()` when a temporary chat is to be saved."""

    keep_clicked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.fold = icon_button(Icon.SIDEBAR, tr("Show or hide the sidebar (Ctrl+B)"), self)
        self.title = ElidedLabel(parent=self)
        self.title.setObjectName("chatTitle")
        self.instructions = button(tr("Instructions"), Role.LINK, tr("Instructions for this chat"), self)
        self.instructions.hide()
        self.keep = button(tr("Keep this chat"), Role.SOFT, tr("Save this chat like any other"), self)
        self.keep.hide()
        self.model_picker = ModelPicker(self)
        self.menu_button = MainMenu(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(self.fold)
        row.addWidget(self.title, 1)
        row.addWidget(self.instructions)
        row.addWidget(self.keep)
        row.addWidget(self.model_picker)
        row.addWidget(self.menu_button)
        self.keep.clicked.connect(self.keep_clicked)

    def set_title(self, title: str) -> None:
        """Show the chat's title, also in the window's title."""
        self.title.setText(title)
        self.window().setWindowTitle(f"{visible(title)} — Lorgnette" if title else "Lorgnette")

    def set_instructions(self, text: str, assistant: str) -> None:
        """Show that a chat has instructions, by the name of its assistant if it has one; their text is the tooltip."""
        self.instructions.setVisible(bool(text))
        self.instructions.setText(one_line(assistant) if assistant else tr("Instructions"))
        self.instructions.setToolTip(tooltip(text))

    def set_temporary(self, *, is_temporary: bool) -> None:
        """Offer to keep a temporary chat."""
        self.keep.setVisible(is_temporary)
