"""A row of the settings window: its name and description, its editor, and a button that restores the default."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.domain.settings.settings import Settings
from app.ui.widgets.buttons import icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label
from app.ui.widgets.stacking_row import StackingRow
from app.ui.widgets.zoomed_width import ZoomedWidth

EDITOR_WIDTH, MIN_TEXT_WIDTH = 240, 220
"""Widths of an editor and, at least, of the text beside it, in pixels of the style sheet."""


class SettingRow(QWidget):
    """The row of one setting: its name, description, editor, and a button that restores the default.

    `changed` carries a function from settings to settings.
    """

    changed = Signal(object)  # Callable[[Settings], Settings]: any function will do.

    def __init__(self, name: str, help_text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.heading = ""
        self.name = name
        self.search_text = f"{name} {help_text}"
        self.hint = label(help_text, "muted", wraps=True, parent=self)
        self.hint.setVisible(bool(help_text))
        self.reset = icon_button(Icon.RESET, tr("Reset {name} to its default", name=name), self)
        self.reset.clicked.connect(self._on_reset_clicked)

    def lay_out(self, editor: QWidget) -> None:
        """Place the editor beside the text."""
        editor.setAccessibleName(self.name)
        name_clear_buttons(editor, tr("Clear {name}", name=self.name))
        texts, controls = QWidget(self), QWidget(self)
        column = QVBoxLayout(texts)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(label(self.name, wraps=True, parent=self))
        column.addWidget(self.hint)
        beside = QHBoxLayout(controls)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(editor)
        beside.addWidget(self.reset)
        beside.addStretch(1)
        row = QVBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.addWidget(StackingRow(texts, controls, MIN_TEXT_WIDTH, self))
        ZoomedWidth(self, editor.setFixedWidth, EDITOR_WIDTH)

    def show_settings(self, settings: Settings) -> None:
        """Show the setting's present value."""
        raise NotImplementedError

    def default_change(self, settings: Settings) -> Settings:
        """Return the settings with the default for this one."""
        raise NotImplementedError

    def _enable(self, made: QAbstractButton, *, is_enabled: bool) -> None:
        """Enable or disable a button, whose focus the row takes: Qt would give it to another row, and scroll there."""
        if made.hasFocus() and not is_enabled:
            self.setFocus()
        made.setEnabled(is_enabled)

    @Slot()
    def _on_reset_clicked(self) -> None:
        self.changed.emit(self.default_change)


def name_clear_buttons(editor: QWidget, name: str) -> None:
    """Name the buttons that clear an editor for screen readers."""
    for clear in editor.findChildren(QToolButton):
        clear.setAccessibleName(name)
