"""The notices of a window: what succeeded as toasts, the rest in a bar."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from app.domain.errors import Problem
from app.ui.widgets.notice import Notice, Severity, notice_of
from app.ui.widgets.notice_bar import NoticeBar
from app.ui.widgets.notice_box import NoticeBox
from app.ui.widgets.toasts import Toasts

_QUIET = frozenset({Severity.SUCCESS, Severity.INFO})


class Notices(QObject):
    """Shows notices; the window lays out `bar`. Toasts are shown above the widget `above`, or at the bottom."""

    def __init__(self, window: QWidget, above: QWidget | None = None) -> None:
        super().__init__(window)
        self._window = window
        self.bar = NoticeBar(window)
        self._toasts = Toasts(window, above)

    @property
    def boxes(self) -> tuple[NoticeBox, ...]:
        """The boxes of all notices that are shown or counted: toasts, then the bar's, each the newest first."""
        return (*self._toasts.boxes, *self.bar.boxes)

    @property
    def current(self) -> tuple[Notice, ...]:
        """All notices that are shown or counted."""
        return tuple(box.notice for box in self.boxes)

    def unless_hidden(self, others: "Notices") -> "Notices":
        """Return these notices, or those of another window while their own is hidden."""
        return self if self._window.isVisible() else others

    def show_notice(self, notice: Notice) -> Notice:
        """Show a notice and have screen readers say it; return it, for `dismiss`."""
        shown_by = self._toasts if notice.severity is Severity.SUCCESS else self.bar
        shown_by.show_notice(notice)
        box, is_quiet = shown_by.boxes[0], notice.severity in _QUIET
        announcement = QAccessibleAnnouncementEvent(box, box.accessibleName())
        politeness = QAccessible.AnnouncementPoliteness
        announcement.setPoliteness(politeness.Polite if is_quiet else politeness.Assertive)
        QAccessible.updateAccessibility(announcement)
        return notice

    @Slot(Problem)
    def show_problem(self, problem: Problem) -> None:
        """Show a problem about which nothing can be done from here."""
        self.show_notice(notice_of(problem))

    def dismiss(self, notice: Notice) -> None:
        """Remove a notice if it is still shown."""
        self._toasts.dismiss(notice)
        self.bar.dismiss(notice)

    @Slot()
    def undo_last(self) -> None:
        """Undo what the newest notice tells that can be undone, as its button does."""
        found = ((notice, action) for notice in self.current for action in notice.actions if action.is_undo)
        if last := next(found, None):
            notice, action = last
            self.dismiss(notice)
            action.run(*action.arguments)

    @Slot(Problem)
    def dismiss_problem(self, problem: Problem) -> None:
        """Remove a problem that `show_problem` has shown."""
        self.dismiss(notice_of(problem))

    @Slot()
    def clear(self) -> None:
        """Dismiss everything."""
        self._toasts.clear()
        self.bar.clear()
