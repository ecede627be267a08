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
    """Format an area with as few digits as `_area` needs to return the same one."""
    match area:
        case Box(0, 0, 1, share):
            edge, shares = "top ", [share]
        case Box(0, top, 1, 1):
            edge, shares = "bottom ", [1 - top]
        case Box(0, 0, share, 1):
            edge, shares = "left ", [share]
        case Box(left, 0, 1, 1):
            edge, shares = "right ", [1 - left]
        case _:
            edge, shares = "", [area.left, area.top, area.right, area.bottom]
    texts = [edge + " ".join(f"{100 * share:.{digits}g}" for share in shares) for digits in range(6, 18)]
    return next((text for text in texts if _is_text_of(text, area)), texts[-1])


def _is_text_of(text: str, area: Box) -> bool:
    try:
        return _area(text) == area
    except BatchError:  # Rounded to fewer digits, a narrow rectangle has no extent.
        return False


def _refusal(area: str) -> BatchError:
    return BatchError(batch_texts.AREA_INVALID, area=area, example=EXAMPLE)
