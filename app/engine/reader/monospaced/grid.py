"""Finds the grids on which monospaced text stands: the width of their columns and the height of their rows.

The recogniser tells where along a line it saw each letter, to an eighth of a letter. In monospaced type these places
are a multiple of one pitch apart, for all lines from the same origin; in proportional type they are not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import east_asian_width

import numpy as np
import numpy.typing as npt

from app.engine.reader.recognise import OcrLine

MIN_LETTERS = 8
"""Minimum number of letters of a line that proves a grid."""

MIN_WORDS, MIN_WORD_SHARE = 4, 0.4
"""Minimum number of alphabetic letters in such a line, and their share: all figures of most type have one width."""

MIN_COHERENCE = 0.55
"""Minimum length of the mean of its letters' phases, 0..1: 0.75 is usual in monospaced type, 0.3 in proportional."""

MIN_LINES = 3
"""Minimum number of such lines with one pitch and one origin."""

MAX_GRIDS = 6
"""Maximum number of grids on a page: panes of an editor, terminals beside one another."""

PITCHES = (0.2, 1.2)
"""Minimum and maximum pitch as a fraction of a line's height."""

SAME_PITCH = 0.06
"""Maximum relative difference of the pitches of single lines of one grid, which are measured coarsely."""

MIN_NEAR_COHERENCE = 0.4
"""The same for a line among others that are on a grid."""

SAME_PHASE = 0.25
"""Maximum mean distance of a line's letters from the grid's columns, in columns."""

SIMILAR_HEIGHT = 1.7
"""Maximum ratio of the heights of a grid's lines' boxes."""

NEAR, REACH = 1.5, 3.2
"""Maximum distance in rows of a line above or below the others that is between their sides, or on their columns."""

FAR_PHASE = 0.15
"""The same as SAME_PHASE for lines farther than NEAR."""

MIN_CORRIDOR = 3
"""Minimum width in columns of the blank between a side bar and the text beside it."""

MAX_OUTDENT = 9
"""Maximum distance in columns of a short line from the sides of the others: what is farther is another column."""

MAX_SLOPE, MAX_RISE = 0.012, 0.2
"""Maximum slope of a line, as screenshots are straight, or rise as a fraction of its height, for short ones."""

MAX_BLANK_ROWS = 4
"""Maximum number of rows without text between two rows of one block."""

Places = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns `pitch` pixels wide, the middle of the first at `left`; rows `step` pixels high, the first at `top`."""

    left: float
    pitch: float
    top: float
    step: float

    def column(self, x: Places) -> Places:
        """Return the columns at these x, 0.0 being the middle of the first."""
        return (x - self.left) / self.pitch

    def row(self, y: float) -> int:
        """Return the row whose middle is nearest to `y`."""
        return round((y - self.top) / self.step)


@dataclass(frozen=True, slots=True)
class _Line:
    """A straight line of letters: their middles in pixels from left to right, without spaces."""

    number: int
    places: Places
    middle: float
    height: float
    left: float
    right: float
    is_wide: bool  # It has Chinese or Japanese letters, which are on no grid.
    has_words: bool  # Not only figures.


def find_grids(lines: Sequence[OcrLine]) -> Iterator[tuple[Grid, list[int]]]:
    """Yield each grid with the numbers of its lines; a line belongs to one grid at most."""
    rest = [line for number, found in enumerate(lines) if (line := _straight(number, found))]
    for _ in range(MAX_GRIDS):
        members = _block(rest)
        if len(members) < MIN_LINES:
            return
        pitch, phase = _fitted(members)
        taken = {line.number for line in members}
        rest = [line for line in rest if line.number not in taken]
        first = min(round((line.places[0] - phase) / pitch) for line in members)
        top, step = _rows(members)
        yield Grid(phase + first * pitch, pitch, top, step), sorted(taken)


def letter_places(line: OcrLine) -> Places:
    """Return the middles in pixels of a horizontal line's letters, without spaces."""
    start, run = float(line.quad[0, 0]), float(line.quad[1, 0] - line.quad[0, 0])
    return np.array([start + letter.centre * run for letter in line.letters if not letter.text.isspace()])


def is_wide(letter: str) -> bool:
    """Return whether a letter takes two columns, as Chinese and Japanese ones do."""
    return any(east_asian_width(character) in "WF" for character in letter)


def _straight(number: int, line: OcrLine) -> _Line | None:
    run, side = line.quad[1] - line.quad[0], line.quad[3] - line.quad[0]
    if run[0] <= 0 or side[1] <= 0 or abs(run[1]) > max(MAX_RISE * side[1], MAX_SLOPE * run[0]):
        return None
    told = letter_places(line)
    if not len(told) or not np.isfinite(told).all():
        return None
    places = np.sort(told)
    left, right = float(line.quad[:, 0].min()), float(line.quad[:, 0].max())
    has_wide = any(is_wide(letter.text) for letter in line.letters)
    # Letters that run to the left, as Arabic ones do, prove nothing: their cells would be told in the wrong order.
    runs_left = len(told) > 1 and bool(np.median(np.diff(told)) < 0)
    words = 0 if runs_left else sum(letter.text.isalpha() for letter in line.letters)
    has_words = words >= max(MIN_WORDS, MIN_WORD_SHARE * len(places))
    return _Line(number, places, float(line.quad[:, 1].mean()), float(side[1]), left, right, has_wide, has_words)


def _block(lines: Sequence[_Line]) -> list[_Line]:
    """Return the lines of the largest grid among these."""
    proofs = [(line, pitch) for line in lines if (pitch := _own_pitch(line)) is not None]
    best: list[_Line] = []
    for _, pitch in proofs[:: max(1, len(proofs) // 40)]:
        like = [line for line, other in proofs if abs(other - pitch) <= SAME_PITCH * pitch]
        if sum(len(line.places) for line in like) > sum(len(line.places) for line in best):
            best = like
    if len(best) < MIN_LINES:
        return []
    pitch = _common_pitch(best)
    best = [line for line in best if _coherence(line.places, pitch) >= MIN_COHERENCE]
    core = _same_phase(best, pitch)
    if len(core) < MIN_LINES:
        return []
    members = _with_neighbours(core, lines)
    return members if any(line in core for line in members) else []


def _own_pitch(line: _Line) -> float | None:
    """Return the pitch of a line that is coherent by itself; None if it is too short or proportional."""
    if len(line.places) < MIN_LETTERS or line.is_wide or not line.has_words:
        return None
    distances = np.diff(line.places)
    # The places are those of the network's columns, a third of a letter wide: their mean is finer than their median.
    usual = float(distances[distances <= 1.5 * np.median(distances)].mean())
    if not PITCHES[0] * line.height <= usual <= PITCHES[1] * line.height:
        return None
    pitches = usual * np.linspace(0.9, 1.1, 41)
    coherence = [_coherence(line.places, pitch) for pitch in pitches]
    best = int(np.argmax(coherence))
    return float(pitches[best]) if coherence[best] >= MIN_COHERENCE else None


def _coherence(places: Places, pitch: float) -> float:
    return float(np.abs(np.exp(2j * np.pi * places / pitch).mean()))


def _phase(places: Places, pitch: float) -> float:
    """Return the mean place within a column, -0.5..0.5 columns."""
    return float(np.angle(np.exp(2j * np.pi * places / pitch).mean()) / (2 * np.pi))


def _common_pitch(lines: Sequence[_Line]) -> float:
    """Return the pitch that suits all lines, each from an origin of its own."""
    usual = float(np.median([pitch for line in lines if (pitch := _own_pitch(line))]))
    pitches = usual * np.linspace(1 - SAME_PITCH, 1 + SAME_PITCH, 241)
    total = sum(np.abs(np.exp(2j * np.pi * line.places[None] / pitches[:, None]).sum(axis=1)) for line in lines)
    return float(pitches[int(np.argmax(total))])


def _same_phase(lines: Sequence[_Line], pitch: float) -> list[_Line]:
    """Return the largest group of lines on columns from the same origin."""
    best: list[_Line] = []
    phases = np.array([_phase(line.places, pitch) for line in lines])
    for phase in phases:
        near = np.abs((phases - phase + 0.5) % 1 - 0.5) <= SAME_PHASE
        group = [line for line, is_near in zip(lines, near, strict=True) if is_near]
        if len(group) > len(best):
            best = group
    return best


def _fitted(lines: Sequence[_Line]) -> tuple[float, float]:
    """Return the pitch and the middle of a column, in pixels, from all letters of a grid's lines."""
    places = np.concatenate([line.places for line in lines])
    coarse = _common_pitch([line for line in lines if _own_pitch(line)])
    pitches = coarse * np.linspace(0.99, 1.01, 401)
    sums = np.exp(2j * np.pi * places[None] / pitches[:, None]).mean(axis=1)
    best = int(np.argmax(np.abs(sums)))
    pitch = float(pitches[best])
    return pitch, float(np.angle(sums[best]) / (2 * np.pi)) * pitch


def _with_neighbours(core: Sequence[_Line], lines: Sequence[_Line]) -> list[_Line]:
    """Return a core of lines and the others of its rows: short ones, and such as prove nothing by themselves."""
    pitch, phase = _fitted(core)
    height = float(np.median([line.height for line in core]))
    members = _longest_run(sorted(core, key=lambda line: line.middle), height)
    if len(members) < MIN_LINES:
        return members
    step = _rows(members)[1]
    rest = [line for line in lines if line not in members and _is_similar(line.height, height)]
    while True:
        near = [line for line in rest if _belongs(line, members, step, (pitch, phase))]
        if not near:
            return _without_side_bars(members, lines, pitch)
        members = sorted([*members, *near], key=lambda line: line.middle)
        rest = [line for line in rest if line not in near]


def _without_side_bars(members: Sequence[_Line], lines: Sequence[_Line], pitch: float) -> list[_Line]:
    """Return the members without those in a column of lines that mostly are on no grid: names of files."""
    groups: list[list[_Line]] = []
    for line in sorted(members, key=lambda line: line.places[0]):
        if not groups or line.places[0] > max(other.places[-1] for other in groups[-1]) + MIN_CORRIDOR * pitch:
            groups.append([])
        groups[-1].append(line)
    largest = max(groups, key=lambda group: sum(len(line.places) for line in group))
    others = [line for line in lines if line not in members]
    kept = [group for group in groups if group is largest or len(group) > len(_beside(group, members, others))]
    return sorted((line for group in kept for line in group), key=lambda line: line.middle)


def _beside(group: Sequence[_Line], members: Sequence[_Line], others: Sequence[_Line]) -> list[_Line]:
    """Return the other lines in the column of a group."""
    left, right = min(line.left for line in group), max(line.right for line in group)
    top, bottom = members[0].middle, members[-1].middle
    return [line for line in others if left < (line.left + line.right) / 2 < right and top <= line.middle <= bottom]


def _longest_run(lines: Sequence[_Line], height: float) -> list[_Line]:
    """Return the most lines, of lines from top to bottom, without a gap of more than MAX_BLANK_ROWS."""
    runs = [[lines[0]]]
    for above, below in pairwise(lines):
        if below.middle - above.middle > (MAX_BLANK_ROWS + 1) * 1.3 * height:
            runs.append([])
        runs[-1].append(below)
    return max(runs, key=len)


def _is_similar(height: float, usual: float) -> bool:
    return usual / SIMILAR_HEIGHT <= height <= usual * SIMILAR_HEIGHT


def _belongs(line: _Line, members: Sequence[_Line], step: float, columns: tuple[float, float]) -> bool:
    pitch, phase = columns
    distance = max(members[0].middle - line.middle, line.middle - members[-1].middle) / step
    if distance > REACH:
        return False
    left, right = min(member.places[0] for member in members), max(member.places[-1] for member in members)
    proves_nothing = line.is_wide or len(line.places) < MIN_LETTERS
    is_between = line.places[0] >= left - pitch and line.places[-1] <= right + pitch
    if proves_nothing and is_between and distance <= NEAR:
        return True
    mean = np.exp(2j * np.pi * (line.places - phase) / pitch).mean()
    is_near = distance <= NEAR
    if abs(np.angle(mean)) > 2 * np.pi * (SAME_PHASE if is_near else FAR_PHASE):
        return False
    if len(line.places) >= MIN_LETTERS:
        return bool(abs(mean) >= (MIN_NEAR_COHERENCE if is_near else MIN_COHERENCE))
    return bool(line.places[0] >= left - MAX_OUTDENT * pitch and line.places[-1] <= right + MAX_OUTDENT * pitch)


def _rows(lines: Sequence[_Line]) -> tuple[float, float]:
    """Return the middle of the first row and the distance of rows, in pixels."""
    middles = np.sort([line.middle for line in lines])
    height = float(np.median([line.height for line in lines]))
    groups = np.split(middles, np.flatnonzero(np.diff(middles) > 0.4 * height) + 1)
    centres = np.array([float(np.mean(group)) for group in groups])
    if len(centres) == 1:
        return float(centres[0]), height
    distances = np.diff(centres)
    usual = float(np.median(distances))
    usual = float(np.mean([distance / round(distance / usual) for distance in distances if distance > 0.6 * usual]))
    steps = usual * np.linspace(0.94, 1.06, 241)
    sums = np.exp(2j * np.pi * centres[None] / steps[:, None]).mean(axis=1)
    best = int(np.argmax(np.abs(sums)))
    step, phase = float(steps[best]), float(np.angle(sums[best]) / (2 * np.pi))
    return (round(centres[0] / steps[best] - phase) + phase) * step, step
