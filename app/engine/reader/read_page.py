"""Turns an image into an OcrPage: finds its lines, reads them, and puts what they make together into order."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

from PIL import Image

from app.domain.documents.blocks import Area, BlockKind
from app.domain.documents.pages import OcrPage, with_notice
from app.domain.documents.tables import Table
from app.domain.error_texts import document_texts
from app.domain.errors import Problem
from app.domain.images.codes import Code
from app.domain.ports import NO_PROGRESS, CancelCheck, ProgressCallback
from app.engine.imaging.cut_short import SHOWN_SHARE
from app.engine.reader.cleaned_page import cleaned_page
from app.engine.reader.coloured_overlay import with_lines_under_colour
from app.engine.reader.contrast import with_contrast
from app.engine.reader.covered_letters import with_doubt
from app.engine.reader.find_codes import find_codes
from app.engine.reader.find_lines import find_lines, find_lines_again
from app.engine.reader.kept_lines import is_read
from app.engine.reader.layout.find_areas import find_areas
from app.engine.reader.layout.with_blocks import with_blocks
from app.engine.reader.monospaced.code_blocks import CodeBlock, CodeRow, find_code
from app.engine.reader.monospaced.line_numbers import has_line_numbers
from app.engine.reader.monospaced.marked_rows import with_marked_rows
from app.engine.reader.monospaced.order import box_of, with_code
from app.engine.reader.paper.flatten import flattened
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.recognised_page import RecognisedPage, recognised_page
from app.engine.reader.repeated_words import with_repeated_words
from app.engine.reader.rotation import LineReader, mean_score
from app.engine.reader.scaling import Prepared, prepare
from app.engine.reader.specks import without_specks
from app.engine.reader.tables.rotate_back import rotated_back
from app.engine.reader.uncertain_amounts import with_marked_amounts
from app.engine.reader.upright_page import UprightPage, text_line

LOW_CONFIDENCE_SCORE = 0.78
"""Mean score below which a page is mostly noise, as with scripts that the models never learned."""

CERTAIN_SCORE, MIN_FAINT_LETTERS = 0.85, 6
"""Score of lines of faint ink that are surely text, and the minimum number of their letters."""

DETECTION_SHARE = 0.3
"""Share of the time that the detection of lines takes, for the progress; the rest is reading them."""


def read_page(
    image: Image.Image,
    reader: LineReader,
    check: CancelCheck,
    progress: ProgressCallback = NO_PROGRESS,
    *,
    is_flat: bool = False,
) -> OcrPage:
    """Read an upright RGB image, bent paper flattened; coordinates in the result are in the image's pixels.

    One that `is_flat`, such as a part of the screen, is not looked at for bends.
    """
    read = partial(_read_photograph, reader=reader, check=check, progress=progress, is_flat=is_flat)
    image = without_specks(image)
    clear = with_contrast(image)
    if clear is not image and _is_text(page := read(clear)):
        return page
    return read(image)


def _is_text(page: OcrPage) -> bool:
    """Return whether faint ink is text: where a picture is compressed, paper without any has traces, too."""
    return sum(len(line.text) for line in page.lines if line.score >= CERTAIN_SCORE) >= MIN_FAINT_LETTERS


def _read_photograph(
    image: Image.Image, reader: LineReader, check: CancelCheck, progress: ProgressCallback, *, is_flat: bool
) -> OcrPage:
    prepared = prepare(image)
    check()
    detected = find_lines(prepared.image, reader, check, lambda share: progress(DETECTION_SHARE * share))
    detected = with_lines_under_colour(prepared.image, detected, reader)
    paper = None if is_flat else flattened(image, [prepared.restored(quad) for quad in detected], reader, check)
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
    cleaned = cleaned_page(prepared.image, detected, reader, check)
    found = recognised_page(
        prepared, cleaned, reader, check, lambda share: progress(DETECTION_SHARE + (1 - DETECTION_SHARE) * share)
    )
    upright = UprightPage(image, found)
    is_clean = cleaned.blanked is prepared.image
    picture = upright.picture if is_clean else upright.turned(prepared.unprepared(cleaned.blanked))
    code, texts = find_code(picture, upright.lines, lambda quad: reader.read(picture, quad))
    code = _with_doubt(with_marked_rows(code, texts), prepared, upright)
    texts = with_marked_amounts(with_repeated_words(texts))
    areas = cache(partial(find_areas, upright.picture)) if found.is_horizontal else None
    rows = upright.in_order(texts)
    tables = upright.tables_of([line for row in with_code(rows, code) for line in row.lines], areas)
    if code:
        tables = tuple(table for table in tables if not has_line_numbers(table))
    page = _page(image, found, with_code(upright.by_tables(rows, tables), code), tables, upright)
    return with_blocks(page, areas, texts, [Area(BlockKind.CODE, box_of(block), 1.0) for block in code])


def _with_doubt(code: Sequence[CodeBlock], prepared: Prepared, upright: UprightPage) -> list[CodeBlock]:
    """Return blocks of code, their letters uncertain where foreign ink is near: they may have been read once more."""

    def doubted(line: OcrLine) -> OcrLine:
        placed = replace(line, quad=prepared.placed(upright.on_image(line).quad))
        for ink in upright.foreign:
            placed = with_doubt(placed, ink)
        return replace(placed, quad=line.quad)

    return [tuple(replace(row, lines=tuple(map(doubted, row.lines))) for row in block) for block in code]


def _page(
    image: Image.Image, found: RecognisedPage, rows: Sequence[CodeRow], tables: Sequence[Table], upright: UprightPage
) -> OcrPage:
    """Return the page with these rows and tables, in pixels of the image."""
    lines = [upright.on_image(line) for row in rows for line in row.lines]
    rotation, codes = found.orientation.rotation, find_codes(image)
    page = OcrPage(
        *image.size,
        tuple(text_line(line, image.size) for line in lines),
        "\n".join(row.text for row in rows),
        rotation,
        tables=tuple(rotated_back(table, rotation, image.size) for table in tables),
        codes=codes,
        script=found.script.name if found.script else "",
    )
    return with_notice(page, _cut_short(image) or _notice(lines, codes))


def _cut_short(image: Image.Image) -> Problem | None:
    share = image.info.get(SHOWN_SHARE)
    return None if share is None else document_texts.IMAGE_CUT_SHORT.problem(percent=int(share * 100))


def _notice(lines: Sequence[OcrLine], codes: Sequence[Code]) -> Problem | None:
    if not lines:
        return None if codes else document_texts.NO_TEXT_FOUND.problem()
    is_uncertain = mean_score(filter(is_read, lines)) < LOW_CONFIDENCE_SCORE
    return document_texts.OCR_UNCERTAIN.problem() if is_uncertain else None
