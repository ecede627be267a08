"""Collects what a PDF page draws besides text: rules, filled rectangles and images, in pixels of the page's picture.

Form XObjects are looked into; their objects have coordinates of their own (ISO 32000-2, 8.10).
"""

from collections.abc import Callable, Iterator
from ctypes import byref, c_float, c_int, c_uint
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING

from app.domain.images.geometry import Box, Point
from app.engine.imaging.pdf_frame import PdfFrame

if TYPE_CHECKING:
    from pypdfium2 import PdfPage
    from pypdfium2.raw import FPDF_PAGEOBJECT as PageObject  # noqa: N811

MAX_OBJECTS = 20_000
"""Maximum number of objects that are looked at: plans and maps have more, but no tables."""

MAX_SEGMENTS = 200_000
"""Maximum number of lines and curves of all paths that are looked at."""

MAX_DEPTH = 12
"""Maximum depth of form XObjects within one another."""

MAX_RULE_WIDTH = 4.0
"""Maximum width in points of a filled rectangle that is a rule rather than an area."""

MIN_RULE_LENGTH = 3.0
"""Minimum length in points of a rule; shorter strokes belong to drawings or outlined letters."""

MAX_SLOPE = 0.02
"""Maximum slope of a rule against the page's sides."""

Matrix = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f of a transformation (ISO 32000-2, 8.3.3): x' = ax + cy + e, y' = bx + dy + f."""

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal or vertical line that is drawn from `start` to `end`, `width` wide, all in pixels."""

    start: Point
    end: Point
    width: float


@dataclass(frozen=True, slots=True)
class Fill:
    """A filled rectangle, in pixels, and its colour: red, green, blue, 0..255."""

    box: Box
    colour: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Drawings:
    """What is drawn on a page besides text; `images` are the bounding boxes of its images."""

    rules: tuple[Rule, ...] = ()
    fills: tuple[Fill, ...] = ()
    images: tuple[Box, ...] = ()


def drawings_of(page: "PdfPage", frame: PdfFrame) -> Drawings:
    """Return what is drawn within the visible part of a page, in drawing order."""
    from pypdfium2 import raw  # noqa: PLC0415 - needed for documents only

    rules: list[Rule] = []
    fills: list[Fill] = []
    images: list[Box] = []
    segments = 0
    for kind, item, matrix in _objects(page):
        if kind == "image":
            corners = [_mapped(_product(_matrix_of(item), matrix), x, y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
            images += _visible([Box.around_points(frame.to_pixels(x, y) for x, y in corners)], frame)
        elif segments < MAX_SEGMENTS:
            segments += raw.FPDFPath_CountSegments(item)
            _add_path(item, _product(_matrix_of(item), matrix), frame, rules, fills)
    return Drawings(tuple(rules), tuple(fills), tuple(images))


def _objects(page: "PdfPage") -> Iterator[tuple[str, "PageObject", Matrix]]:
    """Yield paths and images with the matrix that maps their container's coordinates to the page's."""
    from pypdfium2 import raw  # noqa: PLC0415 - needed for documents only

    count = 0
    waiting: list[tuple[PageObject, Matrix, int]] = []
    for index in range(raw.FPDFPage_CountObjects(page)):
        waiting.append((raw.FPDFPage_GetObject(page, index), IDENTITY, 0))
        while waiting and count < MAX_OBJECTS:
            item, matrix, depth = waiting.pop()
            count += 1
            match raw.FPDFPageObj_GetType(item):
                case raw.FPDF_PAGEOBJ_PATH:
                    yield "path", item, matrix
                case raw.FPDF_PAGEOBJ_IMAGE:
                    yield "image", item, matrix
                case raw.FPDF_PAGEOBJ_FORM if depth < MAX_DEPTH:
                    inner = _product(_matrix_of(item), matrix)
                    parts = range(min(raw.FPDFFormObj_CountObjects(item), MAX_OBJECTS - count))
                    waiting += [(raw.FPDFFormObj_GetObject(item, part), inner, depth + 1) for part in reversed(parts)]
                case _:
                    pass
        if count >= MAX_OBJECTS:
            return


def _add_path(item: "PageObject", matrix: Matrix, frame: PdfFrame, rules: list[Rule], fills: list[Fill]) -> None:
    from pypdfium2 import raw  # noqa: PLC0415

    fill_mode, is_stroked = c_int(), c_int()
    raw.FPDFPath_GetDrawMode(item, byref(fill_mode), byref(is_stroked))
    fill, stroke = _colour(item, raw.FPDFPageObj_GetFillColor), _colour(item, raw.FPDFPageObj_GetStrokeColor)
    is_filled, is_drawn = bool(fill_mode.value and fill), bool(is_stroked.value and stroke)
    if not is_filled and not is_drawn:
        return
    width = c_float()
    raw.FPDFPageObj_GetStrokeWidth(item, byref(width))
    thickness = max(width.value * hypot(matrix[0], matrix[1]), 0.1)
    for corners, is_closed in _straight_parts(item, matrix):
        if is_filled and fill and (area := _rectangle(corners)):
            left, bottom, right, top = area
            if min(right - left, top - bottom) <= MAX_RULE_WIDTH:
                rules += _rule_of_area(area, frame)
            else:
                box = Box.around_points(frame.corners(*area))
                fills += [Fill(part, fill) for part in _visible([box], frame)]
        if is_drawn:
            ends = [*corners[1:], corners[0]] if is_closed else corners[1:]
            for start, end in zip(corners, ends, strict=False):
                rules += _rule_between(start, end, thickness, frame)


def _straight_parts(item: "PageObject", matrix: Matrix) -> list[tuple[list[_Corner], bool]]:
    """Return the corners of each part of a path without curves, and whether it is closed."""
    from pypdfium2 import raw  # noqa: PLC0415

    parts: list[tuple[list[_Corner], bool]] = []
    current: list[_Corner] = []
    is_curved = False
    x, y = c_float(), c_float()
    for index in range(min(raw.FPDFPath_CountSegments(item), MAX_OBJECTS)):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            if len(current) > 1 and not is_curved:
                parts.append((current, False))
            current, is_curved = [], False
        elif kind == raw.FPDF_SEGMENT_BEZIERTO:
            is_curved = True
        raw.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        current.append(_mapped(matrix, x.value, y.value))
        if raw.FPDFPathSegment_GetClose(segment):
            if len(current) > 1 and not is_curved:
                parts.append((current, True))
            current, is_curved = [current[0]], False
    if len(current) > 1 and not is_curved:
        parts.append((current, False))
    return parts


def _rectangle(corners: list[_Corner]) -> tuple[float, float, float, float] | None:
    """Return left, bottom, right and top of a rectangle along the page's sides; None if it is another shape."""
    distinct = corners[:-1] if len(corners) == 5 and corners[0] == corners[-1] else corners
    if len(distinct) != 4:
        return None
    across, up = [corner[0] for corner in distinct], [corner[1] for corner in distinct]
    left, bottom, right, top = min(across), min(up), max(across), max(up)
    near = 0.05 + MAX_SLOPE * min(right - left, top - bottom)
    is_upright = all(min(x - left, right - x) <= near and min(y - bottom, top - y) <= near for x, y in distinct)
    return (left, bottom, right, top) if is_upright else None


def _rule_of_area(area: tuple[float, float, float, float], frame: PdfFrame) -> list[Rule]:
    left, bottom, right, top = area
    if right - left >= top - bottom:
        middle = (bottom + top) / 2
        return _rule_between((left, middle), (right, middle), top - bottom, frame)
    middle = (left + right) / 2
    return _rule_between((middle, bottom), (middle, top), right - left, frame)


def _rule_between(start: _Corner, end: _Corner, thickness: float, frame: PdfFrame) -> list[Rule]:
    across, up = abs(end[0] - start[0]), abs(end[1] - start[1])
    if max(across, up) < MIN_RULE_LENGTH or min(across, up) > MAX_SLOPE * max(across, up):
        return []
    box = Box.around_points((frame.to_pixels(*start), frame.to_pixels(*end)))
    width, height = frame.size
    visible = Box(max(box.left, 0.0), max(box.top, 0.0), min(box.right, width), min(box.bottom, height))
    if visible.width < 0 or visible.height < 0 or max(visible.width, visible.height) < MIN_RULE_LENGTH:
        return []
    if box.width >= box.height:
        middle = (box.top + box.bottom) / 2
        return [Rule(Point(visible.left, middle), Point(visible.right, middle), thickness * frame.scale)]
    middle = (box.left + box.right) / 2
    return [Rule(Point(middle, visible.top), Point(middle, visible.bottom), thickness * frame.scale)]


def _visible(boxes: list[Box], frame: PdfFrame) -> list[Box]:
    """Return the parts of boxes that are on the page's picture."""
    width, height = frame.size
    clipped = [
        Box(max(box.left, 0.0), max(box.top, 0.0), min(box.right, width), min(box.bottom, height)) for box in boxes
    ]
    return [box for box in clipped if box.width > 0 and box.height > 0]


def _colour(item: "PageObject", getter: Callable[..., int]) -> tuple[int, int, int] | None:
    """Return red, green and blue; None if nothing is drawn because the colour is transparent."""
    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint(255)
    if not getter(item, byref(red), byref(green), byref(blue), byref(alpha)):
        return 0, 0, 0  # A pattern.
    return (red.value, green.value, blue.value) if alpha.value else None


def _matrix_of(item: "PageObject") -> Matrix:
    from pypdfium2 import raw  # noqa: PLC0415

    matrix = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(item, byref(matrix)):
        return IDENTITY
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _product(inner: Matrix, outer: Matrix) -> Matrix:
    """Return the matrix that applies `inner` first, then `outer`."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _mapped(matrix: Matrix, x: float, y: float) -> _Corner:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
