"""Proofs: for each claim of an answer, where its images say it, whether they say something else, or nothing.

Letters may differ a little, since both the reader and the model misread; digits may not: 12.40 is no proof of 12.60.
"""

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from rapidfuzz.distance import LCSseq, Levenshtein

from app.domain.ids import Digest
from app.domain.proofs.claims import Claim, ClaimKind, claims_in, names_in
from app.domain.proofs.page_text import PageText, Place, PrintedClaim, letters_of, values_of, words_in
from app.domain.text.grounding import detections_in

MIN_LETTERS = 3
"""Minimum number of letters of a name; a shorter one is on any page by chance."""
MIN_SIMILAR_LETTERS = 6
"""Minimum number of letters of a name that is searched for by similarity; a shorter one must be the same."""
MIN_MISREAD_LETTERS = 5
"""Minimum number of letters of a word one of which may be misread; two of a word of twice as many."""
MANY_WORDS, MAX_MISREAD = 4, 2
"""Minimum number of words of a name one of which may be misread by so many letters."""
MIN_DATE_DIGITS = 6
"""Minimum number of digits of a date whose marks between them were misread."""
MAX_CLAIMS = 400
"""Maximum number of claims of a text that are looked for."""
_OF_PLACE = re.compile(
    r'"label"\s{0,9}:\s{0,9}"[^"\n]*"|"[^"\n]*"(?=\s{0,9}:)|\[[-\d.,\s]*\]|<[^<>\n]*>|\(\d[\d.]*,\s?\d[\d.]*\)'
)
"""The label of a place in JSON, the keys, the coordinates in any of Qwen's spellings, and tags."""
_KEY = re.compile(r'[{,]\s{0,40}"[^"\n]*"(?=\s{0,9}:)')
"""A key of JSON."""


_MEANT = frozenset({ClaimKind.QUOTE, ClaimKind.VALUE})
"""Kinds of claims that differ if something like them was read; a name like it may be another one."""


class Verdict(StrEnum):
    """What the images say about a claim."""

    FOUND = "found"
    DIFFERS = "differs"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Proof:
    """A claim at [start, end) of a text, what the images say about it, and where they do.

    `printed` is what stands there; both are empty for a claim that is on none of them.
    """

    start: int
    end: int
    verdict: Verdict
    place: Place | None = None
    printed: str = ""


@dataclass(frozen=True, slots=True)
class ProofSource:
    """What an answer is compared with: the text of its images, the digest of each page's image, and the question.

    If `is_whole` is false, some of it was not read, or not surely: nothing is missing then, nor wrong.
    """

    pages: PageText
    digests: tuple[Digest, ...] = ()
    question: str = ""
    is_whole: bool = True

    def proofs(self, text: str) -> tuple[Proof, ...]:
        """Return the proofs of an answer's claims, in order."""
        proofs = proofs_of(text, self.pages, self.question)
        return proofs if self.is_whole else tuple(proof for proof in proofs if proof.verdict is Verdict.FOUND)


def proofs_of(text: str, pages: PageText, question: str = "") -> tuple[Proof, ...]:
    """Return a proof for each claim of `text`, in order; they do not overlap.

    A claim that the question already had is not missing: the answer only repeats it.
    """
    if not pages.letters:
        return ()
    text = _without_keys_and_places(text)
    proofs: list[Proof] = []
    for claim in names_in(text)[:MAX_CLAIMS]:
        if not _overlaps(claim, proofs) and (proof := _proof_of_name(text, claim, pages)):
            proofs.append(proof)
    asked = frozenset(value for claim in claims_in(question) for value in _values(question, claim))
    for claim in claims_in(text)[:MAX_CLAIMS]:
        if _overlaps(claim, proofs):
            continue
        proof = _proof_of(text, claim, pages)
        if proof.verdict is Verdict.FOUND or asked.isdisjoint(_values(text, claim)):
            proofs.append(proof)
    return tuple(sorted(proofs, key=lambda proof: proof.start))


def place_of(text: str, pages: PageText) -> Place | None:
    """Return where a value stands as a whole: a number or date by what it says, words by their letters."""
    claims = claims_in(text, is_read=True)
    if len(claims) == 1 and (claims[0].start, claims[0].end) == (0, len(text)):
        proof = _proof_of(text, claims[0], pages)
    else:
        claim = Claim(ClaimKind.NAME, 0, len(text))
        found = _proof_of_name(text, claim, pages) or _proof_of_short_word(text, claim, pages)
        proof = found or Proof(0, len(text), Verdict.MISSING)
    return proof.place if proof.verdict is Verdict.FOUND else None


def _proof_of_short_word(text: str, claim: Claim, pages: PageText) -> Proof | None:
    """Return where a word stands that is too short to be looked for among letters."""
    needle = letters_of(text)
    start = pages.letters.find(needle) if needle else -1
    while start >= 0:
        end = start + len(needle)
        if pages.whole_words(start, end) == (start, end):
            place = pages.place_of_letters(start, end)
            return Proof(claim.start, claim.end, Verdict.FOUND, place, pages.printed(start, end))
        start = pages.letters.find(needle, start + 1)
    return None


def _without_keys_and_places(text: str) -> str:
    """Return a text with line breaks in place of JSON's keys and of what describes places, its own words."""
    parts: list[str] = []
    position = 0
    for detection in detections_in(text):
        start = max(position, detection.start)
        parts += text[position:start], _OF_PLACE.sub(_blank, text[start : detection.end])
        position = max(start, detection.end)
    return _KEY.sub(_blank, "".join((*parts, text[position:])))


def _blank(match: re.Match[str]) -> str:
    return "\n" * len(match[0])


def _overlaps(claim: Claim, proofs: list[Proof]) -> bool:
    return any(claim.start < proof.end and proof.start < claim.end for proof in proofs)


def _values(text: str, claim: Claim) -> frozenset[tuple[ClaimKind, object]]:
    return frozenset(values_of(claim.kind, text[claim.start : claim.end]))


def _proof_of(text: str, claim: Claim, pages: PageText) -> Proof:
    printed = [found for value in _values(text, claim) for found in pages.claims.get(value, ())]
    if not text[claim.start : claim.end].isdigit():  # "6" proves no "6.00".
        printed = [found for found in printed if not found.is_count]
    if printed:
        best = _best(text, claim, printed, pages)
        return Proof(claim.start, claim.end, Verdict.FOUND, pages.place_of_claim(best), best.text)
    if claim.kind is ClaimKind.QUOTE:
        found = _proof_of_name(text, claim, pages)
        return found or Proof(claim.start, claim.end, Verdict.MISSING)
    return _within_letters(text, claim, pages) or _differing(text, claim, pages)


def _best(text: str, claim: Claim, printed: list[PrintedClaim], pages: PageText) -> PrintedClaim:
    """Return the one whose row has most of the words beside the claim; then the one that is printed alike."""
    around = frozenset(words_in(_line_around(text, claim)))
    own = text[claim.start : claim.end]
    return max(printed, key=lambda found: (len(around & pages.words_of(found.line)), found.text == own))


def _line_around(text: str, claim: Claim) -> str:
    start = text.rfind("\n", 0, claim.start) + 1
    end = text.find("\n", claim.end)
    return text[start : end if end >= 0 else len(text)]


def _within_letters(text: str, claim: Claim, pages: PageText) -> Proof | None:
    """Look for the claim's letters in those of the pages, whatever is between them, without cutting a number."""
    needle = letters_of(text[claim.start : claim.end])
    if len(needle) < (MIN_DATE_DIGITS if claim.kind is ClaimKind.DATE else MIN_LETTERS):
        return None
    start = pages.letters.find(needle)
    while start >= 0:
        end = start + len(needle)
        is_whole = pages.whole_numbers(start, end) == (start, end)
        if is_whole and (claim.kind is not ClaimKind.NUMBER or _same_number(text, claim, pages.printed(start, end))):
            return Proof(
                claim.start, claim.end, Verdict.FOUND, pages.place_of_letters(start, end), pages.printed(start, end)
            )
        start = pages.letters.find(needle, start + 1)
    return None


def _same_number(text: str, claim: Claim, printed: str) -> bool:
    """Return whether digits that were read are the claim's number, with spaces in it or not."""
    return not _values(text, claim).isdisjoint(values_of(ClaimKind.NUMBER, "".join(printed.split())))


def _differing(text: str, claim: Claim, pages: PageText) -> Proof:
    """Return the proof that one digit or letter differs from what was read; else that the claim is missing."""
    own = letters_of(text[claim.start : claim.end])
    printed = (found for same_value in pages.claims.values() for found in same_value) if len(own) >= MIN_LETTERS else ()
    near = [
        found
        for found in printed
        if _form(found.claim.kind) is _form(claim.kind) and _is_near(own, letters_of(found.text))
    ]
    if not near:
        return Proof(claim.start, claim.end, Verdict.MISSING)
    best = _best(text, claim, near, pages)
    return Proof(claim.start, claim.end, Verdict.DIFFERS, pages.place_of_claim(best), best.text)


def _form(kind: ClaimKind) -> ClaimKind:
    return kind if kind in {ClaimKind.NUMBER, ClaimKind.DATE, ClaimKind.TIME} else ClaimKind.CODE


def _is_near(one: str, other: str) -> bool:
    return Levenshtein.distance(one, other, score_cutoff=1) == 1


def _proof_of_name(text: str, claim: Claim, pages: PageText) -> Proof | None:
    """Return where a name or quotation was read, or that its digits differ there; None if nothing like it was read."""
    needle = letters_of(text[claim.start : claim.end])
    if len(needle) < MIN_LETTERS:
        return None
    start = pages.letters.find(needle)
    end = start + len(needle)
    if start < 0:
        found = pages.similar(needle) if len(needle) >= MIN_SIMILAR_LETTERS else None
        if found is None:
            return None
        start, end = pages.whole_words(*_trimmed(needle, pages.letters, *found))
    else:
        start, end = pages.whole_numbers(start, end)
    own, printed = text[claim.start : claim.end], pages.printed(start, end)
    wanted, read = _digits(needle), _digits(pages.letters[start:end])
    if wanted == read and _same_numbers(own, printed) and _has_same_words(own, pages.letters[start:end]):
        verdict = Verdict.FOUND
    elif claim.kind in _MEANT or (wanted and wanted != read):
        verdict = Verdict.DIFFERS
        if len(wanted) != len(read) or Levenshtein.distance(wanted, read, score_cutoff=2) > 2:
            return None
    else:
        return None
    return Proof(claim.start, claim.end, verdict, pages.place_of_letters(start, end), printed)


def _has_same_words(text: str, letters: str) -> bool:
    """Return whether each word of `text` is among the letters that were read, of which nothing else is a word.

    The longer a word, the more of its letters may be misread; codes and short words may not, but for one word of many.
    """
    words = list(filter(None, map(letters_of, text.split())))
    ends = list(accumulate(map(len, words)))
    edits = [0] * len(words)
    added = Counter[int]()
    for edit in Levenshtein.editops("".join(words), letters):
        if edit.tag == "insert":
            added[edit.src_pos] += 1
        place = min(bisect_right(ends, edit.src_pos), len(words) - 1)
        edits[place] += 1
    if any(count >= MIN_LETTERS for count in added.values()):
        return False
    others = [(word, count) for word, count in zip(words, edits, strict=True) if count > _max_edits(word)]
    is_one_of_many = len(others) == 1 and len(words) >= MANY_WORDS
    return not others or (is_one_of_many and others[0][0].isalpha() and others[0][1] <= MAX_MISREAD)


def _max_edits(word: str) -> int:
    if len(word) < MIN_MISREAD_LETTERS or not word.isalpha():
        return 0
    return 1 if len(word) < 2 * MIN_MISREAD_LETTERS else 2


def _trimmed(needle: str, letters: str, start: int, end: int) -> tuple[int, int]:
    """Return [start, end) without what the window, which is as long as the needle, has of its neighbours.

    Digits at either end of the needle stay opposite to what is read there: they may be what differs.
    """
    matching = LCSseq.opcodes(needle, letters[start:end]).as_matching_blocks()
    blocks = [block for block in matching if block.size >= MIN_LETTERS]
    if not blocks:
        return start, end
    first, last = blocks[0], blocks[-1]
    before, after = needle[: first.a], needle[last.a + last.size :]
    begin, stop = start + first.b, start + last.b + last.size
    if _digits(before):
        begin = max(0, begin - len(before))
    if _digits(after):
        stop = min(len(letters), stop + len(after))
    return begin, stop


def _same_numbers(one: str, other: str) -> bool:
    """Return whether two texts with the same digits have the same numbers, as far as both are split alike."""
    claims, others = claims_in(one, is_read=True), claims_in(other, is_read=True)
    return len(claims) != len(others) or all(
        not _values(one, claim).isdisjoint(_values(other, printed)) or claim.kind is not printed.kind
        for claim, printed in zip(claims, others, strict=True)
    )


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
