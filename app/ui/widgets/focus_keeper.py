"""Control of the focus when the focused widget disappears."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication, QWidget


class FocusKeeper(QObject):
    """Gives the focus to `home` when the focused widget of `window` is hidden or disabled.

    Qt would give it to the next widget in the tab order: the next press of Space or Enter would start a new chat, or
    read a page again. A widget that replaces another takes the focus itself, afterwards, also if `home` is hidden.
    """

    def __init__(self, window: QWidget, home: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._home = home
        self._is_home_hidden = False
        """Whether `home` got the focus while it was hidden: the next widget that takes it is meant to have it."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus_changed)

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, before: QWidget | None, now: QWidget | None) -> None:
        is_inside = before is not None and before.window() is self._window and self._window.isActiveWindow()
        is_taken, self._is_home_hidden = self._is_home_hidden and before is self._home, False
        if is_taken or before is None or not is_inside or (now is not None and now.window() is not self._window):
            return
        if not (before.isVisible() and before.isEnabled()):
            self._home.setFocus()
            self._is_home_hidden = not self._home.isVisible()
