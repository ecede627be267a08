"""A message split for the chat view: a bubble for each section, so that no bubble takes long to lay out."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from app.domain.chat.chat import Author, Message, MessageState, Role
from app.domain.chat.sections import MAX_CHARACTERS, MAX_SECTIONS, Section, sections
from app.domain.text.confidence import LowConfidenceSpan
from app.domain.text.grounding import MAX_DETECTIONS, Detection, detections_in, places_in
from app.ui.markdown.place_table import place_tables

_FENCES = re.compile(r"^ {0,3}(```+|~~~+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a message that one bubble shows.

    The positions of `doubts` are within `text`; detections are numbered from `first_detection`. `begins_in` and
    `ends_in` are the position in the whole `message` of the table or code block within which the part begins or ends;
    -1 for none.
    """

    text: str
    is_markdown: bool = False
    doubts: tuple[LowConfidenceSpan, ...] = ()
    first_detection: int = 0
    begins_in: int = -1
    ends_in: int = -1
    message: str = field(default="", compare=False)


_THOUGHT = "#thought"


def is_thought(key: str) -> bool:
    """Return whether a key is that of the reasoning before an answer."""
    return key.endswith(_THOUGHT)


class MessageParts:
    """The parts of a message, by key.

    The last part's key is the message's id: its bubble has the buttons. Those before it have `id#0`, `id#1` and so on,
    and the reasoning before an answer has `id#thought`.
    """

    def __init__(self, message: Message) -> None:
        self.message = message
        self._sections: tuple[Section, ...] = ()
        self._most = MAX_SECTIONS
        self._settled_detections: tuple[int, tuple[Detection, ...]] = (0, ())
        self._part_message("")

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the reasoning and of all shown parts, from top to bottom."""
        thought = (f"{self.message.id}{_THOUGHT}",) if self.message.thought else ()
        return (*thought, *self._text_keys)

    @property
    def _text_keys(self) -> tuple[str, ...]:
        message_id = self.message.id
        return (*(f"{message_id}#{number}" for number in range(len(self._sections) - 1)), message_id)

    @property
    def rest(self) -> int:
        """The number of characters that are not shown."""
        return len(self.message.text) - self._sections[-1].end

    def update(self, message: Message) -> None:
        """Update to the message's present state; existing parts stay unchanged while it only grows."""
        before, self.message = self.message.text, message
        self._part_message(before)

    def show_more(self) -> None:
        """Show MAX_SECTIONS more sections."""
        self._most += MAX_SECTIONS
        self._part_message(self.message.text)

    def part(self, key: str) -> Part:
        """Return the part that the bubble of a key shows."""
        section = self._section(key)
        text = section.of(self.message.text)
        shift = len(section.before) - section.start
        first = bisect_left(self.message.doubts, section.start, key=lambda doubt: doubt.start)
        doubts = tuple(
            replace(doubt, start=doubt.start + shift, end=doubt.end + shift)
            for doubt in takewhile(lambda doubt: doubt.end <= section.end, self.message.doubts[first:])
        )
        first_detection = sum(detection.start < section.start for detection in self.detections)
        return Part(
            text + self._tables(key, section),
            self._is_markdown and not section.is_source,
            doubts,
            first_detection,
            section.block,
            self._block_behind(key),
            self.message.text,
        )

    def length(self, key: str) -> tuple[int, int]:
        """Return the number of characters of a part, and of its lines."""
        section = self._section(key)
        return section.end - section.start, self.message.text.count("\n", section.start, section.end) + 1

    def key_at(self, place: int) -> str:
        """Return the key of the part with the character at `place`; of the last one if it is not shown."""
        found = (key for key, section in zip(self._text_keys, self._sections, strict=True) if place < section.end)
        return next(found, self.message.id)

    @property
    def detections(self) -> Sequence[Detection]:
        """The detections in an answer of the model, with their positions in the text."""
        if self.message.author is not Author.MODEL:
            return ()
        # The last section grows; detections before it stay.
        start, found = self._settled_detections
        settled = self._sections[-1].start
        if settled > start:
            found = (*found, *_detections(self.message.text, start, settled))
            self._settled_detections = (settled, found)
        return (*found, *_detections(self.message.text, settled, len(self.message.text)))[:MAX_DETECTIONS]

    def _tables(self, key: str, section: Section) -> str:
        """Return the tables below the last part of a finished answer."""
        message = self.message
        is_last = key == message.id and not self.rest
        if not is_last or message.author is not Author.MODEL or message.state is MessageState.STREAMING:
            return ""
        tables = "" if section.is_source else place_tables(places_in(message.text))
        # An answer that was cut off may end within a block of code.
        fence = _FENCES.findall(section.of(message.text))
        return tables and f"{chr(10) + fence[-1] if len(fence) % 2 else ''}\n\n{tables}"

    @property
    def _is_markdown(self) -> bool:
        return self.message.role is Role.ASSISTANT and self.message.author is not Author.READER

    def _section(self, key: str) -> Section:
        number = key.partition("#")[2]
        return self._sections[int(number) if number else -1]

    def _block_behind(self, key: str) -> int:
        number = key.partition("#")[2]
        return self._sections[int(number) + 1].block if number else -1

    def _part_message(self, before: str) -> None:
        text = self.message.text
        grows = self.message.state is MessageState.STREAMING
        settled = self._sections if text.startswith(before) else ()
        if not settled:
            self._settled_detections = (0, ())
        parted = sections(text, is_markdown=self._is_markdown, settled=settled, grows=grows, max_sections=self._most)
        if not grows and len(text) <= MAX_CHARACTERS:  # It was split for streaming; now it may be one part again.
            parted = sections(text, is_markdown=self._is_markdown, max_sections=self._most)
            self._settled_detections = (0, ())
        self._sections = parted


def _detections(text: str, start: int, end: int) -> tuple[Detection, ...]:
    found = detections_in(text[start:end])
    return tuple(replace(detection, start=detection.start + start, end=detection.end + start) for detection in found)
