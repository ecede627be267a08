"""The bar for finding words in what a window shows."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from app.ui.widgets.buttons import icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label


class FindBar(QFrame):
    """`changed(str)` carries the query, `stepped(int)` 1 for the next match or -1 for the previous one."""

    changed = Signal(str)
    stepped = Signal(int)
    closed = Signal()

    def __init__(self, placeholder: str, none_found: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._none_found = none_found
        self.setObjectName("findBar")
        self.edit = QLineEdit(self)
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAccessibleName(placeholder)
        self.edit.setAcceptDrops(False)  # The window takes drops, wherever they land.
        self.edit.installEventFilter(self)
        self.count = label("", "muted", parent=self)
        self.previous = icon_button(Icon.PREVIOUS, tr("Previous match (Shift+Enter)"), self)
        self.next = icon_button(Icon.NEXT, tr("Next match (Enter)"), self)
        self.close_button = icon_button(Icon.CLOSE, tr("Close (Esc)"), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 6, 12, 6)
        row.setSpacing(6)
        row.addWidget(self.edit, 1)
        for part in (self.count, self.previous, self.next, self.close_button):
            row.addWidget(part)
        self.edit.textChanged.connect(self.changed)
        self.previous.clicked.connect(self._on_previous_clicked)
        self.next.clicked.connect(self._on_next_clicked)
        self.close_button.clicked.connect(self.close_bar)
        self.hide()

    def open_bar(self) -> None:
        """Show the bar with the focus in its field, and mark the last query's matches again."""
        self.show()
        self.edit.setFocus()
        self.edit.selectAll()
        self.changed.emit(self.edit.text())

    @Slot()
    def close_bar(self) -> None:
        """Hide the bar, and the marks."""
        self.hide()
        self.changed.emit("")
        self.closed.emit()

    @Slot(int, int)
    def set_place(self, place: int, count: int) -> None:
        """Show the position of the current match among `count`; 0 of 0 if there are none."""
        words = f"{place} / {count}" if count else self._none_found
        self.count.setText(words if self.edit.text().strip() else "")
        for step in (self.previous, self.next):
            step.setEnabled(count > 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter goes to the next match, Shift+Enter to the previous; Esc closes the bar and does not stop an answer."""
        if isinstance(event, QKeyEvent):
            is_press = event.type() is QEvent.Type.KeyPress
            if event.key() == Qt.Key.Key_Escape:
                if is_press:
                    self.close_bar()
                event.accept()
                return True
            if is_press and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                is_back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                self.stepped.emit(-1 if is_back else 1)
                return True
        return super().eventFilter(watched, event)

    @Slot()
    def _on_previous_clicked(self) -> None:
        self.stepped.emit(-1)

    @Slot()
    def _on_next_clicked(self) -> None:
        self.stepped.emit(1)
