"""A field that records the keys that are pressed in it."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QKeySequenceEdit, QToolButton, QWidget


class KeysEdit(QKeySequenceEdit):
    """Takes any keys but Esc, which ends the recording: `edited()` once keys are recorded or cleared.

    Modifiers without another key change nothing; QKeySequenceEdit takes them for no keys.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = QKeySequence()
        self.setMaximumSequenceLength(1)
        self.setClearButtonEnabled(True)
        self.editingFinished.connect(self._on_finished)
        for clear in self.findChildren(QToolButton):
            clear.clicked.connect(self._on_clear_clicked)

    @property
    def keys(self) -> str:
        """The keys as QKeySequence's portable text; empty if there are none."""
        return self.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def show_keys(self, keys: str) -> None:
        """Show keys, without emitting `edited`."""
        self._shown = QKeySequence(keys)
        self.setKeySequence(self._shown)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give the focus to the parent by Esc: the next key is not recorded, and Tab comes back."""
        if event.matches(QKeySequence.StandardKey.Cancel):
            if row := self.parentWidget():
                row.setFocus()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_finished(self) -> None:
        if self.keySequence().isEmpty():
            self.setKeySequence(self._shown)
        elif self.keySequence() != self._shown:
            self.edited.emit()

    @Slot()
    def _on_clear_clicked(self) -> None:
        self.clear()
        self._shown = QKeySequence()
        self.edited.emit()
