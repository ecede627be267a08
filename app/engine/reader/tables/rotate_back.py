"""Maps tables found on a rotated picture to the pixels of the original picture."""

from dataclasses import replace

from app.domain.documents.tables import Table
from app.domain.images.geometry import Box
from app.domain.images.quarter_turns import rotated_box
from app.engine.reader.rotation import rotated_size


def rotated_back(table: Table, rotation: int, size: tuple[int, int]) -> Table:
    """Map a table to the image of `size` that had been rotated clockwise by `rotation` (0, 90, 180, 270) degrees."""
    if not rotation:
        return table
    cells = tuple(replace(cell, box=_rotated_back(cell.box, rotation, size)) for cell in table.cells)
    return replace(table, cells=cells, box=_rotated_back(table.box, rotation, size))


def _rotated_back(box: Box, rotation: int, size: tuple[int, int]) -> Box:
    width, height = rotated_size(size, rotation)
    return Box(*rotated_box((box.left, box.top, box.right, box.bottom), -rotation // 90, width, height))
