"""A batch: many images that are worked off one after another, and what is kept of each."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Protocol

from app.domain.clean_up import CleanUp
from app.domain.errors import BatchError, Problem
from app.domain.evidence import Evidence
from app.domain.fields import Field
from app.domain.reader_choice import ReaderChoice

AT_ONCE, MOST_AT_ONCE = 4, 64
"""Questions to a server at the same time: unless chosen otherwise, and at most."""


class Output(StrEnum):
    """What becomes of an image; the value is also the suffix of a file. The spreadsheet is one file for all."""

    TEXT = "txt"
    MARKDOWN = "md"
    JSON = "json"
    PDF = "pdf"
    SPREADSHEET = "xlsx"


class ItemState(StrEnum):
    """How far one image has come."""

    WAITING = "waiting"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"


class BatchState(StrEnum):
    """What the window's batch is doing. PAUSED goes on with what waits, DONE has nothing left."""

    IDLE = "idle"
    LOOKING = "looking"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How every image of a batch is treated.

    `model` is the folder of the model, or a server's model by its `title`, or empty where there is none. `clean_up` is
    done with what the built-in reader has read; parts that are left out are so for fields, too, and stay in a
    searchable PDF.
    """

    outputs: tuple[Output, ...] = (Output.TEXT,)
    reader: ReaderChoice = ReaderChoice.AUTO
    fields: tuple[Field, ...] = ()
    model: str = ""
    clean_up: CleanUp = CleanUp()

    @property
    def fingerprint(self) -> str:
        """Short, and another one for other options: what was done with those is to be done again."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def check(self) -> None:
        """Raises BatchError where this cannot be done."""
        if not self.outputs:
            raise BatchError("The batch has no output.", todo="Choose at least one: text, for example.")
        if self.fields and not self.model:
            raise BatchError("Fields are filled in by a vision model, and none is given.", todo="Open a model first.")
        if self.fields and not {Output.SPREADSHEET, Output.JSON} & set(self.outputs):
            raise BatchError("Fields go into a spreadsheet or into JSON.", todo="Choose one of these outputs.")
        if self.reader is ReaderChoice.MODEL and not self.model:
            raise BatchError("The model is to read, and none is given.", todo="Open a model, or use the reader.")


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for: files and folders, absolute, and the options."""

    sources: tuple[str, ...]
    options: BatchOptions


@dataclass(frozen=True, slots=True)
class Source:
    """A file of a batch. `name` is its path within the output folder, with "/", and is unique.

    `size` in bytes and `modified_ns` tell whether it has changed since it was read.
    """

    path: str
    name: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class FoundSources:
    """The files of a batch, and how many others in its folders are no images and were left out."""

    sources: tuple[Source, ...] = ()
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class FieldCell:
    """A field of one image: the value, the image's words that it stands on, and where these are; None if nowhere."""

    name: str
    value: str
    text: str
    evidence: Evidence | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether there is a value and nothing on the image that bears it out."""
        return bool(self.value) and self.evidence is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is kept of one image. `outputs` are paths within the output folder, with "/".

    `options` is the fingerprint of the options that were in force. `text` is kept for the spreadsheet only. `notices`
    are sentences of the reader, such as that it was unsure.
    """

    source: Source
    options: str
    state: ItemState
    outputs: tuple[str, ...] = ()
    pages: int = 0
    text: str = ""
    cells: tuple[FieldCell, ...] = ()
    notices: tuple[str, ...] = ()
    problem: Problem | None = None

    def stands_for(self, source: Source, options: str) -> bool:
        """Whether `source`, unchanged, was worked off with the same options."""
        is_over = self.state in {ItemState.DONE, ItemState.FAILED}
        return is_over and self.source == source and self.options == options

    @property
    def brief(self) -> "Entry":
        """The entry without what may be long."""
        return replace(self, text="", cells=(), notices=())


class ItemsView(Protocol):
    """The images of a batch that is under way, as they are shown; read only."""

    @property
    def sources(self) -> Sequence[Source]:
        """The images, in their order."""
        ...

    @property
    def states(self) -> Sequence[ItemState]:
        """How far each has come."""
        ...

    @property
    def problems(self) -> Mapping[int, Problem]:
        """Why those could not be done that have failed, by their places."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of images: `total` of them, `earlier` were done in earlier runs, `done` and `failed` in this one.

    `seconds` is what this run has taken so far.
    """

    total: int
    earlier: int = 0
    done: int = 0
    failed: int = 0
    seconds: float = 0.0

    @property
    def left(self) -> int:
        """Images that wait."""
        return self.total - self.earlier - self.done - self.failed

    @property
    def seconds_left(self) -> float | None:
        """At the pace of this run; None where nothing tells."""
        worked = self.done + self.failed
        return self.left * self.seconds / worked if worked else None


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Orders names as people do, "page 2" before "page 10", one folder after another."""
    parts = re.findall(r"\d+|/|[^\d/]+", name.casefold())
    return tuple(
        (0, 0, "") if part == "/" else (1, int(part[:18]), part) if part.isdecimal() else (2, 0, part) for part in parts
    )
