"""Lines of a page that belong together, and their translation by a model: what it is asked, what it may answer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from app.domain.pages import Page
from app.domain.regions import Box, TextLine

MOST_GAP = 0.9
"""Between two lines of one passage, in heights of a line."""
MOST_SHIFT = 1.0
"""Between their left ends or their middles, in heights of a line."""
MOST_GROWTH = 1.35
"""Of one line's height over the other's."""
MOST_LETTERS = 700
"""Of passages that are asked about at once: a small model loses count in long lists."""
MOST_PASSAGES = 12

_WITHOUT_SPACES = (("\u2e80", "\u9fff"), ("\uf900", "\ufaff"), ("\uff00", "\uffef"))
"""Chinese and Japanese: from radicals to ideographs with kana in between, and the forms of full width."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines one below the other, read as one text."""

    text: str
    lines: tuple[TextLine, ...]

    @property
    def box(self) -> Box:
        """Around all of its lines, in pixels."""
        boxes = [line.box for line in self.lines]
        return Box(
            min(box.left for box in boxes),
            min(box.top for box in boxes),
            max(box.right for box in boxes),
            max(box.bottom for box in boxes),
        )

    @property
    def line_height(self) -> float:
        """Mean height of its lines, in pixels."""
        return fmean(line.box.height for line in self.lines)


class UnusableAnswer(ValueError):
    """A model's answer has not the form that was asked for; its words go back to the model."""


def passages_of(page: Page) -> tuple[Passage, ...]:
    """All lines with text, those that continue one another joined, in reading order."""
    groups: list[list[TextLine]] = []
    for line in page.lines:
        if not line.text.strip():
            continue
        if groups and _continues(groups[-1][-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return tuple(Passage(_joined([line.text for line in group]), tuple(group)) for group in groups)


def portions(passages: Sequence[Passage]) -> list[list[int]]:
    """The numbers of passages that are asked about together."""
    found: list[list[int]] = []
    letters = 0
    for number, passage in enumerate(passages):
        letters += len(passage.text)
        if not found or letters > MOST_LETTERS or len(found[-1]) == MOST_PASSAGES:
            found.append([])
            letters = len(passage.text)
        found[-1].append(number)
    return found


def translation_prompt(texts: Sequence[str], language: str, complaint: str = "") -> str:
    """What a model is asked; `complaint` is what was wrong with its answer before."""
    ask = (
        f"Translate each text of this JSON array into {language}. Keep numbers, names and codes as they are. "
        f"Answer with a JSON array of {len(texts)} strings in the same order, and nothing else.\n\n"
        f"{json.dumps(list(texts), ensure_ascii=False)}"
    )
    return f"{ask}\n\nYour last answer could not be used: {complaint}" if complaint else ask


def translated_texts(answer: str, count: int) -> tuple[str, ...]:
    """The texts in an answer to `translation_prompt`. Raises UnusableAnswer."""
    start, end = answer.find("["), answer.rfind("]")
    if start < 0 or end < start:
        raise UnusableAnswer("it has no JSON array.")
    try:
        found = json.loads(answer[start : end + 1])
    except (ValueError, RecursionError) as error:
        raise UnusableAnswer(f"it is not JSON: {error}.") from error
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise UnusableAnswer("its array has something else than strings.")
    if len(found) != count:
        raise UnusableAnswer(f"its array has {len(found)} strings, not {count}.")
    return tuple(found)


def _continues(above: TextLine, below: TextLine) -> bool:
    upper, lower = above.box, below.box
    height = min(upper.height, lower.height)
    if height <= 0 or max(upper.height, lower.height) > MOST_GROWTH * height:
        return False
    if not -0.5 * height <= lower.top - upper.bottom <= MOST_GAP * height:
        return False
    shifts = (abs(upper.left - lower.left), abs(upper.centre.x - lower.centre.x))
    return min(shifts) <= MOST_SHIFT * height


def _joined(texts: Sequence[str]) -> str:
    """With a space between lines, but for scripts that have none."""
    whole = texts[0].strip()
    for text in texts[1:]:
        following = text.strip()
        whole += following if _has_no_spaces(whole[-1:]) or _has_no_spaces(following[:1]) else f" {following}"
    return whole


def _has_no_spaces(letter: str) -> bool:
    return any(first <= letter <= last for first, last in _WITHOUT_SPACES)
