"""Where the images of a grid with headings are: lines of images, and a line for each heading."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect

from app.ui.images.image_list import ImageGroup


@dataclass(frozen=True, slots=True)
class GridLine:
    """Images `first` to `first + count - 1`, or a heading, which has none; `top` and `height` are in pixels."""

    top: int
    height: int
    first: int
    count: int
    heading: str = ""


@dataclass(frozen=True, slots=True)
class GridSizes:
    """Sizes in pixels: the width of the grid, the side of an image's square, what is between, and the headings."""

    width: int
    side: int
    gap: int
    heading: int


class GridLines:
    """The lines of all groups, from the top; positions are those of a grid that is not scrolled, from left to right."""

    def __init__(self, groups: Sequence[ImageGroup], sizes: GridSizes) -> None:
        self._side = sizes.side
        self.columns = max(1, (sizes.width - sizes.gap) // (sizes.side + sizes.gap))
        free = sizes.width - self.columns * sizes.side
        self._gap = max(sizes.gap, free // (self.columns + 1))
        """Between columns, and at both sides: the grid is as wide as there is room."""
        self.lines: list[GridLine] = []
        top = first = 0
        for group in groups:
            self.lines.append(GridLine(top, sizes.heading, first, 0, group.heading))
            top, end = top + sizes.heading, first + group.count
            while first < end:
                count = min(self.columns, end - first)
                self.lines.append(GridLine(top, sizes.side + sizes.gap, first, count))
                top, first = top + sizes.side + sizes.gap, first + count
        self.height = top
        self._tops = [line.top for line in self.lines]
        self._firsts = [line.first for line in self.lines]

    @property
    def margin(self) -> int:
        """The space at the sides, in pixels."""
        return self._gap

    def between(self, top: int, bottom: int) -> Sequence[GridLine]:
        """Return the lines that are at least in part between these two heights."""
        return self.lines[max(0, bisect_right(self._tops, top) - 1) : bisect_right(self._tops, bottom)]

    def place(self, row: int) -> QRect:
        """Return the square of an image."""
        line = self.lines[self._number(row)]
        return QRect(self._gap + (row - line.first) * (self._side + self._gap), line.top, self._side, self._side)

    def row_at(self, position: QPoint) -> int:
        """Return the image at a position; -1 if there is none."""
        for line in self.between(position.y(), position.y()):
            column = (position.x() - self._gap) // (self._side + self._gap)
            row = line.first + column
            if 0 <= column < line.count and self.place(row).contains(position):
                return row
        return -1

    def with_heading(self, row: int) -> QRect:
        """Return the square of an image and the heading above it, if it is in the first line of its group."""
        number, place = self._number(row), self.place(row)
        if self.lines[number - 1].heading:
            place.setTop(self.lines[number - 1].top)
        return place

    def beside(self, row: int, lines: int) -> int:
        """Return the image so many lines below, or above if negative, as far as there are any."""
        here = self.lines[self._number(row)]
        column, whole = row - here.first, [line for line in self.lines if line.count]
        number = min(max(whole.index(here) + lines, 0), len(whole) - 1)
        return whole[number].first + min(column, whole[number].count - 1)

    def _number(self, row: int) -> int:
        """Return the number of an image's line: the second of two that begin with it, as the first is a heading."""
        return bisect_right(self._firsts, row) - 1
