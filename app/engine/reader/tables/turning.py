"""Tables found on a turned picture, in the pixels of the picture as it was."""

from dataclasses import replace

from app.domain.regions import Box
from app.domain.tables import Table


def turned_back(table: Table, rotation: int, size: tuple[int, int]) -> Table:
    """A table of the image of `size` that had been turned clockwise by `rotation` (0, 90, 180, 270) degrees."""
    if not rotation:
        return table
    cells = tuple(replace(cell, box=_turned_back(cell.box, rotation, size)) for cell in table.cells)
    return replace(table, cells=cells, box=_turned_back(table.box, rotation, size))


def _turned_back(box: Box, rotation: int, size: tuple[int, int]) -> Box:
    width, height = size
    match rotation:
        case 90:
            return Box(box.top, height - box.right, box.bottom, height - box.left)
        case 180:
            return Box(width - box.right, height - box.bottom, width - box.left, height - box.top)
        case _:
            return Box(width - box.bottom, box.left, width - box.top, box.right)
