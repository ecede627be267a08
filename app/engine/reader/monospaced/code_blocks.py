"""Reads blocks of monospaced text with their indentation and gaps: code, terminals, tables of blanks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from PIL import Image

from app.domain.documents.pages import UNCERTAIN_SCORE
from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.monospaced.alignment import aligned
from app.engine.reader.monospaced.cells import Cells, Glyph, has_ink
from app.engine.reader.monospaced.fitting import fitted
from app.engine.reader.monospaced.glyphs import Glyphs
from app.engine.reader.monospaced.grid import Grid, Places, find_grids, is_wide, letter_places
from app.engine.reader.monospaced.line_numbers import Numbered, without_numbers
from app.engine.reader.recognise import OcrLine, Quad

Read = Callable[[Quad], OcrLine]
"""Reads the line within these corners of the picture."""

SPACE = " "

AGREEMENT, FLAT_AGREEMENT = (0.965, 0.95), (0.92, 0.8)
"""Minimum median likeness of letters to others, and share that is most like one of its own name, of a screenshot.

The latter are those on an even background. Measured: at least 0.96 and 0.90 on screenshots of 12 pixels, at most 0.957
and 0.975 on scanned receipts in monospaced type, of which letters are never corrected by others.
"""

FAINT_CONTRAST, MAX_NOISE, FLAT_SHARE = 24, 4, 0.95
"""Contrast below which a cell is empty, the maximum contrast of an even background, and the share of cells with it."""

SIMILAR_SCORE = 0.9
"""Score of a letter that was not read but looks like others."""

SPACE_WIDTH = 0.6
"""Minimum distance in columns of wide letters that is a space: their fonts are not quite two columns wide."""

NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans("ニ二一ー丨〇…", "==--|0.")
"""Full-width forms of ASCII, which the recogniser also gives for a bracket alone, and letters that signs look like."""

ROUNDS = 3
"""Maximum number of times that cells are read by how others look: each adds some that others look like."""

ROWS_BEYOND, MIN_CELLS_BEYOND, MIN_SCORE_BEYOND = 2, 4, 0.75
"""Number of rows above and below a block that are looked at for undetected lines, and what such lines must have."""

MAX_GROUPS = 200
"""Maximum number of places of a block that are read after its lines; more are a picture behind the text."""

MIN_GAP = 2
"""Minimum number of blank columns between two lines of a row; words of a line are one column apart."""


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A row of a block: its lines from left to right, and its text with indentation and gaps; both may be empty."""

    lines: tuple[OcrLine, ...]
    text: str


CodeBlock = tuple[CodeRow, ...]
"""The rows of monospaced text from top to bottom; the first and the last have lines."""


def find_code(picture: Image.Image, lines: Sequence[OcrLine], read: Read) -> tuple[list[CodeBlock], list[OcrLine]]:
    """Return the blocks of monospaced text on an upright RGB picture, and the lines that are in none of them."""
    rest = list(lines)
    blocks = []
    for grid, numbers in find_grids(lines):
        members = [lines[number] for number in numbers]
        fitted_grid = fitted(picture, grid, members)
        numbered = without_numbers(fitted_grid, members, _without(rest, members))
        others = _without(rest, [*members, *numbered.taken])
        letters = _Letters(Cells(picture, fitted_grid), fitted_grid, read, [line.quad for line in others])
        for line in numbered.lines:
            letters.place(line)
        if letters.are_drawn():
            letters.complete()
            blocks.append(_block(fitted_grid, letters, numbered))
            rest = others
    return blocks, rest


def _without(lines: Sequence[OcrLine], taken: Iterable[OcrLine]) -> list[OcrLine]:
    left_out = {id(line) for line in taken}
    return [line for line in lines if id(line) not in left_out]


def _block(grid: Grid, placed: "_Letters", numbered: Numbered) -> CodeBlock:
    rows = {row: letters for row, letters in placed.rows.items() if letters}
    margin = min(column for row in rows.values() for column in row)
    found = range(min([*rows, *numbered.numbers]), max([*rows, *numbered.numbers]) + 1)
    code = [_row(grid, number, rows.get(number, {}), margin) for number in found]
    if not numbered.numbers:
        return tuple(code)
    last = max(float(letter_places(line)[-1]) for line in numbered.numbers.values())
    gap = max(1, round(margin - float(grid.column(np.array(last)))) - 1)
    width = max(len(line.text) for line in numbered.numbers.values())
    side = "<" if numbered.is_flush else ">"
    return tuple(
        _numbered_row(numbered.numbers.get(number), row, f"{side}{width}", gap)
        for number, row in zip(found, code, strict=True)
    )


def _numbered_row(number: OcrLine | None, row: CodeRow, width: str, gap: int) -> CodeRow:
    """Return a row with its number before it, as wide as the widest (a format's alignment and width), and a gap."""
    text = (f"{number.text if number else '':{width}}{SPACE * gap}{row.text}").rstrip()
    return CodeRow((*([number] if number else []), *row.lines), text)


class _Letters:
    """The letters of a block by row and column, `rows`; `others` are the corners of lines that are not of it."""

    def __init__(self, cells: Cells, grid: Grid, read: Read, others: Sequence[Quad]) -> None:
        self._cells, self._grid, self._read = cells, grid, read
        self._others = [(*quad.min(axis=0), *quad.max(axis=0)) for quad in others]
        self._looks: dict[tuple[int, int], Glyph] = {}
        self.rows: dict[int, dict[int, Letter]] = {}

    def place(self, line: OcrLine) -> None:
        """Put a line's letters into the cells that have ink."""
        letters = _narrowed([letter for letter in line.letters if not letter.text.isspace()])
        if not letters:
            return
        number = self._grid.row(float(line.quad[:, 1].mean()))
        columns = self._grid.column(letter_places(line))
        if any(is_wide(letter.text) for letter in letters):
            self._place_wide(self.rows.setdefault(number, {}), columns, letters)
            return
        # Letters are seen beside their middles, all of a line to the same side.
        columns -= np.angle(np.exp(2j * np.pi * columns).mean()) / (2 * np.pi)
        start, end = self._grid.column(line.quad[:2, 0])
        first, last = round(min(columns[0], start + 0.5)) - 1, round(max(columns[-1], end - 0.5)) + 1
        contrasts = self._cells.contrasts(number, first, last)
        lettered = [index for column in columns if 0 <= (index := round(column) - first) < len(contrasts)]
        ink = has_ink(contrasts, lettered)
        row = self.rows.setdefault(number, {})
        for cell, letter in zip(aligned((columns - first).tolist(), ink), letters, strict=True):
            # Where boxes overlap, the one with the more certain letter is right.
            if cell is not None and (cell + first not in row or row[cell + first].score < letter.score):
                row[cell + first] = letter

    @staticmethod
    def _place_wide(row: dict[int, Letter], columns: Places, letters: Sequence[Letter]) -> None:
        """Put Chinese or Japanese letters, which are about two columns wide, and others where they were seen."""
        following = round(columns[0] - (0.5 if is_wide(letters[0].text) else 0.0))
        end = columns[0]
        for place, letter in zip(columns.tolist(), letters, strict=True):
            half = 1.0 if is_wide(letter.text) else 0.5
            if place - half > end + SPACE_WIDTH:
                following += max(1, round(place - half - end))
            row[following] = letter
            if is_wide(letter.text):
                row[following + 1] = replace(letter, text="")
            following, end = following + round(2 * half), place + half

    def complete(self) -> None:
        """Correct letters by how they look, and read the cells with ink for which there is none."""
        self._read_alike()
        for row, group in self._groups():
            self._read_group(row, group)
        for _ in range(ROUNDS):
            if not self._read_alike():
                break

    def are_drawn(self) -> bool:
        """Return whether the same letter looks the same wherever it is: on screenshots, not on paper."""
        likeness, share = self._known().agreement()
        bounds = FLAT_AGREEMENT if self._is_flat() else AGREEMENT
        return likeness >= bounds[0] and share >= bounds[1]

    def _is_flat(self) -> bool:
        """Return whether there is nothing at all between letters: no noise of paper and cameras."""
        columns = [column for row in self.rows.values() for column in row]
        contrasts = np.concatenate([self._cells.contrasts(row, min(columns), max(columns)) for row in self.rows])
        empty = contrasts[contrasts < FAINT_CONTRAST]
        return bool((empty <= MAX_NOISE).sum() >= FLAT_SHARE * len(empty))

    def _known(self) -> Glyphs:
        known = {
            (row, column): letter.text
            for row, letters in self.rows.items()
            for column, letter in letters.items()
            if letter.text and not is_wide(letter.text)
        }
        for cell in known:
            if cell not in self._looks:
                self._looks[cell] = self._cells.glyph(*cell)
        return Glyphs(known, self._looks)

    def _read_alike(self) -> int:
        """Correct and read letters by how others look; return how many were read."""
        glyphs = self._known()
        for (row, column), text in glyphs.corrected().items():
            self.rows[row][column] = replace(self.rows[row][column], text=text)
        count = 0
        for row, column in self._unread():
            if text := glyphs.read(row, self._cells.glyph(row, column)):
                self.rows.setdefault(row, {})[column] = Letter(text, 0.0, 1.0, SIMILAR_SCORE)
                count += 1
        return count

    def _unread(self) -> list[tuple[int, int]]:
        """Return the row and column of each cell that has ink and no letter, also just above and below the block."""
        columns = [column for row in self.rows.values() for column in row]
        first, last = min(columns), max(columns)
        found = []
        for row in range(min(self.rows) - ROWS_BEYOND, max(self.rows) + ROWS_BEYOND + 1):
            letters = self.rows.get(row, {})
            contrasts = self._cells.contrasts(row, first, last + 1)
            ink = has_ink(contrasts, [column - first for column in letters])
            inked = [first + int(index) for index in np.flatnonzero(ink)]
            found += [(row, column) for column in inked if column not in letters and not self._is_taken(row, column)]
        return found

    def _is_taken(self, row: int, column: int) -> bool:
        """Return whether a cell is within a line that is not of this block."""
        x, y = self._grid.left + column * self._grid.pitch, self._grid.top + row * self._grid.step
        return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in self._others)

    def _groups(self) -> Iterator[tuple[int, list[int]]]:
        """Yield the row and the neighbouring columns of cells that are still unread."""
        groups: list[tuple[int, list[int]]] = []
        for row, column in self._unread():
            if not groups or groups[-1][0] != row or column > groups[-1][1][-1] + MIN_GAP:
                groups.append((row, []))
            groups[-1][1].append(column)
        yield from groups[:MAX_GROUPS]

    def _read_group(self, row: int, columns: Sequence[int]) -> None:
        """Read neighbouring cells that no line covers, or that one does without reading them, with what is beside."""
        letters = self.rows.get(row, {}).copy()
        first, last = columns[0], columns[-1]
        while first - 1 in letters:
            first -= 1
        while last + 1 in letters:
            last += 1
        is_beyond = not min(self.rows) <= row <= max(self.rows)
        if is_beyond and len(columns) < MIN_CELLS_BEYOND:
            return
        line = self._read(_quad(self._grid, row, (first - 0.8, last + 0.8)))
        if line.score >= (MIN_SCORE_BEYOND if is_beyond else UNCERTAIN_SCORE):
            self.place(line)
            self.rows.setdefault(row, {}).update(letters)


def _narrowed(letters: Sequence[Letter]) -> list[Letter]:
    """Return the letters with wide forms as the ASCII that they are if they are as close as Latin letters."""
    narrow = [replace(letter, text=letter.text.translate(NARROW)) for letter in letters]
    return list(letters) if any(is_wide(letter.text) for letter in narrow) else narrow


def _row(grid: Grid, number: int, letters: dict[int, Letter], margin: int) -> CodeRow:
    """Return a row of letters in their columns, parted into lines at gaps of MIN_GAP columns and more."""
    columns = range(margin, max(letters, default=margin - 1) + 1)
    text = "".join(letters[column].text if column in letters else SPACE for column in columns)
    runs: list[list[int]] = []
    for column in sorted(letters):
        if not runs or column > runs[-1][-1] + MIN_GAP:
            runs.append([])
        runs[-1].append(column)
    return CodeRow(tuple(_line(grid, number, {column: letters[column] for column in run}) for run in runs), text)


def _line(grid: Grid, number: int, letters: dict[int, Letter]) -> OcrLine:
    """Return a line of letters in these columns, with spaces between them."""
    first, last = min(letters), max(letters)
    count = last - first + 1
    placed = tuple(
        Letter(
            letters[column].text if column in letters else SPACE,
            (column - first) / count,
            (column - first + 1) / count,
            letters[column].score if column in letters else 1.0,
        )
        for column in range(first, last + 1)
    )
    quad = _quad(grid, number, (first - 0.5, last + 0.5))
    return OcrLine(text_of(placed), quad, fmean(letter.score for letter in letters.values()), placed)


def _quad(grid: Grid, row: int, columns: tuple[float, float]) -> Quad:
    """Return the corners of a part of a row."""
    left, right = (grid.left + column * grid.pitch for column in columns)
    top, bottom = (grid.top + (row + side) * grid.step for side in (-0.5, 0.5))
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
