r"""Places in an answer, in all of Qwen's spellings: boxes, points, boxes in space, and times of a video.

Formats, after the cookbooks and READMEs of https://github.com/QwenLM/Qwen3-VL:

- JSON: `[{"bbox_2d": [x1, y1, x2, y2], "label": "a dog"}]`, `{"point_2d": [x, y]}`, `{"bbox_3d": [9 numbers]}`,
  `{"start": "00:12.3", "end": "00:15", "event": …}`; the label may be under any key, also as `name` and `name_en` or
  `"names": {"en": …}`; tool calls have `"arguments": {"bbox_2d": …}` or `{"action": "click", "coordinate": [x, y]}`;
- `qwenvl html`: `<p data-bbox="x1 y1 x2 y2">…</p>`;
- `qwenvl markdown`: `<!-- Table (x1, y1, x2, y2) -->`;
- Qwen2-VL: `<|object_ref_start|>label<|object_ref_end|><|box_start|>(x1,y1),(x2,y2)<|box_end|>`.

An answer may be cut off anywhere, and have anything around its places: JSON is read token by token, so that an object
is shown as soon as its numbers are complete. All of it takes time in proportion to the text's length.
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from app.domain.text.answer_markup import ANY_TAG, COMMENT, TAG, attributes

SCALE = 1000
MAX_DETECTIONS = 500
MAX_FOUND = 2 * MAX_DETECTIONS
"""Maximum number of places of one spelling that are looked at."""
MAX_LABEL = 300
"""Maximum length of a label in characters."""
MAX_DEPTH = 32
"""Maximum depth of nested objects and lists; the outermost of deeper ones are given up."""
MAX_ITEMS = 64
"""Maximum number of entries of an object, and of a list, that are looked at."""

_PLANE = {"bbox_2d", "bbox", "box_2d", "box", "point_2d", "point", "points", "coordinate", "coordinate2"}
_SPACE = {"bbox_3d", "box_3d"}
_BEGIN = ("start", "start_time", "begin", "begin_time", "timestamp_start")
_END = ("end", "end_time", "timestamp_end")
_LABELS = ("label", "name", "event", "text_content", "text", "description", "caption", "category", "content", "action")
_NOT_LABELS = {*_BEGIN, *_END, "time", "timestamp", "name_en", "type", "img_idx", "role", "color", "id"}

_TOKEN = re.compile(
    r"""
      "(?P<lines>(?:[^"\\\n]|\\[^\n]){0,300}+\n(?:[^"\\]|\\.){0,300}+)"(?=\s{0,9}[,:}\]])
    | "(?P<string>(?:[^"\\\n]|\\[^\n])*+)(?P<closed>"?)
    | (?<=[\s,:{\[])'(?P<single>(?:[^'\\\n]|\\[^\n]|'(?!\s{0,9}[,:}\]])){0,300}+)'
    | (?P<number>-?(?:\d++(?:\.\d++)?|\.\d++))
    | [{}\[\]:,]
    """,
    re.VERBOSE,
)
"""A token of JSON or of Python's literals; a string with line breaks, or in apostrophes, ends before punctuation."""
_BOX_TOKENS = re.compile(
    r"(?:(?:<\|object_ref_start\|>|<ref>)(?P<label>[^<]{0,300})(?:<\|object_ref_end\|>|</ref>)\s?)?"
    r"(?:<\|box_start\|>|<box>)\s?\((?P<from>[\d.,\s]{1,30})\),\s?\((?P<to>[\d.,\s]{1,30})\)(?:<\|box_end\|>|</box>)?"
)
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)")
_ONLY_NUMBERS = re.compile(r"[-\d.,\s()\[\]]+")
_TIME = re.compile(r"(?:\d{1,3}:){0,2}\d{1,5}(?:\.\d{1,3})? ?s?(?:econds)?")
_SPATIAL = range(6, 13)
"""How many numbers a box in space may have: centre, size, and some way to say how it is turned."""
MAX_NUMBER, MAX_DIGITS = 1e6, 20
_CONTAINERS = {"html", "body", "ol", "ul"}
"""Elements whose parts have places of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """A box in thousandths of the image's sides, or a point, which has no extent.

    It is written at [start, end) of the text.
    """

    label: str
    left: float
    top: float
    right: float
    bottom: float
    start: int
    end: int

    @property
    def is_point(self) -> bool:
        """True if the detection is a point."""
        return (self.left, self.top) == (self.right, self.bottom)


@dataclass(frozen=True, slots=True)
class SpatialBox:
    """A box in space: centre and size along x, y, z in metres, and roll, pitch, yaw, as far as they are given."""

    label: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """What happens in a video from `begin` to `end`, as the answer writes times; `end` is empty if it is a moment."""

    label: str
    begin: str
    end: str


@dataclass(slots=True)
class Places:
    """All places of a text, each kind in order."""

    detections: list[Detection] = field(default_factory=list)
    boxes: list[SpatialBox] = field(default_factory=list)
    events: list[TimedEvent] = field(default_factory=list)


Value: TypeAlias = "str | float | list[Value] | dict[str, Value]"
Place: TypeAlias = Detection | SpatialBox | TimedEvent


def detections_in(text: str) -> tuple[Detection, ...]:
    """Return the detections in `text` in order, at most MAX_DETECTIONS; incomplete or invalid ones are skipped.

    Coordinates are as written, and at least 0: an older model's are pixels.
    """
    return tuple(places_in(text).detections)


def places_in(text: str) -> Places:
    """Return all places in `text`, and at most MAX_DETECTIONS detections."""
    places = Places()
    detections: list[Detection] = []
    for found in (_Objects(text).read(), _elements(text), _comments(text), _box_tokens(text)):
        for place in islice(found, MAX_FOUND):
            match place:
                case Detection():
                    detections.append(place)
                case SpatialBox():
                    places.boxes.append(place)
                case TimedEvent():
                    places.events.append(place)
    places.detections = sorted(detections, key=lambda detection: detection.start)[:MAX_DETECTIONS]
    return places


class _Frame:
    """An object or a list whose end has not been read; `key` is that of the value to come, if `has_colon`."""

    __slots__ = ("entries", "has_colon", "items", "key", "start")

    def __init__(self, start: int, *, is_list: bool) -> None:
        self.start = start
        self.items: list[Value] | None = [] if is_list else None
        self.entries: dict[str, Value] = {}
        self.key = ""
        self.has_colon = False

    def add(self, value: Value) -> None:
        """Add a value to the list, or to the object under its key; a string without one is the next key."""
        if self.items is not None:
            if len(self.items) < MAX_ITEMS:
                self.items.append(value)
        elif self.has_colon:
            if len(self.entries) < MAX_ITEMS:
                self.entries[self.key.lower()] = value
            self.has_colon = False
        elif isinstance(value, str):
            self.key = value


class _Objects:
    """Reads the JSON objects of a text, whatever surrounds them, and however far they go."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._stack: list[_Frame] = []
        self._found: list[Place] = []

    def read(self) -> list[Place]:
        """Return the places of all objects."""
        text, position = self._text, 0
        while True:
            if not self._stack:  # A quotation mark of prose begins no string.
                position = text.find("{", position)
            match = _TOKEN.search(text, position) if position >= 0 else None
            if match is None or len(self._found) >= MAX_FOUND:
                break
            position = match.end()
            self._take(match)
        for frame in self._stack:
            self._emit(frame, len(text))
        return self._found

    def _take(self, token: re.Match[str]) -> None:
        if (text := token["lines"] or token["single"]) is not None:
            self._stack[-1].add(_decoded(text.replace("\\'", "'").replace('"', r"\"") if token["single"] else text))
        elif token["string"] is not None:
            if token["closed"]:
                self._stack[-1].add(_decoded(token["string"]))
        elif token["number"]:
            self._stack[-1].add(_number(token["number"]))
        elif token[0] in "{[":
            self._open(token.start(), is_list=token[0] == "[")
        elif token[0] in "}]":
            self._close(token.end(), is_list=token[0] == "]")
        else:
            self._stack[-1].has_colon = token[0] == ":"

    def _open(self, start: int, *, is_list: bool) -> None:
        if self._stack and not is_list and self._stack[-1].items is None and not self._stack[-1].has_colon:
            self._emit(self._stack.pop(), start)  # The end of the one before it was left out.
        self._stack.append(_Frame(start, is_list=is_list))
        del self._stack[:-MAX_DEPTH]

    def _close(self, end: int, *, is_list: bool) -> None:
        if all((frame.items is not None) != is_list for frame in self._stack):
            return
        while True:
            frame = self._stack.pop()
            if frame.items is None:
                self._emit(frame, end if not is_list else end - 1)
            if (frame.items is not None) == is_list:
                break
        if self._stack:
            self._stack[-1].add(frame.entries if frame.items is None else frame.items)

    def _emit(self, frame: _Frame, end: int) -> None:
        entries = frame.entries
        for key in _PLANE & entries.keys():
            for corners in _corners(entries[key], is_box="b" in key):
                self._found += _detections(corners, _label(entries), frame.start, end)
        for key in _SPACE & entries.keys():
            if len(values := _numbers(entries[key])) in _SPATIAL:
                self._found.append(SpatialBox(_label(entries), tuple(values)))
        begin, until = _time(entries, _BEGIN), _time(entries, _END)
        if begin and until and not (_PLANE | _SPACE) & entries.keys():
            self._found.append(TimedEvent(_label(entries), begin, until))


def _corners(value: Value, *, is_box: bool) -> list[list[float]]:
    """Return the numbers of each box or point that a value holds: 2 or 4 numbers, or a list of such."""
    if isinstance(value, list) and any(isinstance(item, list) for item in value):
        inner = [_numbers(item) for item in value]
        return [inner[0] + inner[1]] if is_box and [len(item) for item in inner] == [2, 2] else inner
    return [_numbers(value)]


def _numbers(value: Value) -> list[float]:
    match value:
        case list():
            return [number for item in value for number in _one_number(item)]
        case dict():
            return [number for item in value.values() for number in _one_number(item)]
        case str() if _ONLY_NUMBERS.fullmatch(value):
            return [_number(number) for number in _NUMBER.findall(value)]
    return []


def box_in(written: str) -> tuple[float, float, float, float] | None:
    """Return left, top, right and bottom of the box that a text of four numbers is, in thousandths."""
    found = _detections(_numbers(written), "", 0, 0)
    return (found[0].left, found[0].top, found[0].right, found[0].bottom) if found else None


def numbers_in(written: str) -> list[float]:
    """Return the numbers of a text that has nothing else."""
    return _numbers(written)


def _one_number(value: Value) -> list[float]:
    """Return a number, which may be written as text, or nothing."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return [_number(value)]
    return [value] if isinstance(value, float) else []


def _detections(numbers: list[float], label: str, start: int, end: int) -> list[Detection]:
    """Return the box or point that the numbers are, or nothing; fractions of 1 become thousandths."""
    corners = [max(number, 0.0) for number in numbers]
    if max(corners, default=0) <= 1 and not all(map(float.is_integer, corners)):
        corners = [number * SCALE for number in corners]
    is_point = len(corners) == 2
    if is_point:
        corners *= 2
    if len(corners) != 4:
        return []
    (left, right), (top, bottom) = sorted(corners[::2]), sorted(corners[1::2])
    if not is_point and (left == right or top == bottom):
        return []
    place = {"left": left, "top": top, "right": right, "bottom": bottom}
    return [Detection(label=label[:MAX_LABEL], start=start, end=end, **place)]


def _label(entries: dict[str, Value]) -> str:
    """Return what an object calls the thing: under a usual key, in several languages, or its first text."""
    usual = [value for key in _LABELS if isinstance(value := entries.get(key), str) and value]
    names = entries.get("names")
    if isinstance(names, dict) and not usual:
        usual = [" / ".join(dict.fromkeys(name for name in names.values() if isinstance(name, str)))]
    if not usual:
        others = (entries[key] for key in entries if key not in _NOT_LABELS | _PLANE | _SPACE)
        usual = [value for value in others if isinstance(value, str)]
    label, english = usual[0] if usual else "", entries.get("name_en")
    if isinstance(english, str) and english and english != label:
        return f"{label} ({english})" if label else english
    return label


def _time(entries: dict[str, Value], keys: tuple[str, ...]) -> str:
    """Return a time as it is written, or as seconds; "" if there is none."""
    for key in keys:
        match entries.get(key):
            case float(seconds):
                return f"{seconds:g} s"
            case str(written) if _TIME.fullmatch(written.strip()):
                return written.strip()
    return ""


def _elements(text: str) -> Iterator[Detection]:
    """Return the places of `qwenvl html`; an element is called by its text, else by its class."""
    for tag in TAG.finditer(text):
        values = attributes(tag["attributes"])
        if "data-bbox" not in values or tag["name"].lower() in _CONTAINERS:
            continue
        closing = text.find(f"</{tag['name']}", tag.end(), tag.end() + 10 * MAX_LABEL)
        content = html.unescape(ANY_TAG.sub(" ", text[tag.end() : closing])) if closing >= 0 else ""
        label = " ".join(content.split()) or values.get("class") or tag["name"].lower()
        end = closing if closing >= 0 else tag.end()
        yield from _detections(_numbers(values["data-bbox"]), label, tag.start(), end)


def _comments(text: str) -> Iterator[Detection]:
    """Return the places of `qwenvl markdown`."""
    for comment in COMMENT.finditer(text):
        start, end = comment.start() + len(comment["indent"] or ""), comment.end() - len(comment["rest"] or "")
        yield from _detections(_numbers(comment["numbers"]), comment["label"], start, end)


def _box_tokens(text: str) -> Iterator[Detection]:
    """Return the places that Qwen-VL and Qwen2-VL write between special tokens."""
    for box in _BOX_TOKENS.finditer(text):
        numbers = _numbers(box["from"]) + _numbers(box["to"])
        yield from _detections(numbers, box["label"] or "", box.start(), box.end())


def _number(written: str) -> float:
    return max(-MAX_NUMBER, min(float(written.strip()[:MAX_DIGITS]), MAX_NUMBER))


def _decoded(literal: str) -> str:
    try:
        return str(json.loads(f'"{literal}"', strict=False))
    except ValueError:
        return literal
