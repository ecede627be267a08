"""Ignored areas of a page, in the notation of the user: "top 8, bottom 5", in percent of its sides."""

import re

from app.domain.error_texts import batch_texts
from app.domain.errors import BatchError
from app.domain.images.geometry import Box

EXAMPLE = "top 8, bottom 5"
_EDGE = re.compile(r"(top|bottom|left|right) (\S+)")


def ignored_from(text: str) -> tuple[Box, ...]:
    """Parse areas such as "top 8, bottom 5, 60 0 100 12" to fractions of a page's sides. Raises BatchError.

    Commas, semicolons and line breaks separate. An area is a strip along an edge, or left, top, right and bottom of a
    rectangle; all numbers are percentages.
    """
    areas = [" ".join(area.casefold().replace("%", " ").split()) for area in re.split(r"[,;\n]", text)]
    return tuple(_area(area) for area in areas if area)


def ignored_text(areas: tuple[Box, ...]) -> str:
    """Format areas as `ignored_from` parses them."""
    return ", ".join(_text(area) for area in areas)


def _area(area: str) -> Box:
    if edge := _EDGE.fullmatch(area):
        share = _share(edge[2], area)
        strips = {
            "top": Box(0.0, 0.0, 1.0, share),
            "bottom": Box(0.0, 1.0 - share, 1.0, 1.0),
            "left": Box(0.0, 0.0, share, 1.0),
            "right": Box(1.0 - share, 0.0, 1.0, 1.0),
        }
        return strips[edge[1]]
    numbers = [_share(number, area) for number in area.split()]
    if len(numbers) != 4 or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
        raise _refusal(area)
    return Box(*numbers)


def _share(number: str, area: str) -> float:
    try:
        percent = float(number)
    except ValueError as error:
        raise _refusal(area) from error
    if not 0 <= percent <= 100:
        raise _refusal(area)
    return percent / 100


def _text(area: Box) -> str:
    left, top, right, bottom = (f"{100 * edge:g}" for edge in (area.left, area.top, area.right, area.bottom))
    match left, top, right, bottom:
        case "0", "0", "100", edge:
            return f"top {edge}"
        case "0", _, "100", "100":
            return f"bottom {100 * (1 - area.top):g}"
        case _:
            return f"{left} {top} {right} {bottom}"


def _refusal(area: str) -> BatchError:
    return BatchError(batch_texts.AREA_INVALID, area=area, example=EXAMPLE)
