"""Finds the rules of a page: straight horizontal and vertical lines, and the edges of filled rectangles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, sin

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.images.geometry import Box
from app.engine.reader.tables.skew import Skew
from app.engine.reader.text_boxes import TextBox

Mask = npt.NDArray[np.uint8]
MAX_SIDE = 2400
"""Maximum side in pixels of the picture in which rules are searched; thinner lines are still seen at this size."""
MIN_CONTRAST = 9
"""Minimum difference in brightness (of 255) across an edge: pale bands behind every other row have little more."""
MIN_LEVEL, MIN_UPRIGHT = 1.6, 1.2
"""Minimum lengths of horizontal and vertical rules, in text heights; strokes of letters are shorter."""
SAME_RULE = 0.3
"""Distance in text heights within which parallel edges are one rule: both sides of a thick or double line."""
BRIDGED = 0.5
"""Gap in text heights that is closed along a rule, as in dashed ones and where lines cross."""
CROSSED = 0.2
"""Gap in text heights of a vertical rule where a thick horizontal one crosses it: less than between lines of text."""
UNDERLINE = 0.45
"""Distance in text heights below a word, and beyond its ends, within which a horizontal rule underlines it."""
IN_WORD, STRUCK = 0.15, 0.75
"""A horizontal rule further from the top and bottom of words than this fraction of their height, over more than this
fraction of its length, is made of edges of letters."""

IN_LETTERS, MARGIN = 0.6, 0.1
"""A vertical rule with more than this fraction of its length within words, further from their ends than this fraction
of their height, is made of edges of letters below one another."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line of the deskewed page: at `position` (y of a horizontal one, x of a vertical one), in pixels.

    It runs from `begin` to `end` along the other axis.
    """

    position: float
    begin: float
    end: float

    @property
    def length(self) -> float:
        """The length in pixels."""
        return self.end - self.begin

    def covers(self, begin: float, end: float) -> float:
        """Return the fraction of an interval along the rule that the rule covers."""
        return max(0.0, min(end, self.end) - max(begin, self.begin)) / max(end - begin, 1e-6)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a deskewed page: `level` ones from top to bottom, `upright` ones from left to right."""

    level: tuple[Rule, ...] = ()
    upright: tuple[Rule, ...] = ()


def find_rules(picture: Image.Image, skew: Skew, text_height: float, words: Sequence[TextBox]) -> Rules:
    """Return the rules in an RGB picture of a page, whose text is `text_height` pixels high; underlines are no rules.

    Edges are differences of brightness between neighbouring pixels that go on for longer than a letter, so that
    lines, filled rectangles and pale bands are found alike, and dark cells with light text as well.
    """
    scale = min(1.0, MAX_SIDE / max(picture.size))
    grey = picture.convert("L")
    if scale < 1:
        size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
        grey = grey.resize(size, Image.Resampling.BOX)
    pixels, origin = np.asarray(grey), (0.0, 0.0)
    if skew.angle:
        pixels, origin = _deskewed(pixels, skew)
    height = text_height * scale
    bridged = max(3, round(BRIDGED * height))
    level = _edges(pixels, max(14, round(MIN_LEVEL * height)), bridged)
    crossed = max(3, round(CROSSED * height))
    upright = _edges(np.ascontiguousarray(pixels.T), max(12, round(MIN_UPRIGHT * height)), bridged, crossed)

    def placed(rules: Iterable[Rule], axis: int) -> list[Rule]:
        across, along = origin[1 - axis], origin[axis]
        return [Rule((r.position + across) / scale, (r.begin + along) / scale, (r.end + along) / scale) for r in rules]

    reach = SAME_RULE * text_height
    uprights = _united(placed(upright, 1), reach)
    levels = [rule for rule in placed(level, 0) if _meets(rule, uprights, reach) or not _is_in_text(rule, words)]
    return Rules(tuple(_united(levels, reach)), tuple(uprights))


def _meets(rule: Rule, uprights: Sequence[Rule], reach: float) -> bool:
    """Return whether both ends of a horizontal rule are at vertical ones."""
    ends = [
        min(abs(upright.position - rule.begin), abs(upright.position - rule.end))
        for upright in uprights
        if upright.begin - reach <= rule.position <= upright.end + reach
    ]
    return sum(distance <= reach for distance in ends) >= 2


def _deskewed(pixels: Mask, skew: Skew) -> tuple[Mask, tuple[float, float]]:
    height, width = pixels.shape
    box = Box.around_points(skew.deskewed(corner) for corner in Box(0, 0, width, height).corners)
    angle = -skew.angle
    matrix = np.array([[cos(angle), -sin(angle), -box.left], [sin(angle), cos(angle), -box.top]])
    size = (max(1, round(box.width)), max(1, round(box.height)))
    turned = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return turned.astype(np.uint8, copy=False), (box.left, box.top)


def _edges(pixels: npt.NDArray[np.uint8], min_length: int, bridged: int, crossed: int = 0) -> list[Rule]:
    """Return the horizontal edges of at least `min_length` pixels.

    Gaps of up to `bridged` pixels are closed afterwards, of up to `crossed` pixels before the length is measured.
    """
    if min(pixels.shape) < 3 or pixels.shape[1] < min_length:
        return []
    bridged, crossed = min(bridged, pixels.shape[1]), min(crossed, pixels.shape[1])
    step = cv2.absdiff(pixels[1:], pixels[:-1]) >= MIN_CONTRAST
    # An edge that is not quite straight runs over two rows of pixels.
    mask = cv2.dilate(step.astype(np.uint8), np.ones((3, 1), np.uint8))
    if crossed:
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, crossed), np.uint8))
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, min_length), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((1, bridged), np.uint8))
    count, _, stats, centres = cv2.connectedComponentsWithStats(closed.astype(np.uint8, copy=False))
    rules = []
    for number in range(1, count):
        left, _, width, height, _ = (int(value) for value in stats[number])
        if width >= min_length and height < 0.5 * width:
            rules.append(Rule(float(centres[number][1]) + 0.5, float(left), float(left + width)))
    return rules


def _united(rules: Sequence[Rule], reach: float) -> list[Rule]:
    """Unite rules that lie within `reach` of each other and overlap or touch."""
    united: list[Rule] = []
    recent: list[int] = []
    for rule in sorted(rules, key=lambda rule: rule.position):
        recent = [number for number in recent if rule.position - united[number].position <= reach]
        for number in recent:
            other = united[number]
            if rule.begin <= other.end + reach and other.begin <= rule.end + reach:
                position = (other.position * other.length + rule.position * rule.length) / (other.length + rule.length)
                united[number] = Rule(position, min(rule.begin, other.begin), max(rule.end, other.end))
                break
        else:
            recent.append(len(united))
            united.append(rule)
    return sorted(united, key=lambda rule: (rule.position, rule.begin))


def _is_in_text(rule: Rule, words: Sequence[TextBox]) -> bool:
    """Return whether a horizontal rule underlines words or strikes them through, as edges of letters do."""
    beside = [word for word in words if word.left < rule.end and word.right > rule.begin]
    within = [w for w in beside if w.top + IN_WORD * w.height < rule.position < w.bottom - IN_WORD * w.height]
    if sum(min(w.right, rule.end) - max(w.left, rule.begin) for w in within) > STRUCK * rule.length:
        return True
    near = [w for w in beside if w.middle < rule.position < w.bottom + UNDERLINE * w.height]
    if not near:
        return False
    reach = UNDERLINE * max(word.height for word in near)
    begin, end = min(word.left for word in near), max(word.right for word in near)
    return abs(begin - rule.begin) < reach and abs(end - rule.end) < reach


def without_letters(rules: Rules, words: Sequence[TextBox]) -> Rules:
    """Return the rules without vertical ones that are edges of equal letters below one another, as in numbers.

    `words` are those of the page; they end where a rule is.
    """
    edges = np.array([(w.left + MARGIN * w.height, w.right - MARGIN * w.height, w.top, w.bottom) for w in words])
    left, right, top, bottom = edges.reshape(-1, 4).T
    reach = MARGIN * float(np.median(bottom - top)) if words else 0.0

    def drawn(rule: Rule) -> Rule | None:
        over = (left < rule.position) & (right > rule.position)
        tops, bottoms = top[over], bottom[over]
        within = np.minimum(bottoms, rule.end) - np.maximum(tops, rule.begin)
        if float(within.clip(min=0).sum()) > IN_LETTERS * rule.length:
            return None
        # A stroke of a letter above or below a rule makes it longer.
        begin = float(bottoms.max(where=(tops < rule.begin + reach) & (bottoms > rule.begin), initial=rule.begin))
        end = float(tops.min(where=(bottoms > rule.end - reach) & (tops < rule.end), initial=rule.end))
        return Rule(rule.position, begin, end) if begin < end else None

    return Rules(rules.level, tuple(kept for rule in rules.upright if (kept := drawn(rule))))
