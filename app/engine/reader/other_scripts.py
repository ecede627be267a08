"""Reads the lines of a page that are in a script which PP-OCR's recogniser never learned.

PP-OCR reads next to nothing in such lines, or noise. The longest of them are read with the packs of all scripts: in the
right one its network is confident, and nearly all signs are letters of that script. No classifier of our own came near.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

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
from app.engine.reader.ctc_decoding import text_of
from app.engine.reader.finer_lines import with_finer_lines
from app.engine.reader.kept_lines import is_read
from app.engine.reader.letters_of_both import uncovered, with_known_letters
from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import LineReader
from app.engine.reader.tesseract import read_in, read_surely
from app.engine.reader.unread_ink import Span, unread_parts
from app.engine.reader.words_of_both import has_more, outside_latin, with_known_words, without_latin

READ_SCORE, READ_DENSITY = 0.8, 0.6
"""Score and letters per line height of length from which PP-OCR has read a line; Latin has about two, Chinese one."""

MIN_SHAPE = 1.6
"""Minimum ratio of length to height of a line that tells a script: specks and signs are taken for letters."""

SAMPLE_LINES, MAX_SCRIPTS = 4, 8
"""Number of lines that are read with all packs, and maximum number of scripts of a page besides PP-OCR's own."""

MAX_SAMPLES = 2
"""Maximum number of samples that are read for the next script of a page."""

MIN_EVIDENCE, FEW_EVIDENCE, FEW_LETTERS, MIN_LETTERS = 0.45, 0.7, 40, 5
"""Minimum evidence for a script, that for one of which no more than so many letters were read, and the number needed.

The evidence is the mean confidence times the share of the script's own letters: 0.62 to 0.91 on printed pages, 0.43 and
more on photographs; up to 0.3 in the wrong script, and 0.44 in Thai, where it is weighted.
"""

SURE_EVIDENCE = 0.6
"""Evidence from which on a line that was read in a script is not in another one of the page."""

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

MIN_MIXED_LETTERS = 4
"""Minimum number of letters in words of which the script's network is sure, and PP-OCR is not, in a line with Latin."""

CJK = ("CJK", "HIRAGANA", "KATAKANA")
"""Beginnings of the Unicode names of Chinese characters and Japanese letters."""

MIN_CJK_LETTERS, MIN_CJK_SHARE = 40, 0.5
"""Minimum number and share of such letters, among those of which PP-OCR is sure, for a page to be Chinese or Japanese.

On such a page faint lines tell any script, Thai above all: another one needs the evidence that few letters need.
"""

GREEK_SHARE, GREEK_LETTERS, GREEK_LINE_SHARE, GREEK_LINE_LETTERS = 0.08, 4, 0.6, 12
"""Minimum fraction and number of Greek letters for a page to be Greek, and those for a line to be so."""

_GREEK_WORD = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]{4}")
"""Greek letters (Greek and Coptic, Greek Extended) as no formula has them one after the other."""

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
    page = _Page(image, list(lines), reader, check)
    scripts: dict[Script, float] = {}
    for _ in range(MAX_SCRIPTS):
        script = page.next_script(scripts) or _greek(page.lines, scripts)
        if script is None or script in scripts:
            break
        if is_upright and not scripts:
            page.look_finer()
        scripts[script] = page.read_with(script, page.pack_of(script))
    if _is_vietnamese(page.lines, image, check):
        page.read_with(VIETNAMESE, VIETNAMESE.pack)
    return page.lines, max(scripts, key=lambda script: scripts[script]) if scripts else None


class _Page:
    """The lines of a page, which are read with one pack after the other.

    A line that told its script is left to that script; one that was read with two packs keeps the reading with more
    evidence for its script.
    """

    def __init__(self, image: Image.Image, lines: list[OcrLine], reader: LineReader, check: CancelCheck) -> None:
        self.lines = lines
        self._image = image
        self._reader = reader
        self._check = check
        self._is_cjk = _is_cjk(lines)
        self._evidence: dict[Script, list[_Told]] = {}
        self._asked: set[bytes] = set()
        self._told: dict[bytes, Script] = {}
        self._read: dict[bytes, Script] = {}

    def next_script(self, known: Collection[Script]) -> Script | None:
        """Return the script of most lines besides the `known` ones, None if there is no pack for it."""
        for _ in range(MAX_SAMPLES):
            clear = {
                script: sum(line.letters for line in lines)
                for script, lines in self._evidence.items()
                if script not in known and _is_clear(lines) and (not self._is_cjk or _mean(lines) >= FEW_EVIDENCE)
            }
            if clear:
                return max(clear, key=lambda script: clear[script])
            shaped = [line for line in self.lines if _shape(line) >= MIN_SHAPE and self._is_unsure(line)]
            sample = sorted(shaped, key=_length, reverse=True)[:SAMPLE_LINES]
            if not sample:
                break
            for line, (script, told) in zip(sample, _scripts_of(sample, self._image, self._check), strict=True):
                self._asked.add(_place(line))
                self._evidence.setdefault(script, []).append(told)
                if told.evidence >= MIN_EVIDENCE:
                    self._told[_place(line)] = script
        return None

    def _is_unsure(self, line: OcrLine) -> bool:
        if _place(line) in self._asked:
            return False
        script = self._read.get(_place(line))
        if script:
            return _evidence(script, without_latin(line)) < SURE_EVIDENCE
        return not _is_read(line) or bool(unread_parts(self._image, line))

    def look_finer(self) -> None:
        """Find the lines that are not read again, at a finer scale."""
        known = [line for line in self.lines if _is_read(line)]
        unread = [line for line in self.lines if not _is_read(line)]
        self.lines = with_finer_lines(self._image, known, unread, self._reader, self._check)

    def pack_of(self, script: Script) -> str:
        """Return the pack of the script's language."""
        told = [line for line in self.lines if self._told.get(_place(line)) is script]
        return _pack_of(script, told or self.lines, self._image, self._check)

    def read_with(self, script: Script, pack: str) -> float:
        """Replace those lines that this pack of the script reads better; return their length in letters."""
        count = 0
        for number, known in enumerate(self.lines):
            self._check()
            if not self._is_for(script, known):
                continue
            line = read_surely(pack, self._image, known.quad)
            if script.leaves_gaps:
                line = with_known_letters(line, known, script)
            line = with_known_words(line, known, script, self._image, self._reader)
            former = self._read.get(_place(known))
            is_better = _is_better(line, known, script)
            if self._is_cjk and script is not VIETNAMESE:
                is_better = is_better and _evidence(script, line) >= MIN_EVIDENCE
            if former:
                is_better = _evidence(script, without_latin(line)) > _evidence(former, without_latin(known))
            if is_better:
                self.lines[number] = line
                self._read[_place(line)] = script
                count += len(line.text)
        return count

    def _is_for(self, script: Script, line: OcrLine) -> bool:
        return self._told.get(_place(line), script) is script


def _is_better(line: OcrLine, known: OcrLine, script: Script) -> bool:
    share = script.share_of(line.text)
    if script is VIETNAMESE:
        is_latin = not any(other.share_of(known.text) for other in OTHER_SCRIPTS)
        is_sure = line.score >= MIN_VIETNAMESE_SCORE and len(line.text) >= len(known.text)
        has_own = not VIETNAMESE_LETTERS.isdisjoint(line.text)  # Else PP-OCR knows more: it reads “Łódź” and “façade”.
        return is_latin and is_sure and (has_own or line.score > known.score)
    if share == 0:
        return not _is_read(known) and line.score > known.score
    if not script.leaves_gaps and _cjk_letters(known.text) > MIN_CJK_SHARE * len(known.text):
        return line.score > known.score and _evidence(script, line) >= MIN_EVIDENCE
    if not _is_read(known):
        return is_read(line) or line.score > known.score
    least = MIN_UNCOVERED if script.leaves_gaps else MIN_MIXED_LETTERS
    has_gaps = (script.leaves_gaps or known.letters) and uncovered(line, known, script) >= least
    if _looks_like(known, script) or has_gaps or has_more(line, known, script, MIN_MIXED_LETTERS):
        return True
    return _evidence(script, line) >= MIN_MIXED_EVIDENCE and len(line.text) >= MIN_MIXED_GAIN * len(known.text)


def _scripts_of(sample: Sequence[OcrLine], image: Image.Image, check: CancelCheck) -> Iterator[tuple[Script, _Told]]:
    """Yield the likeliest script of each of these lines, and what it tells, by reading them with all packs."""
    by_script: list[list[OcrLine]] = []
    parts = [unread_parts(image, line) if _is_read(line) else () for line in sample]
    for script in OTHER_SCRIPTS:  # Each pack is opened once.
        check()
        read = [read_in(script.pack, image, line.quad) for line in sample]
        by_script.append([_unexplained(*each) for each in zip(read, sample, parts, strict=True)])
    for readings in zip(*by_script, strict=True):
        evidence = [_evidence(script, line) for script, line in zip(OTHER_SCRIPTS, readings, strict=True)]
        *_, second, best = sorted(range(len(evidence)), key=lambda number: evidence[number])
        yield OTHER_SCRIPTS[best], _Told(evidence[best], evidence[second], len(readings[best].text))


def _unexplained(line: OcrLine, known: OcrLine, parts: Sequence[Span]) -> OcrLine:
    """Return what is read in a script where PP-OCR read nothing, or in an unread line where it read no Latin words."""
    if not parts:
        return outside_latin(line, known)
    letters = tuple(of for of in line.letters if any(start <= of.centre <= end for start, end in parts))
    printed = [letter.score for letter in letters if letter.text != " "]
    return OcrLine(text_of(letters), line.quad, fmean(printed) if printed else 0.0, letters)


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
    evidence = _mean(lines)
    others = sum(line.next_evidence * line.letters for line in lines) / letters
    is_leader = len(lines) >= MIN_AGREEING and evidence >= max(MIN_LEADER_EVIDENCE, MIN_LEAD * others)
    return evidence >= (MIN_EVIDENCE if letters > FEW_LETTERS else FEW_EVIDENCE) or (
        letters > FEW_LETTERS and is_leader
    )


def _mean(lines: Sequence[_Told]) -> float:
    """Return the mean evidence of lines, by letters."""
    return sum(line.evidence * line.letters for line in lines) / max(1, sum(line.letters for line in lines))


def _is_cjk(lines: Sequence[OcrLine]) -> bool:
    """Return whether what PP-OCR is sure of is Chinese or Japanese: then what it is not sure of mostly is, too."""
    letters = [letter for line in lines if _is_read(line) for letter in line.text if letter.isalpha()]
    return _cjk_letters(letters) >= max(MIN_CJK_LETTERS, MIN_CJK_SHARE * len(letters))


def _cjk_letters(letters: Iterable[str]) -> int:
    return sum(unicodedata.name(letter, "").startswith(CJK) for letter in letters)


def _greek(lines: Sequence[OcrLine], scripts: dict[Script, float]) -> Script | None:
    """Return Greek if PP-OCR has read Greek letters, which it knows from formulas, among Latin ones like them."""
    letters = [letter for line in lines for letter in line.text if letter.isalpha()]
    greek = sum(map(GREEK.has, letters))
    is_page_greek = greek >= GREEK_LETTERS and greek >= GREEK_SHARE * len(letters)
    is_greek = is_page_greek or any(_is_greek(line.text) for line in lines)
    return GREEK if is_greek and GREEK not in scripts else None


def _looks_like(line: OcrLine, script: Script) -> bool:
    letters = {letter for letter in line.text if letter.isalpha()}
    return bool(letters) and (any(map(script.has, letters)) or letters <= LOOK_ALIKES.get(script, set()))


def _is_greek(text: str) -> bool:
    """Return whether a line is Greek or has a Greek word, and is no formula with Greek letters."""
    return _GREEK_WORD.search(text) is not None or (
        sum(map(GREEK.has, text)) >= GREEK_LINE_LETTERS and GREEK.share_of(text) >= GREEK_LINE_SHARE
    )


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
    letters = sum(not sign.isspace() for sign in line.text)  # PP-OCR leaves spaces where it reads nothing.
    return line.score >= READ_SCORE and letters * height >= READ_DENSITY * _length(line)


def _place(line: OcrLine) -> bytes:
    """Return what tells a line from the others, whatever is read in it."""
    return line.quad.tobytes()


def _length(line: OcrLine) -> float:
    return max(quad_sides(line.quad))


def _shape(line: OcrLine) -> float:
    return _length(line) / max(1e-6, min(quad_sides(line.quad)))
