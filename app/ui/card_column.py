"""A column of cards of which only those near the screen exist, so that ten thousand open as fast as ten.

What has not been built yet has a guessed height. The scroll bar is set from an anchor, the card at the upper edge, so
that nothing on the screen moves when a guess above it turns out wrong.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

MAX_WIDTH = 760
"""Pixels of a readable line."""
SIDE = 24
MARGIN = 16
SPACING = 20
NEAR_END = 24
"""Pixels above the end within which the view still counts as being there."""
AHEAD = 240
"""Pixels above and below the screen within which cards exist: what the next turn of the wheel shows."""
STEP = 40
"""Pixels for a step of the wheel's three."""


class CardColumn(QAbstractScrollArea):
    """Follows the end while the reader is there, and stays put otherwise. Keys name the cards, the oldest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(STEP)
        self._keys: list[str] = []
        self._places: dict[str, int] = {}
        self._extents: list[int] = []
        self._cards: dict[str, QWidget] = {}
        self._anchor = 0
        self._anchor_shift = 0
        self._is_following = True
        self._pointed_at = ""
        self._is_arranging = False

    def make_card(self, key: str, parent: QWidget) -> QWidget:
        """Build the card for a key; a subclass does. Its layout has to know its height for a width."""
        raise NotImplementedError

    def guess_height(self, key: str, width: int) -> int:
        """About how tall the card for a key will be, in pixels; a subclass knows better."""
        raise NotImplementedError

    def keeps(self, card: QWidget) -> bool:
        """Whether a card has to stay though it is far from the screen."""
        focus = QApplication.focusWidget()
        return focus is not None and card.isAncestorOf(focus)

    def built(self) -> Iterator[tuple[str, QWidget]]:
        """The cards that exist, with their keys, from above."""
        yield from sorted(self._cards.items(), key=lambda item: self._places[item[0]])

    def card(self, key: str) -> QWidget | None:
        """The card for a key, where it exists."""
        return self._cards.get(key)

    def set_keys(self, keys: Sequence[str]) -> None:
        """Show cards for these keys and no others, and their end. Cards that are there already are kept."""
        self._keys = list(keys)
        self._places = {key: place for place, key in enumerate(self._keys)}
        for key in [key for key in self._cards if key not in self._places]:
            _let_go(self._cards.pop(key))
        self._guess_heights()
        self.follow_end()

    def append(self, key: str, *, goes_there: bool) -> None:
        """Add a card at the end; `goes_there` also where the reader has scrolled away."""
        self._places[key] = len(self._keys)
        self._keys.append(key)
        self._extents.append(self.guess_height(key, self._card_width()) + SPACING)
        if goes_there:
            self.follow_end()
        self._arrange()

    def follow_end(self) -> None:
        """Show the end, and stay there while it grows."""
        self._is_following = True
        self._pointed_at = ""
        self._arrange()

    def point_at(self, key: str) -> None:
        """Scroll to a card, and hold it there until the reader scrolls."""
        self._is_following = False
        self._pointed_at = key
        self._arrange()

    def viewportEvent(self, event: QEvent) -> bool:
        """A card has grown or shrunk."""
        if event.type() is QEvent.Type.LayoutRequest and not self._is_arranging:
            self._arrange()
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cards are as wide as the view lets them."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._guess_heights()
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Another font has other heights."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._guess_heights()
            self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """The reader has scrolled: what is now at the upper edge stays there."""
        if self._is_arranging:
            return
        bar = self.verticalScrollBar()
        self._is_following = bar.value() >= bar.maximum() - NEAR_END
        self._pointed_at = ""
        tops = self._tops()
        self._anchor = max(0, bisect_right(tops, bar.value(), hi=max(1, len(self._keys))) - 1)
        self._anchor_shift = bar.value() - tops[self._anchor]
        self._arrange()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes from card to card as they stand, whenever they were built."""
        stops = [widget for _, card in self.built() for widget in _tab_stops(card)]
        focus = QApplication.focusWidget()
        if focus in stops:
            place = stops.index(focus) + (1 if next else -1)
            if 0 <= place < len(stops):
                reason = Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason
                stops[place].setFocus(reason)
                self._show_widget(stops[place])
                return True
        for _ in range(len(stops) + 1):  # Leaves the column, whatever the order in which the cards were built.
            has_moved = super().focusNextPrevChild(next)
            if not has_moved or QApplication.focusWidget() not in stops:
                return has_moved
        return False

    def _show_widget(self, widget: QWidget) -> None:
        top = widget.mapTo(self.viewport(), widget.rect().topLeft()).y()
        below = top + widget.height() + MARGIN - self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + (min(0, top - MARGIN) or max(0, min(below, top - MARGIN))))

    def _card_width(self) -> int:
        return max(1, self.viewport().width() - 2 * self._side())

    def _side(self) -> int:
        return max(SIDE, (self.viewport().width() - MAX_WIDTH) // 2)

    def _guess_heights(self) -> None:
        width = self._card_width()
        self._extents = [
            SPACING + (_height(self._cards[key], width) if key in self._cards else self.guess_height(key, width))
            for key in self._keys
        ]

    def _tops(self) -> list[int]:
        """Pixels: where each card begins in the whole column, and where the next would."""
        return list(accumulate(self._extents, initial=MARGIN))

    def _arrange(self) -> None:
        """Build what comes near the screen, put all in their places, and let go of what is far away."""
        if self._is_arranging or not self.viewport().height():
            return
        self._is_arranging = True
        try:
            tops, value, near = self._settle()
            side, width = self._side(), self._card_width()
            for place in near:
                card = self._cards[self._keys[place]]
                card.setGeometry(side, tops[place] - value, width, self._extents[place] - SPACING)
                card.show()
            self._clear_all_but(near)
        finally:
            self._is_arranging = False

    def _settle(self) -> tuple[list[int], int, range]:
        """Build and measure until nothing near the screen is a guess: the tops, the scroll bar's value, the places."""
        width, height = self._card_width(), self.viewport().height()
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
                self._extents[place] = _height(self._build(self._keys[place]), width) + SPACING
            measured |= fresh
        bar = self.verticalScrollBar()
        bar.setPageStep(height)
        bar.setRange(0, end)
        bar.setValue(value)
        if self._keys:
            self._anchor = max(0, bisect_right(tops, value, hi=len(self._keys)) - 1)
            self._anchor_shift = value - tops[self._anchor]
        return tops, value, near

    def _wanted_value(self, tops: list[int], end: int) -> int:
        if self._is_following:
            return end
        if self._pointed_at in self._places:
            return tops[self._places[self._pointed_at]] - NEAR_END
        return tops[min(self._anchor, len(tops) - 1)] + self._anchor_shift

    def _build(self, key: str) -> QWidget:
        if key not in self._cards:
            self._cards[key] = self.make_card(key, self.viewport())
        return self._cards[key]

    def _clear_all_but(self, near: range) -> None:
        for key in [key for key in self._cards if self._places[key] not in near]:
            if self.keeps(self._cards[key]):
                self._cards[key].move(self._side(), -self._cards[key].height())
            else:
                _let_go(self._cards.pop(key))


def _height(card: QWidget, width: int) -> int:
    card.ensurePolished()
    return card.heightForWidth(width) if card.hasHeightForWidth() else card.sizeHint().height()


def _let_go(card: QWidget) -> None:
    """Delete it once its own signals have been delivered; taking it out of the window first would cost more."""
    card.hide()
    card.deleteLater()


def _tab_stops(card: QWidget) -> list[QWidget]:
    stops = [
        widget
        for widget in card.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled() and widget.isVisible()
    ]
    places = {widget: widget.mapTo(card, widget.rect().topLeft()) for widget in stops}
    return sorted(stops, key=lambda widget: (places[widget].y(), places[widget].x()))
