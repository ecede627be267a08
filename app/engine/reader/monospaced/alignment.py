"""Puts the letters that were read into the cells that have ink, the cheapest way."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FAR = 1.6
"""Maximum distance in columns of a letter from its cell."""

DISTANCE_COST = 2.0
"""Cost of a letter beside its cell, by the square of the distance in columns."""

NO_INK_COST = 1.6
"""Cost of a letter in a cell without ink."""

LOST_COST = 1.0
"""Cost of a cell with ink for which there is no letter."""

DROPPED_COST = 1.5
"""Cost of a letter for which there is no cell."""


def aligned(columns: Sequence[float], ink: npt.NDArray[np.bool_]) -> list[int | None]:
    """Return the cell of each letter, ascending; None for a letter that has none.

    `columns` are where the letters were seen, ascending, cell 0 being at 0.0. The way with the lowest total cost is
    found by dynamic programming over letters and cells.
    """
    count, width = len(columns), len(ink)
    lost = np.concatenate([[0.0], np.cumsum(np.where(ink, LOST_COST, 0.0))])
    cost = np.full((count + 1, width + 1), np.inf)
    cost[0] = lost
    came = np.zeros((count + 1, width + 1), np.int8)  # 0: the cell is left, 1: a letter is dropped, 2: a match
    for letter in range(1, count + 1):
        place = columns[letter - 1]
        distances = np.abs(np.arange(width) - place)
        match = DISTANCE_COST * distances**2 + np.where(ink, 0.0, NO_INK_COST)
        match[distances > FAR] = np.inf
        dropped = cost[letter - 1] + DROPPED_COST
        matched = np.concatenate([[np.inf], cost[letter - 1, :-1] + match])
        best = np.minimum(dropped, matched)
        came[letter] = np.where(matched <= dropped, 2, 1)
        # Leaving cells costs the same from wherever one begins, so the cheapest start is a running minimum.
        start = best - lost
        running = np.minimum.accumulate(start)
        cost[letter] = running + lost
        came[letter][running < start] = 0
    cells: list[int | None] = [None] * count
    letter, cell = count, width
    while letter:
        step = came[letter, cell]
        if step == 0:
            cell -= 1
        elif step == 1:
            letter -= 1
        else:
            letter, cell = letter - 1, cell - 1
            cells[letter] = cell
    return cells
