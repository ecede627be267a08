"""All tables of a page."""

from collections.abc import Sequence

from PIL import Image

from app.domain.regions import TextLine
from app.domain.tables import Table
from app.engine.reader.tables.cells import ruled_table
from app.engine.reader.tables.ink import Ink
from app.engine.reader.tables.pieces import straight_pieces, tilt_of
from app.engine.reader.tables.ruled import find_grids
from app.engine.reader.tables.unruled import unruled_tables


def find_tables(lines: Sequence[TextLine], picture: Image.Image | None) -> tuple[Table, ...]:
    """Tables among the lines of an upright page, from top to bottom; ruled ones need its RGB picture."""
    tilt = tilt_of(lines)
    pieces = straight_pieces(lines, tilt)
    tables: list[Table] = []
    ink = Ink(picture, tilt) if picture and pieces else None
    for grid in find_grids(ink, pieces) if ink else ():
        if found := ruled_table(grid, pieces, tilt):
            table, inside = found
            tables.append(table)
            pieces = [piece for piece in pieces if piece not in inside]
    if ink:
        pieces = [part for piece in pieces for part in ink.split(piece)]
    tables += unruled_tables(pieces, tilt)
    return tuple(sorted(tables, key=lambda table: table.box.top))
