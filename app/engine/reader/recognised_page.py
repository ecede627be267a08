"""Reads the lines that were found on a page, each in its own script; what they make together is `upright_page`'s."""

from dataclasses import dataclass

from app.domain.ports import CancelCheck, ProgressCallback
from app.domain.text.scripts import Script
from app.engine.reader.cleaned_page import CleanedPage
from app.engine.reader.covered_letters import ForeignInk, with_doubt
from app.engine.reader.crossing_ink import crossing_ink, missed_lines
from app.engine.reader.doubled_ends import without_doubled_ends
from app.engine.reader.gutters import cut_at_gutters
from app.engine.reader.kept_lines import kept_lines
from app.engine.reader.lone_signs import with_lone_signs
from app.engine.reader.marked_letters import with_marked_letters
from app.engine.reader.other_scripts import read_other_scripts
from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import LineReader, Orientation, read_lines
from app.engine.reader.scaling import Prepared
from app.engine.reader.stacked_lines import cut_stacked
from app.engine.reader.stamps import read_stamp
from app.engine.reader.unread_ink import with_unread_parts


@dataclass(frozen=True, slots=True)
class RecognisedPage:
    """The lines of an image, in its pixels and in no order; `script` is that of most, None if it is PP-OCR's own.

    `foreign` is the ink that makes letters doubtful, on the prepared picture.
    """

    lines: list[OcrLine]
    orientation: Orientation
    script: Script | None
    foreign: tuple[ForeignInk, ...] = ()

    @property
    def is_horizontal(self) -> bool:
        """Whether its lines run from side to side on the readable page."""
        return self.orientation.order == self.orientation.rotation

    @property
    def is_from_right(self) -> bool:
        """Whether it is written from right to left."""
        return self.script is not None and self.script.is_right_to_left


def recognised_page(
    prepared: Prepared, page: CleanedPage, reader: LineReader, check: CancelCheck, progress: ProgressCallback
) -> RecognisedPage:
    """Read the lines of a prepared picture that was cleaned; `progress` is called with 0..1."""
    image, stamped = page.image, page.stamped
    quads = cut_at_gutters(image, cut_stacked(image, page.quads))
    found, orientation = read_lines(image, quads, reader, check, progress)
    is_upright = orientation.rotation == orientation.order == 0
    found, script = read_other_scripts(image, found, reader, check, is_upright=is_upright)
    if script is None and is_upright:
        found = with_lone_signs(image, found, reader)
    own = read_stamp(stamped, page.quads, reader, orientation.rotation) if stamped else []
    marked = with_marked_letters(without_doubled_ends(kept_lines([*found, *own])))
    foreign = list(page.foreign)
    crossing = crossing_ink(image, [line.quad for line in marked])
    if crossing:
        foreign.append(crossing)
        marked += missed_lines(image, crossing, marked, orientation.rotation, reader)
    # Earlier, a short line with doubt would be taken for noise.
    apart = {id(line.quad) for line in own}
    for ink in foreign:
        marked = [line if id(line.quad) in apart else with_doubt(line, ink) for line in marked]
    shown = prepared.image if stamped and stamped.is_opaque else image
    kept = [with_unread_parts(shown, line) for line in marked]
    lines = [prepared.restore(line) for line in kept]
    return RecognisedPage(lines, orientation, script, tuple(foreign))
