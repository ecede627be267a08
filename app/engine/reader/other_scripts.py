"""Reads the lines of a page that are in a script which PP-OCR's recogniser never learned.

PP-OCR reads next to nothing in such lines, or noise. The longest of them are read with the packs of all scripts: in the
right one its network is confident, and nearly all signs are letters of that script. No classifier of our own came near.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image

from app.domain.images.geometry import quad_sides
from app.domain.ports import CancelCheck
from app.domain.text.scripts import (
    GREEK,
    LOOK_ALIKES,
    OTHER_SCRIPTS,
    VIETNAMESE,
    VIETNAMESE_HINTS,
    VIETNAMESE_LETTERS,
    Script,
)
from app.engine.reader.finer_lines import with_finer_lines
from app.engine.reader.kept_lines import is_read
from app.engine.reader.letters_of_both import uncovered, with_known_letters
from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import LineReader
from app.engine.reader.tesseract import read_in, read_surely
from app.engine.reader.words_of_both import with_known_words

READ_SCORE, READ_DENSITY = 0.8, 0.6
"""Score and letters per line height of length from which PP-OCR has read a line; Latin has about two, Chinese one."""

MIN_SHAPE = 1.6
"""Minimum ratio of length to height of a line that tells a script: specks and signs are taken for letters."""

SAMPLE_LINES, MAX_SCRIPTS = 4, 6
"""Number of lines that are read with all packs, and maximum number of scripts of a page besides PP-OCR's own."""

MIN_EVIDENCE, FEW_EVIDENCE, FEW_LETTERS, MIN_LETTERS = 0.45, 0.7, 40, 5
"""Minimum evidence for a script, that for one of which no more than so many letters were read, and the number needed.

The evidence is the mean confidence times the share of the script's own letters: 0.62 to 0.91 on printed pages, 0.43 and
more on photographs; up to 0.3 in the wrong script, and 0.44 in Thai, where it is weighted.
"""

LANGUAGE_LINES, LANGUAGE_LEAD = 8, 0.01
"""Number of lines that tell a script's language, and lead in confidence that one needs over that of its own pack."""

MIN_LEADER_EVIDENCE, MIN_LEAD, MIN_AGREEING = 0.35, 1.5, 3
"""Minimum evidence for a script that so many lines agree upon, and minimum ratio to that for the next script of a line.

Photographed lines with numbers and Latin names are read with less confidence, but in other scripts with half of it.
"""

MIN_UNCOVERED = 2
"""Minimum number of letters in a script, that PP-OCR has read nothing of, in a line of which it is sure."""

MIN_MIXED_EVIDENCE, MIN_MIXED_GAIN = 0.3, 1.4
"""Minimum evidence for a line in which PP-OCR reads numbers and Latin names alone, and those surely; and how many times
as many letters it must then have, as what PP-OCR has read as a whole is in Latin script.
"""

GREEK_SHARE, GREEK_LETTERS = 0.08, 4
"""Minimum fraction and number of Greek letters for a page to be Greek."""

MIN_VIETNAMESE_SCORE, MIN_VIETNAMESE_LETTERS, MAX_HINTS = 0.7, 3, 4
"""Minimum score of a line that is read as Vietnamese; number of its own letters that lines with hints must have
together for a page to be Vietnamese; maximum number of such lines that are read for it.
"""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a line tells: evidence for its script and for the next one, and its number of letters in its script."""

    evidence: float
    next_evidence: float
    letters: int


def read_other_scripts(
    image: Image.Image, lines: Sequence[OcrLine], reader: LineReader, check: CancelCheck, *, is_upright: bool = False
) -> tuple[list[OcrLine], Script | None]:
    """Return the lines, those in another script read by its pack, and the script of most of them; None without any.

    On an upright image such lines are found again, see `finer_lines`.
    """
    read = list(lines)
    scripts: dict[Script, float] = {}
    for _ in range(MAX_SCRIPTS):
        unread = [line for line in read if not _is_read(line) and not _is_in_any(line, scripts)]
        script = _script_of(unread, image, check) or _greek(read, scripts)
        if script is None or script in scripts:
            break
        if is_upright and not scripts:
            known = [line for line in read if _is_read(line)]
            read = with_finer_lines(image, known, [line for line in read if not _is_read(line)], reader, check)
        scripts[script] = _read_with(script, _pack_of(script, read, image, check), image, read, reader, check)
    if _is_vietnamese(read, image, check):
        _read_with(VIETNAMESE, VIETNAMESE.pack, image, read, reader, check)
    return read, max(scripts, key=lambda script: scripts[script]) if scripts else None


def _read_with(
    script: Script, pack: str, image: Image.Image, lines: list[OcrLine], reader: LineReader, check: CancelCheck
) -> float:
    """Replace those of these lines that this pack of the script reads better; return their length in letters."""
    count = 0
    for number, known in enumerate(lines):
        check()
        line = read_surely(pack, image, known.quad)
        if script.leaves_gaps:
            line = with_known_letters(line, known, script)
        if _is_better(line, known, script):
            lines[number] = with_known_words(line, script, image, reader)
            count += len(line.text)
    return count


def _is_better(line: OcrLine, known: OcrLine, script: Script) -> bool:
    share = script.share_of(line.text)
    if script is VIETNAMESE:
        is_latin = not any(other.share_of(known.text) for other in OTHER_SCRIPTS)
        return is_latin and line.score >= MIN_VIETNAMESE_SCORE and len(line.text) >= len(known.text)
    if share == 0:
        return not _is_read(known) and line.score > known.score
    if not _is_read(known):
        return is_read(line) or line.score > known.score
    if _looks_like(known, script) or (script.leaves_gaps and uncovered(line, known, script) >= MIN_UNCOVERED):
        return True
    return _evidence(script, line) >= MIN_MIXED_EVIDENCE and len(line.text) >= MIN_MIXED_GAIN * len(known.text)


def _script_of(unread: Sequence[OcrLine], image: Image.Image, check: CancelCheck) -> Script | None:
    """Return the script of the longest of these lines, None if it is none of those that there are packs for."""
    shaped = sorted((line for line in unread if _shape(line) >= MIN_SHAPE), key=_length, reverse=True)
    sample = shaped[:SAMPLE_LINES]
    if not sample:
        return None
    by_script: list[list[OcrLine]] = []
    for script in OTHER_SCRIPTS:  # Each pack is opened once.
        check()
        by_script.append([read_in(script.pack, image, line.quad) for line in sample])
    told: dict[Script, list[_Told]] = {}
    for readings in zip(*by_script, strict=True):
        evidence = [_evidence(script, line) for script, line in zip(OTHER_SCRIPTS, readings, strict=True)]
        *_, second, best = sorted(range(len(evidence)), key=lambda number: evidence[number])
        letters = len(readings[best].text)
        told.setdefault(OTHER_SCRIPTS[best], []).append(_Told(evidence[best], evidence[second], letters))
    clear = {script: sum(line.letters for line in lines) for script, lines in told.items() if _is_clear(lines)}
    return max(clear, key=lambda script: clear[script]) if clear else None


def _pack_of(script: Script, lines: Sequence[OcrLine], image: Image.Image, check: CancelCheck) -> str:
    """Return the pack of the script's language: the one that is most confident of the longest lines not read yet."""
    sample = sorted((line for line in lines if not _is_read(line)), key=_length, reverse=True)[:LANGUAGE_LINES]
    scores = {script.pack: LANGUAGE_LEAD}
    for pack in (script.pack, *script.others) if script.others and sample else ():
        check()
        read = [read_in(pack, image, line.quad) for line in sample]
        letters = max(1, sum(len(line.text) for line in read))
        scores[pack] = scores.get(pack, 0.0) + sum(line.score * len(line.text) for line in read) / letters
    return max(scores, key=lambda pack: scores[pack])


def _evidence(script: Script, line: OcrLine) -> float:
    return script.weight * line.score * script.share_of(line.text)


def _is_clear(lines: Sequence[_Told]) -> bool:
    """Return whether lines tell a script by their evidence, its lead over that for others, and number of letters."""
    letters = sum(line.letters for line in lines)
    if letters < MIN_LETTERS:
        return False
    evidence = sum(line.evidence * line.letters for line in lines) / letters
    others = sum(line.next_evidence * line.letters for line in lines) / letters
    is_leader = len(lines) >= MIN_AGREEING and evidence >= max(MIN_LEADER_EVIDENCE, MIN_LEAD * others)
    return evidence >= (MIN_EVIDENCE if letters > FEW_LETTERS else FEW_EVIDENCE) or (
        letters > FEW_LETTERS and is_leader
    )


def _greek(lines: Sequence[OcrLine], scripts: dict[Script, float]) -> Script | None:
    """Return Greek if PP-OCR has read Greek letters, which it knows from formulas, among Latin ones like them."""
    letters = [letter for line in lines for letter in line.text if letter.isalpha()]
    greek = sum(map(GREEK.has, letters))
    is_greek = GREEK not in scripts and greek >= GREEK_LETTERS and greek >= GREEK_SHARE * len(letters)
    return GREEK if is_greek else None


def _is_in_any(line: OcrLine, scripts: Iterable[Script]) -> bool:
    """Return whether a line was read in one of these scripts, surely enough."""
    return any(_evidence(script, line) >= MIN_EVIDENCE for script in scripts)


def _looks_like(line: OcrLine, script: Script) -> bool:
    letters = {letter for letter in line.text if letter.isalpha()}
    return bool(letters) and (any(map(script.has, letters)) or letters <= LOOK_ALIKES.get(script, set()))


def _is_vietnamese(lines: Sequence[OcrLine], image: Image.Image, check: CancelCheck) -> bool:
    """Return whether lines with letters like those of Vietnamese have more of them for the one who knows them all."""
    hints = [line for line in lines if not (VIETNAMESE_HINTS | VIETNAMESE_LETTERS).isdisjoint(line.text)][:MAX_HINTS]
    count = 0
    for line in hints:
        check()
        read = read_in(VIETNAMESE.pack, image, line.quad)
        if read.score >= MIN_VIETNAMESE_SCORE:
            count += sum(letter in VIETNAMESE_LETTERS for letter in read.text)
    return count >= MIN_VIETNAMESE_LETTERS


def _is_read(line: OcrLine) -> bool:
    height = min(quad_sides(line.quad))
    return line.score >= READ_SCORE and len(line.text) * height >= READ_DENSITY * _length(line)


def _length(line: OcrLine) -> float:
    return max(quad_sides(line.quad))


def _shape(line: OcrLine) -> float:
    return _length(line) / max(1e-6, min(quad_sides(line.quad)))
