"""Parts of a page that are left out, as people write them: "top 8, bottom 5", in percent of its sides."""

import re

from app.domain.errors import BatchError
from app.domain.regions import Box

EXAMPLE = "top 8, bottom 5"
_EDGE = re.compile(r"(top|bottom|left|right) (\S+)")


def ignored_from(text: str) -> tuple[Box, ...]:
    """The parts in such as "top 8, bottom 5, 60 0 100 12", as shares of a page's sides. Raises BatchError.

    Commas, semicolons and line breaks separate. A part is a strip along an edge, or left, top, right and bottom of a
    rectangle; all figures are percent.
    """
    parts = [" ".join(part.casefold().replace("%", " ").split()) for part in re.split(r"[,;\n]", text)]
    return tuple(_part(part) for part in parts if part)


def ignored_text(parts: tuple[Box, ...]) -> str:
    """The parts as `ignored_from` reads them."""
    return ", ".join(_text(part) for part in parts)


def _part(part: str) -> Box:
    if edge := _EDGE.fullmatch(part):
        share = _share(edge[2], part)
        strips = {
            "top": Box(0.0, 0.0, 1.0, share),
            "bottom": Box(0.0, 1.0 - share, 1.0, 1.0),
            "left": Box(0.0, 0.0, share, 1.0),
            "right": Box(1.0 - share, 0.0, 1.0, 1.0),
        }
        return strips[edge[1]]
    numbers = [_share(number, part) for number in part.split()]
    if len(numbers) != 4 or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
        raise _refusal(part)
    return Box(*numbers)


def _share(number: str, part: str) -> float:
    try:
        percent = float(number)
    except ValueError as error:
        raise _refusal(part) from error
    if not 0 <= percent <= 100:
        raise _refusal(part)
    return percent / 100


def _text(part: Box) -> str:
    left, top, right, bottom = (f"{100 * edge:g}" for edge in (part.left, part.top, part.right, part.bottom))
    match left, top, right, bottom:
        case "0", "0", "100", edge:
            return f"top {edge}"
        case "0", _, "100", "100":
            return f"bottom {100 * (1 - part.top):g}"
        case _:
            return f"{left} {top} {right} {bottom}"


def _refusal(part: str) -> BatchError:
    return BatchError(f"“{part}” is no part of a page.", todo=f"Write such as: {EXAMPLE}, 60 0 100 12 (in percent).")
