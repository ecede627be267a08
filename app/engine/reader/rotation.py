"""Pages that lie on their side or stand on their head: turn the image until it reads, then turn the boxes back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from app.domain.ports import CancelCheck
from app.engine.reader.recognise import Found

CONFIDENT_SCORE = 0.9
"""Mean score of a page that is certainly upright."""

Recognise = Callable[[Image.Image], list[Found]]


@dataclass(frozen=True, slots=True)
class Turned:
    """Lines in the pixels of the turned image, and the clockwise turn in degrees that made it readable."""

    lines: list[Found]
    rotation: int


def recognise_upright(image: Image.Image, recognise: Recognise, check: CancelCheck) -> Turned:
    """Recognise an RGB image as it is and, where that goes badly, turned by 180, 90 and 270 degrees too."""
    best = Turned(recognise(image), 0)
    if _is_confident(best.lines):
        return best
    # Text that lies on its side is found in tall boxes; what stands on its head is found in wide ones.
    turns = (90, 270, 180) if _mostly_tall(best.lines) else (180, 90, 270)
    for rotation in turns:
        check()
        # Pillow turns anticlockwise.
        lines = recognise(image.rotate(-rotation, expand=True))
        if _worth(lines) > 1.2 * _worth(best.lines):
            best = Turned(lines, rotation)
            if _is_confident(lines):
                break
    return best


def _is_confident(lines: Sequence[Found]) -> bool:
    letters = sum(len(line.text) for line in lines)
    return letters >= 4 and not _mostly_tall(lines) and mean_score(lines) >= CONFIDENT_SCORE


def mean_score(lines: Sequence[Found]) -> float:
    """Mean score of all letters."""
    letters = sum(len(line.text) for line in lines)
    return sum(line.score * len(line.text) for line in lines) / letters if letters else 0.0


def _worth(lines: Sequence[Found]) -> float:
    """How much was read: letters count by how far their line's score is above the noise of unreadable text."""
    worth = sum(len(line.text) * max(0.0, line.score - 0.6) for line in lines)
    # The recogniser lays tall boxes down, so a page on its side may read well, but in no good order. Writing that is
    # really vertical still wins: turned, it is not read at all.
    return worth / 2 if _mostly_tall(lines) else worth


def _mostly_tall(lines: Sequence[Found]) -> bool:
    """Whether most lines of several letters are taller than wide, as on a page that lies on its side."""
    words = [line for line in lines if len(line.text) > 2]
    tall = sum(1 for line in words if np.ptp(line.quad[:, 1]) > 1.5 * np.ptp(line.quad[:, 0]))
    return tall * 2 > len(words)


def turn_back(line: Found, rotation: int, size: tuple[int, int]) -> Found:
    """A line found on the image turned clockwise by `rotation`, in the pixels of the image of `size` itself."""
    width, height = size
    x, y = line.quad[:, 0], line.quad[:, 1]
    match rotation:
        case 90:
            quad = np.stack([y, height - x], axis=1)
        case 180:
            quad = np.stack([width - x, height - y], axis=1)
        case 270:
            quad = np.stack([width - y, x], axis=1)
        case _:
            return line
    return replace(line, quad=quad)
