"""Turns an image into an OcrPage: combines scaling, rotation and reading order."""

from collections.abc import Sequence
from functools import cache, partial

import numpy as np
from PIL import Image

from app.domain.documents.blocks import Area, BlockKind
from app.domain.documents.pages import OcrPage, with_notice
from app.domain.error_texts import document_texts
from app.domain.errors import Problem
from app.domain.images.codes import Code
from app.domain.images.geometry import Point, TextLine
from app.domain.ports import NO_PROGRESS, CancelCheck, ProgressCallback
from app.engine.imaging.cut_short import SHOWN_SHARE
from app.engine.reader.coloured_overlay import with_lines_under_colour
from app.engine.reader.contrast import with_contrast
from app.engine.reader.doubled_ends import without_doubled_ends
from app.engine.reader.find_codes import find_codes
from app.engine.reader.find_lines import find_lines, find_lines_again
from app.engine.reader.gutters import cut_at_gutters
from app.engine.reader.kept_lines import is_read, kept_lines
from app.engine.reader.layout.find_areas import find_areas
from app.engine.reader.layout.table_rows import by_tables
from app.engine.reader.layout.with_blocks import with_blocks
from app.engine.reader.line_words import words_of
from app.engine.reader.lone_dashes import with_lone_dashes
from app.engine.reader.lone_figures import with_lone_figures
from app.engine.reader.monospaced.code_blocks import find_code
from app.engine.reader.monospaced.line_numbers import has_line_numbers
from app.engine.reader.monospaced.marked_rows import with_marked_rows
from app.engine.reader.monospaced.order import box_of, with_code
from app.engine.reader.other_scripts import read_other_scripts
from app.engine.reader.paper.flatten import flattened
from app.engine.reader.reading_order import order_rows
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.repeated_words import with_repeated_words
from app.engine.reader.right_to_left import order_rows_from_right
from app.engine.reader.rotation import LineReader, mean_score, read_lines, rotated, rotated_size
from app.engine.reader.scaling import Prepared, prepare
from app.engine.reader.stacked_lines import cut_stacked
from app.engine.reader.tables.find_tables import find_tables
from app.engine.reader.tables.rotate_back import rotated_back
from app.engine.reader.uncertain_amounts import with_marked_amounts
from app.engine.reader.vertical_order import is_column, order_vertical

LOW_CONFIDENCE_SCORE = 0.78
"""Mean score below which a page is mostly noise, as with scripts that the models never learned."""

CERTAIN_SCORE, MIN_FAINT_LETTERS = 0.85, 6
"""Score of lines of faint ink that are surely text, and the minimum number of their letters."""

DETECTION_SHARE = 0.3
"""Share of the time that the detection of lines takes, for the progress; the rest is reading them."""


def read_page(
    image: Image.Image, reader: LineReader, check: CancelCheck, progress: ProgressCallback = NO_PROGRESS
) -> OcrPage:
    """Read an upright RGB image, bent paper flattened; coordinates in the result are in the image's pixels."""
    clear = with_contrast(image)
    if clear is not image and _is_text(page := _read_photograph(clear, reader, check, progress)):
        return page
    return _read_photograph(image, reader, check, progress)


def _is_text(page: OcrPage) -> bool:
    """Return whether faint ink is text: where a picture is compressed, paper without any has traces, too."""
    return sum(len(line.text) for line in page.lines if line.score >= CERTAIN_SCORE) >= MIN_FAINT_LETTERS


def _read_photograph(image: Image.Image, reader: LineReader, check: CancelCheck, progress: ProgressCallback) -> OcrPage:
    prepared = prepare(image)
    check()
    detected = find_lines(prepared.image, reader, check, lambda share: progress(DETECTION_SHARE * share))
    detected = with_lines_under_colour(prepared.image, detected, reader)
    paper = flattened(image, [prepared.restored(quad) for quad in detected], reader, check)
    if paper is None:
        return _read_flat(image, prepared, detected, reader, check, progress)
    flat = prepare(paper.image)
    detected = find_lines_again(flat.image, detected, reader, check)
    return paper.restored(_read_flat(paper.image, flat, detected, reader, check, progress), image.size)


def _read_flat(
    image: Image.Image,
    prepared: Prepared,
    detected: Sequence[Quad],
    reader: LineReader,
    check: CancelCheck,
    progress: ProgressCallback,
) -> OcrPage:
    """Read an image with these lines on its prepared picture."""
    quads = cut_at_gutters(prepared.image, cut_stacked(prepared.image, detected))
    found, orientation = read_lines(
        prepared.image, quads, reader, check, lambda share: progress(DETECTION_SHARE + (1 - DETECTION_SHARE) * share)
    )
    is_upright = orientation.rotation == orientation.order == 0
    found, script = read_other_scripts(prepared.image, found, reader, check, is_upright=is_upright)
    if script is None and is_upright:
        found = with_lone_dashes(prepared.image, with_lone_figures(prepared.image, found, reader))
    lines = [prepared.restore(line) for line in without_doubled_ends(kept_lines(found))]
    size = rotated_size(image.size, orientation.order)
    codes = find_codes(image)
    # Pillow rotates anticlockwise.
    picture = image.rotate(-orientation.order, expand=True) if orientation.order else image
    upright = [rotated(line, orientation.order, image.size) for line in lines]
    blocks, others = find_code(picture, upright, lambda quad: reader.read(picture, quad))
    blocks = with_marked_rows(blocks, others)
    others = with_marked_amounts(with_repeated_words(others))
    is_from_right = script is not None and script.is_right_to_left
    is_horizontal = orientation.order == orientation.rotation
    if is_from_right:
        other_rows = order_rows_from_right(others, order_rows, size[0])
    elif is_horizontal:
        other_rows = order_rows(others)
    else:
        other_rows = order_vertical(others, order_rows, orientation.order, size)
    rows = with_code(other_rows, blocks)
    areas = cache(partial(find_areas, picture)) if is_horizontal else None
    if is_horizontal:
        tables = find_tables([_text_line(line, size) for row in rows for line in row.lines], picture, areas)
    else:  # Tables on vertical pages are set horizontally; columns between their rules are none.
        level = [rotated(line, -orientation.order, size) for row in rows for line in row.lines if not is_column(line)]
        tables = find_tables([_text_line(line, image.size) for line in level], image)
    if blocks:
        tables = tuple(table for table in tables if not has_line_numbers(table))
    if is_horizontal and not is_from_right:
        rows = with_code(by_tables(other_rows, tables), blocks)
    lines = [rotated(line, -orientation.order, size) for row in rows for line in row.lines]
    page = OcrPage(
        image.width,
        image.height,
        tuple(_text_line(line, image.size) for line in lines),
        "\n".join(row.text for row in rows),
        orientation.rotation,
        tables=tuple(rotated_back(table, orientation.rotation, image.size) for table in tables),
        codes=codes,
        script=script.name if script else "",
    )
    code = [Area(BlockKind.CODE, box_of(block), 1.0) for block in blocks]
    page = with_blocks(page, areas, others, code)
    return with_notice(page, _cut_short(image) or _notice(lines, codes))


def _cut_short(image: Image.Image) -> Problem | None:
    share = image.info.get(SHOWN_SHARE)
    return None if share is None else document_texts.IMAGE_CUT_SHORT.problem(percent=int(share * 100))


def _text_line(line: OcrLine, size: tuple[int, int]) -> TextLine:
    first, second, third, fourth = (Point(x, y) for x, y in np.clip(line.quad, 0, size).tolist())
    return TextLine.between(line.text, (first, second, third, fourth), line.score, words_of(line, size))


def _notice(lines: Sequence[OcrLine], codes: Sequence[Code]) -> Problem | None:
    if not lines:
        return None if codes else document_texts.NO_TEXT_FOUND.problem()
    is_uncertain = mean_score(filter(is_read, lines)) < LOW_CONFIDENCE_SCORE
    return document_texts.OCR_UNCERTAIN.problem() if is_uncertain else None
