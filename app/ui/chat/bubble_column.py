"""A virtual column of bubbles: only those near the viewport exist, so that ten thousand open as fast as ten.

Bubbles that are not built yet have an estimated height. The scroll bar is set from an anchor, the bubble at the upper
edge, so that nothing on the screen moves when an estimate above it turns out wrong.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

MAX_WIDTH = 760
"""Maximum width of a bubble in pixels, so that lines stay readable."""
SIDE = 24
MARGIN = 16
SPACING = 20
NEAR_END = 24
"""Distance from the end, in pixels, within which the view counts as being at the end."""
AHEAD = 240
"""Distance above and below the viewport, in pixels, within which bubbles exist, ready for the next scroll."""
STEP = 40
"""Pixels per scroll step; one notch of the wheel is three steps."""


class BubbleColumn(QAbstractScrollArea):
    """Follows the end while scrolled there, and stays put otherwise. Keys identify the bubbles, the oldest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(STEP)
        self._keys: list[str] = []
        self._places: dict[str, int] = {}
        self._extents: list[int] = []
        self._bubbles: dict[str, QWidget] = {}
        self._anchor = 0
        self._anchor_shift = 0
        self._is_following = True
        self._pointed_at = ""
        self._is_arranging = False

    def make_bubble(self, key: str, parent: QWidget) -> QWidget:
        """Build the bubble for a key; subclasses implement it. Its layout must support height-for-width."""
        raise NotImplementedError

    def estimate_height(self, key: str, width: int) -> int:
        """Estimate the height of the bubble for a key, in pixels; subclasses refine it."""
        raise NotImplementedError

    def gap_below(self, key: str) -> int:
        """Return the pixels between a bubble and the next; subclasses know which belong together."""
        return SPACING

    def update_bubble(self, key: str, bubble: QWidget) -> None:
        """Show the present content of a key; implemented by subclasses whose bubbles change."""

    def keeps(self, bubble: QWidget) -> bool:
        """Return whether a bubble must be kept although it is far from the viewport."""
        focus = QApplication.focusWidget()
        return focus is not None and bubble.isAncestorOf(focus)

    def built(self) -> Iterator[tuple[str, QWidget]]:
        """Yield the existing bubbles with their keys, from top to bottom."""
        yield from sorted(self._bubbles.items(), key=lambda item: self._places.get(item[0], -1))

    def bubble(self, key: str) -> QWidget | None:
        """Return the bubble for a key, or None if it does not exist."""
        return self._bubbles.get(key)

    def set_keys(self, keys: Sequence[str]) -> None:
        """Show bubbles for exactly these keys, and scroll to the end. Existing bubbles are kept."""
        going = self._take_keys(keys)
        self._estimate_heights()
        # A focused bubble passes the focus on when it is hidden, and Qt then queries the bubbles and their positions:
        # nothing may be hidden or notified before all of them are consistent.
        for bubble in going:
            _dispose(bubble)
        for key, bubble in self.built():
            self.update_bubble(key, bubble)
        self._estimate_heights()
        self.follow_end()

    def replace_keys(self, before: Sequence[str], keys: Sequence[str]) -> None:
        """Replace the consecutive keys `before` with `keys`; append them at the end if `before` is empty.

        The visible content stays where it is, and existing bubbles are kept as they are.
        """
        if tuple(before) == tuple(keys):
            return
        at = self._places[before[0]] if before else len(self._keys)
        known = dict(zip(self._keys, self._extents, strict=True))
        value = self.verticalScrollBar().value()
        going = self._take_keys([*self._keys[:at], *keys, *self._keys[at + len(before) :]])
        width = self._bubble_width()
        self._extents = [
            known[key] if key in known else self.estimate_height(key, width) + self.gap_below(key) for key in self._keys
        ]
        self._anchor_at(value)
        for bubble in going:
            _dispose(bubble)
        self._arrange()

    def _take_keys(self, keys: Sequence[str]) -> list[QWidget]:
        """Set the keys, and return the bubbles that no longer have one."""
        self._keys = list(keys)
        self._places = {key: place for place, key in enumerate(self._keys)}
        return [self._bubbles.pop(key) for key in list(self._bubbles) if key not in self._places]

    def follow_end(self) -> None:
        """Scroll to the end, and follow it as it grows."""
        self._is_following = True
        self._pointed_at = ""
        self._arrange()

    def point_at(self, key: str) -> None:
        """Scroll to a bubble, and keep it there until the user scrolls."""
        self._is_following = False
        self._pointed_at = key
        self._arrange()

    def viewportEvent(self, event: QEvent) -> bool:
        """Arrange the bubbles when one has grown or shrunk."""
        if event.type() is QEvent.Type.LayoutRequest and not self._is_arranging:
            self._arrange()
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the bubbles to the width of the view."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._estimate_heights()
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Estimate heights again when the font changes."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._estimate_heights()
            self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Anchor the bubble at the upper edge after the user has scrolled."""
        if self._is_arranging:
            return
        bar = self.verticalScrollBar()
        self._is_following = bar.value() >= bar.maximum() - NEAR_END
        self._pointed_at = ""
        self._anchor_at(bar.value())
        self._arrange()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Move the focus by Tab in the order of the bubbles, not in that of their creation."""
        stops = [widget for _, bubble in self.built() for widget in _tab_stops(bubble)]
        focus = QApplication.focusWidget()
        if focus in stops:
            place = stops.index(focus) + (1 if next else -1)
            if 0 <= place < len(stops):
                reason = Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason
                stops[place].setFocus(reason)
                self._show_widget(stops[place])
                return True
        for _ in range(len(stops) + 1):  # Leaves the column, whatever the bubbles' order of creation.
            has_moved = super().focusNextPrevChild(next)
            if not has_moved or QApplication.focusWidget() not in stops:
                return has_moved
        return False

    def _show_widget(self, widget: QWidget) -> None:
        top = widget.mapTo(self.viewport(), widget.rect().topLeft()).y()
        below = top + widget.height() + MARGIN - self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + (min(0, top - MARGIN) or max(0, min(below, top - MARGIN))))

    def _anchor_at(self, value: int) -> None:
        """Anchor the bubble that is at the upper edge at this value of the scroll bar."""
        tops = self._tops()
        self._anchor = max(0, bisect_right(tops, value, hi=max(1, len(self._keys))) - 1)
        self._anchor_shift = value - tops[self._anchor]

    def _bubble_width(self) -> int:
        return max(1, self.viewport().width() - 2 * self._side())

    def _side(self) -> int:
        return max(SIDE, (self.viewport().width() - MAX_WIDTH) // 2)

    def _estimate_heights(self) -> None:
        width = self._bubble_width()
        self._extents = [
            (_height(self._bubbles[key], width) if key in self._bubbles else self.estimate_height(key, width))
            + self.gap_below(key)
            for key in self._keys
        ]

    def _tops(self) -> list[int]:
        """Return the top of each bubble within the column, and of the next one, in pixels."""
        return list(accumulate(self._extents, initial=MARGIN))

    def _arrange(self) -> None:
        """Build the bubbles near the viewport, position all of them, and delete those far away."""
        if self._is_arranging or not self.viewport().height():
            return
        self._is_arranging = True
        try:
            tops, value, near = self._settle()
            side, width = self._side(), self._bubble_width()
            for place in near:
                bubble = self._bubbles[self._keys[place]]
                height = self._extents[place] - self.gap_below(self._keys[place])
                bubble.setGeometry(side, tops[place] - value, width, height)
                bubble.show()
            self._clear_all_but(near)
        finally:
            self._is_arranging = False

    def _settle(self) -> tuple[list[int], int, range]:
        """Build and measure until no height near the viewport is an estimate.

        Returns the tops, the scroll bar's value, and the indices of the bubbles near the viewport.
        """
        width, height = self._bubble_width(), self.viewport().height()
        measured: set[int] = set()
        while True:
            tops = self._tops()
            end = max(0, tops[-1] - SPACING + MARGIN - height)
            value = min(end, max(0, self._wanted_value(tops, end)))
            first = max(0, bisect_right(tops, value - AHEAD) - 1)
            near = range(first, min(len(self._keys), bisect_right(tops, value + height + AHEAD)))
            fresh = set(near) - measured
            if not fresh:
                break
            for place in fresh:
                key = self._keys[place]
                self._extents[place] = _height(self._build(key), width) + self.gap_below(key)
            measured |= fresh
        bar = self.verticalScrollBar()
        bar.setPageStep(height)
        bar.setRange(0, end)
        bar.setValue(value)
        if self._keys:
            self._anchor_at(value)
        return tops, value, near

    def _wanted_value(self, tops: list[int], end: int) -> int:
        if self._is_following:
            return end
        if self._pointed_at in self._places:
            return tops[self._places[self._pointed_at]] - NEAR_END
        return tops[min(self._anchor, len(tops) - 1)] + self._anchor_shift

    def _build(self, key: str) -> QWidget:
        if key not in self._bubbles:
            self._bubbles[key] = self.make_bubble(key, self.viewport())
        return self._bubbles[key]

    def _clear_all_but(self, near: range) -> None:
        far = [key for key in self._bubbles if self._places.get(key, -1) not in near]
        for key in far:
            if self.keeps(self._bubbles[key]):
                self._bubbles[key].move(self._side(), -self._bubbles[key].height())
            else:
                _dispose(self._bubbles.pop(key))


def _height(bubble: QWidget, width: int) -> int:
    bubble.ensurePolished()
    return bubble.heightForWidth(width) if bubble.hasHeightForWidth() else bubble.sizeHint().height()


def _dispose(bubble: QWidget) -> None:
    """Delete a bubble once its own signals have been delivered; removing it from the window first would cost more."""
    bubble.hide()
    bubble.deleteLater()


def _tab_stops(bubble: QWidget) -> list[QWidget]:
    stops = [
        widget
        for widget in bubble.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled() and widget.isVisible()
    ]
    places = {widget: widget.mapTo(bubble, widget.rect().topLeft()) for widget in stops}
    return sorted(stops, key=lambda widget: (places[widget].y(), places[widget].x()))
