"""What is wrong stays in the bar with its own buttons; what succeeded is a toast that goes by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt, QUrl, Slot
from PySide6.QtGui import QAccessible, QAccessibleEvent, QCursor, QDesktopServices, QHoverEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.domain.errors import Problem, ProblemKind
from app.domain.settings.settings import ThemeChoice
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import notices as notices_module
from app.ui.widgets import toasts
from app.ui.widgets.notice import Action, Notice, Severity, notice_of
from app.ui.widgets.notice_bar import KEPT, NoticeBar
from app.ui.widgets.notice_bar import SHOWN as SHOWN_IN_BAR
from app.ui.widgets.notice_box import NoticeBox
from app.ui.widgets.notices import Notices
from app.ui.widgets.saved_notice import show_saved
from app.ui.widgets.theme import Theme
from app.ui.widgets.toasts import SHOWN, Toast, Toasts
from tests.support.chats import answer, question
from tests.ui.conftest import shown

DONE = Notice(Severity.SUCCESS, "“Receipts” deleted.")
LONG = "This sentence has so many words that no window is wide enough to have it on one line. " * 4


@pytest.fixture
def fading(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the duration of the fading."""
    return lambda milliseconds: monkeypatch.setattr(toasts, "fade_milliseconds", lambda _: milliseconds)


@pytest.fixture
def notices(window: MainWindow, qtbot: QtBot) -> Notices:
    qtbot.waitUntil(window.isActiveWindow)
    return window.notices


def current(notices: Notices) -> list[Notice]:
    return list(notices.current)


def toast_of(notices: Notices, notice: Notice) -> Toast:
    notices.show_notice(notice)
    toast = notices.boxes[0]
    assert isinstance(toast, Toast)
    return toast


def hover(widget: QWidget, kind: QEvent.Type, at: QPointF | None = None) -> None:
    """What Qt delivers when the pointer, at this place of the screen, enters, moves over or leaves a widget."""
    place = widget.mapToGlobal(QPointF(1, 1)) if at is None else at
    QApplication.sendEvent(widget, QHoverEvent(kind, QPointF(1, 1), place, QPointF(-1, -1)))


def enter(widget: QWidget) -> None:
    hover(widget, QEvent.Type.HoverEnter)


def leave(widget: QWidget) -> None:
    hover(widget, QEvent.Type.HoverLeave)


def test_two_notices_of_one_kind_do_what_each_of_them_means(notices: Notices) -> None:
    opened: list[Path] = []
    problem = Problem(ProblemKind.IMAGE, "“a.pdf” has 30 pages; only the first 20 were added.")
    for folder in ("one", "two"):
        notices.show_notice(notice_of(problem, Action("Open as document", opened.append, (Path(folder, "a.pdf"),))))
    second, first = notices.boxes
    first.buttons[0].click()
    assert opened == [Path("one", "a.pdf")]
    second.buttons[0].click()
    assert opened == [Path("one", "a.pdf"), Path("two", "a.pdf")]


def test_an_equal_notice_moves_to_the_top_and_is_not_shown_twice(notices: Notices) -> None:
    done: list[str] = []
    for name in ("a", "b", "a"):
        notices.show_notice(Notice(Severity.WARNING, name, actions=(Action("Do", done.append, (name,)),)))
    assert [notice.text for notice in notices.current] == ["a", "b"]


def test_a_notice_is_dismissed_by_whoever_has_shown_it(notices: Notices) -> None:
    warning, success = (Notice(severity, "Something.") for severity in (Severity.WARNING, Severity.SUCCESS))
    assert notices.show_notice(warning) is warning
    notices.show_notice(success)
    notices.dismiss(warning)
    assert current(notices) == [success]
    notices.dismiss(success)
    notices.dismiss(success)
    assert current(notices) == []


def test_the_newest_deletion_is_undone(notices: Notices) -> None:
    undone: list[str] = []

    def deleted(name: str) -> Notice:
        return Notice(Severity.SUCCESS, name, actions=(Action("Undo", undone.append, (name,), is_undo=True),))

    for notice in (deleted("a"), deleted("b"), replace(DONE, actions=(Action("Open", str),))):
        notices.show_notice(notice)
    for _ in range(3):
        notices.undo_last()
    assert undone == ["b", "a"]
    assert [notice.text for notice in notices.current] == [DONE.text]


def test_the_oldest_notices_are_dropped(qtbot: QtBot) -> None:
    bar = shown(NoticeBar(), qtbot)
    for number in range(KEPT + 5):
        bar.show_notice(Notice(Severity.WARNING, str(number)))
    assert [box.notice.text for box in (bar.boxes[0], bar.boxes[-1])] == [str(KEPT + 4), "5"]
    assert len(bar.findChildren(QWidget, "notice")) == KEPT


@pytest.mark.parametrize("kind", ProblemKind)
def test_no_problem_is_good_news(kind: ProblemKind) -> None:
    notice = notice_of(Problem(kind, "What.", "Kept.", "Todo."))
    is_own_fault = kind in {ProblemKind.ENGINE, ProblemKind.STORAGE, ProblemKind.CHATS_DAMAGED, ProblemKind.BUG}
    assert notice.severity is (Severity.ERROR if is_own_fault else Severity.WARNING)
    assert (notice.text, notice.detail, notice.sentence) == ("What.", "Kept. Todo.", "What. Kept. Todo.")


@pytest.mark.parametrize("severity", Severity)
def test_only_success_is_a_toast_and_screen_readers_hear_all(
    notices: Notices, severity: Severity, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[QAccessibleEvent] = []

    class Reader(QAccessible):
        @staticmethod
        def updateAccessibility(event: QAccessibleEvent) -> None:
            heard.append(event)

    monkeypatch.setattr(notices_module, "QAccessible", Reader)
    notices.show_notice(Notice(severity, "Something happened.", "It is over."))
    (box,) = notices.boxes
    assert isinstance(box, Toast) is (severity is Severity.SUCCESS)
    assert notices.bar.isVisible() is (severity is not Severity.SUCCESS)
    assert box.accessibleName() == "Something happened. It is over."
    (event,) = heard
    assert event.type() is QAccessible.Event.Announcement
    assert event.object() is box


def test_a_toast_fades_by_itself(notices: Notices, qtbot: QtBot, fading: Callable[[int], None]) -> None:
    fading(30)
    toast = toast_of(notices, DONE)
    toast.timer.timeout.emit()
    assert toast.graphicsEffect() is not None
    qtbot.waitUntil(lambda: current(notices) == [])
    assert not isValid(toast) or toast.isHidden()


def test_a_toast_goes_at_once_where_animations_are_switched_off(
    notices: Notices, fading: Callable[[int], None]
) -> None:
    fading(0)
    toast = toast_of(notices, DONE)
    toast.timer.timeout.emit()
    assert current(notices) == []


def test_a_toast_stays_while_the_mouse_is_over_it(notices: Notices, fading: Callable[[int], None]) -> None:
    fading(0)
    toast = toast_of(notices, DONE)
    enter(toast)
    toast.timer.stop()
    toast.timer.timeout.emit()
    assert current(notices) == [DONE]
    assert toast.timer.isActive()
    leave(toast)
    toast.timer.timeout.emit()
    assert current(notices) == []


def test_a_toast_that_appears_or_moves_at_a_resting_pointer_is_not_held(
    notices: Notices, fading: Callable[[int], None]
) -> None:
    fading(0)
    toast = toast_of(notices, DONE)
    hover(toast, QEvent.Type.HoverEnter, QCursor.pos().toPointF())
    held = [toast.is_held]
    hover(toast, QEvent.Type.HoverMove)
    held.append(toast.is_held)
    notices.show_notice(Notice(Severity.SUCCESS, "Another one moves it up."))
    held.append(toast.is_held)
    assert held == [False, True, False]
    toast.timer.timeout.emit()
    assert DONE not in notices.current


def test_a_toast_with_buttons_that_was_held_for_a_moment_does_not_stay_as_long_again(notices: Notices) -> None:
    toast = toast_of(notices, replace(DONE, actions=(Action("Undo", str),)))
    assert toast.timer.interval() == toasts.ACTION_MILLISECONDS
    enter(toast)
    toast.timer.timeout.emit()
    assert toast.timer.interval() == toasts.MILLISECONDS


def test_a_toast_that_fades_comes_back_under_the_mouse(
    notices: Notices, qtbot: QtBot, fading: Callable[[int], None]
) -> None:
    fading(60_000)
    toast = toast_of(notices, DONE)
    toast.timer.stop()
    toast.timer.timeout.emit()
    assert toast.graphicsEffect() is not None
    enter(toast)
    qtbot.waitUntil(lambda: toast.graphicsEffect() is None)
    assert toast.timer.isActive()
    assert current(notices) == [DONE]


def test_a_toast_stays_while_it_has_the_focus(
    notices: Notices, window: MainWindow, fading: Callable[[int], None]
) -> None:
    fading(0)
    undone: list[str] = []
    toast = toast_of(notices, Notice(Severity.SUCCESS, "Deleted.", actions=(Action("Undo", undone.append, ("it",)),)))
    assert QApplication.focusWidget() is window.composer.edit  # It does not take the focus.
    toast.buttons[0].setFocus()
    toast.timer.timeout.emit()
    assert len(notices.current) == 1
    window.composer.focus()
    toast.timer.timeout.emit()
    assert current(notices) == []


def test_a_toast_waits_until_its_window_is_looked_at(
    notices: Notices, window: MainWindow, qtbot: QtBot, fading: Callable[[int], None]
) -> None:
    fading(0)
    toast = toast_of(notices, DONE)
    other = shown(QWidget(), qtbot)
    other.activateWindow()
    qtbot.waitUntil(lambda: not window.isActiveWindow())
    toast.timer.timeout.emit()
    assert current(notices) == [DONE]
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    toast.timer.timeout.emit()
    assert current(notices) == []


@pytest.mark.parametrize("count", [0, 1])
def test_a_window_is_deleted_while_it_is_shown(qtbot: QtBot, count: int) -> None:
    """A dialog hides itself in its destructor, which its event filters see."""
    owner = QWidget()
    dialog = QDialog(owner)
    above = QWidget(dialog)
    notices = Notices(dialog, above)
    dialog.show()
    qtbot.waitExposed(dialog)
    for number in range(count):
        notices.show_notice(Notice(Severity.SUCCESS, str(number)))
    owner.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(dialog)


def test_a_window_is_watched_only_while_it_has_toasts(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[int] = []
    widget = shown(QWidget(), qtbot)
    notices = Notices(widget)

    def area(_self: Toasts) -> QRect:
        places.append(1)
        return widget.rect()

    monkeypatch.setattr(Toasts, "_area", area)
    widget.resize(300, 300)
    assert places == []
    notices.show_notice(DONE)
    places.clear()
    widget.resize(400, 400)
    assert places
    widget.hide()
    places.clear()
    widget.resize(500, 500)
    assert places == []
    widget.show()
    assert places
    notices.dismiss(DONE)
    places.clear()
    widget.resize(600, 600)
    assert places == []


def test_a_discarded_toast_has_neither_timer_nor_animation(notices: Notices, fading: Callable[[int], None]) -> None:
    fading(60_000)
    toast = toast_of(notices, DONE)
    toast.timer.timeout.emit()
    assert toast.graphicsEffect() is not None
    notices.dismiss(DONE)
    assert not toast.timer.isActive()
    assert toast.graphicsEffect() is None


def test_the_buttons_of_a_toast_come_next_in_the_tab_order(notices: Notices, window: MainWindow) -> None:
    actions = tuple(Action(name, str) for name in ("Open", "Show in folder"))
    toast = toast_of(notices, Notice(Severity.SUCCESS, "Saved.", actions=actions))
    found: list[QWidget] = []
    widget: QWidget = window.composer.edit
    while len(found) < 3:
        following = widget.nextInFocusChain()
        assert following is not None
        widget = following
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(widget)
    assert found == [*toast.buttons, toast.close_button]


def test_a_toast_is_closed_by_its_button(notices: Notices) -> None:
    toast = toast_of(notices, DONE)
    toast.close_button.click()
    assert current(notices) == []


def test_few_toasts_are_shown_the_newest_below(notices: Notices, window: MainWindow) -> None:
    for number in range(SHOWN + 2):
        notices.show_notice(Notice(Severity.SUCCESS, str(number)))
    assert [notice.text for notice in notices.current] == [str(SHOWN + 1 - place) for place in range(SHOWN)]
    bottoms = [box.geometry().bottom() for box in notices.boxes]
    assert bottoms == sorted(bottoms, reverse=True)
    assert bottoms[0] < window.composer.mapTo(window, QPoint()).y()


@pytest.mark.parametrize("size", [(560, 420), (1400, 800)])
def test_a_toast_is_inside_the_window_and_shows_its_whole_text(
    notices: Notices, window: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    toast = toast_of(notices, Notice(Severity.SUCCESS, LONG, actions=(Action("Undo", str), Action("Open", str))))
    window.resize(*size)
    qtbot.waitUntil(lambda: window.rect().contains(toast.geometry()))
    assert toast.sentence.height() >= toast.sentence.heightForWidth(toast.sentence.width())
    assert all(toast.rect().contains(button.geometry()) for button in (*toast.buttons, toast.close_button))
    above = window.composer.mapTo(window, QPoint()).y()
    qtbot.waitUntil(lambda: toast.geometry().bottom() < above)


@pytest.mark.parametrize("zoom", [100, 200])
def test_notices_are_readable_in_a_low_window_and_so_is_what_is_below(
    notices: Notices, window: MainWindow, qtbot: QtBot, theme: Theme, zoom: int
) -> None:
    theme.choose(ThemeChoice.LIGHT, zoom)
    window.panes.set_sidebar_wanted(False)
    window.resize(560, 420)
    for number in range(SHOWN_IN_BAR):
        notices.show_notice(Notice(Severity.WARNING, f"{number} {LONG}", actions=(Action("Undo", str),)))
    bar, line = notices.bar, window.fontMetrics().lineSpacing()
    qtbot.waitUntil(lambda: all(is_whole(box) for box in bar.boxes))
    place = bar.boxes[0].mapTo(bar.viewport(), QPoint())
    assert 0 <= place.y() < line
    assert bar.height() >= 3 * line
    (page,) = (page for page in (window.empty_state, window.chat_view) if page.isVisible())
    assert page.height() >= 3 * line
    assert window.composer.edit.height() > line
    assert window.height() == 420
    bar.ensureWidgetVisible(bar.dismiss_all)
    assert bar.viewport().rect().contains(bar.dismiss_all.mapTo(bar.viewport(), QPoint()))
    notices.show_notice(Notice(Severity.WARNING, "The newest."))
    assert bar.verticalScrollBar().value() == 0


@pytest.mark.parametrize("has_sidebar", [True, False])
def test_a_long_toast_is_readable_in_a_low_window(
    notices: Notices, window: MainWindow, qtbot: QtBot, theme: Theme, has_sidebar: bool
) -> None:
    theme.choose(ThemeChoice.LIGHT, 200)
    window.panes.set_sidebar_wanted(has_sidebar)
    window.resize(560, 420)
    toast = toast_of(notices, Notice(Severity.SUCCESS, LONG[:180], actions=(Action("Undo", str),)))
    qtbot.waitUntil(lambda: is_whole(toast))
    for shown_part in (toast.sentence, toast.close_button):
        place = QRect(shown_part.mapTo(window, QPoint()), shown_part.size())
        assert place.left() >= 0
        assert place.right() <= window.width()
        assert 0 <= place.top() < window.height()


def test_the_bar_is_no_higher_than_its_notices(notices: Notices, window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1000, 900)
    notices.show_notice(Notice(Severity.WARNING, "Something."))
    bar = notices.bar
    qtbot.waitUntil(lambda: 0 < bar.height() - bar.boxes[0].height() < 20)
    notices.show_notice(Notice(Severity.WARNING, LONG))
    qtbot.waitUntil(lambda: bar.verticalScrollBar().maximum() == 0 and all(is_whole(box) for box in bar.boxes))


def is_whole(box: NoticeBox) -> bool:
    """Whether the text of a notice is laid out at its full height."""
    return box.sentence.height() >= box.sentence.heightForWidth(box.sentence.width())


def test_the_last_answer_that_was_copied_by_its_key_is_reported(
    notices: Notices, window: MainWindow, qtbot: QtBot
) -> None:
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window.composer.edit, Qt.Key.Key_C, keys)
    assert current(notices) == []  # There is no answer.
    window.chat_view.set_branch([question(), answer("Nine.")])
    qtbot.keyClick(window.composer.edit, Qt.Key.Key_C, keys)
    assert QApplication.clipboard().text() == "Nine."
    assert [notice.text for notice in notices.current] == ["The last answer was copied."]


class Programs(QObject):
    """Stands in for the programs of the desktop."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toLocalFile())


@pytest.fixture
def programs(qapp: QApplication) -> Iterator[Programs]:
    made = Programs()
    QDesktopServices.setUrlHandler("file", made, "open")  # type: ignore[arg-type]  # A string, whatever its stub says.
    yield made
    QDesktopServices.unsetUrlHandler("file")


def test_a_saved_file_and_its_folder_are_opened_by_a_click_only(notices: Notices, programs: Programs) -> None:
    show_saved(notices, Path("/tmp/a b#1.pdf"), "Saved.")  # noqa: S108 - nothing is written
    assert programs.opened == []
    for button in notices.boxes[0].buttons:
        button.click()
    assert programs.opened == ["/tmp/a b#1.pdf", "/tmp"]  # noqa: S108 - as above
    assert [notice.text for notice in notices.current] == ["Saved."]


def test_a_file_that_no_program_opens_is_reported(notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: False)
    show_saved(notices, Path("a.pdf"), "Saved.")
    notices.boxes[0].buttons[0].click()
    problem = notices.current[-1]
    assert problem.severity is Severity.WARNING
    assert problem.text == "“a.pdf” could not be opened: no program for it was found."
