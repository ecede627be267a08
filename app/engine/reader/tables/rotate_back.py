"""Maps tables found on a rotated picture to the pixels of the original picture."""

from dataclasses import replace

from app.domain.documents.tables import Table
from app.domain.images.geometry import Box


def rotated_back(table: Table, rotation: int, size: tuple[int, int]) -> Table:
    """Map a table to the image of `size` that had been rotated clockwise by `rotation` (0, 90, 180, 270) degrees."""
    if not rotation:
        return table
    cells = tuple(replace(cell, box=_rotated_back(cell.box, rotation, size)) for cell in table.cells)
    return replace(table, cells=cells, box=_rotated_back(table.box, rotation, size))


def _rotated_back(box: Box, rotation: int, size: tuple[int, int]) -> Box:
    width, height = size
    match rotation:
        case 90:
            return Box(box.top, height - box.right, box.bottom, height - box.left)
        case 180:
            return Box(width - box.right, height - box.bottom, width - box.left, height - box.top)
        case _:
            return Box(width - box.bottom, box.left, width - box.top, box.right)
