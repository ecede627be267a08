"""A batch: many images that are processed one after another, and the records of them."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import PurePath
from typing import Protocol, Self

from app.domain.documents.clean_up import CleanUp
from app.domain.documents.fields import Field
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.error_texts import batch_texts
from app.domain.errors import BatchError, Problem
from app.domain.models.model_catalog import model_display_name
from app.domain.proofs.evidence import Evidence

DEFAULT_PARALLEL, MAX_PARALLEL = 4, 64
"""Number of parallel requests to a server: the default and the maximum."""


class Output(StrEnum):
    """An output of an image. The spreadsheet and ONE_TEXT are one file for all images."""

    TEXT = "txt"
    MARKDOWN = "md"
    HTML = "html"
    WORD = "docx"
    JSON = "json"
    HOCR = "hocr"
    ALTO = "alto"
    PDF = "pdf"
    SPREADSHEET = "xlsx"
    ONE_TEXT = "one-txt"

    @property
    def suffix(self) -> str:
        """The suffix of a file of this output."""
        return {Output.ALTO: "alto.xml", Output.ONE_TEXT: "txt"}.get(self, self.value)

    @property
    def is_for_all(self) -> bool:
        """True if one file holds the results of all images."""
        return self in {Output.SPREADSHEET, Output.ONE_TEXT}

    @classmethod
    def of_name(cls, name: str) -> "Output":
        """Return the output that a file of this name is, even if all of the name but its last suffix was cut."""
        last = name.rpartition(".")[2]
        return next(output for output in cls if output.suffix.rpartition(".")[2] == last)


class ItemState(StrEnum):
    """The state of one image. WRITING: it is being processed; in a journal, its files are being written."""

    WAITING = "waiting"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """True if the image is not processed any more unless it is repeated."""
        return self in {ItemState.DONE, ItemState.FAILED}


class BatchState(StrEnum):
    """The state of the window's batch.

    PAUSED can be resumed with the pending images, DONE has none left; WATCHING has none left, and waits for new ones.
    """

    IDLE = "idle"
    SCANNING = "looking"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    WATCHING = "watching"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """Options for every image of a batch.

    `model` is the folder of the model, or the `title` of a server's model, or empty if there is none. `clean_up`
    applies to the text of the built-in OCR; ignored areas are ignored for fields, too, and stay in a searchable PDF.
    """

    outputs: tuple[Output, ...] = (Output.TEXT,)
    reader: ReaderChoice = ReaderChoice.AUTO
    fields: tuple[Field, ...] = ()
    model: str = ""
    clean_up: CleanUp = CleanUp()

    @property
    def model_name(self) -> str:
        """The shown name of the model, or a server's name for it."""
        return self.model.partition(" at ")[0] if "://" in self.model else model_display_name(PurePath(self.model))

    @property
    def fingerprint(self) -> str:
        """A short hash of the options; images that were processed under another one are processed again."""
        options = asdict(self)
        if not self.clean_up.is_main_text:  # Journals of before that option have fingerprints without it.
            del options["clean_up"]["is_main_text"]
        return hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()[:16]

    def check(self) -> None:
        """Raise BatchError if a batch with these options is impossible."""
        if not self.outputs:
            raise BatchError(batch_texts.NO_OUTPUT)
        if self.fields and not self.model:
            raise BatchError(batch_texts.FIELDS_WITHOUT_MODEL)
        if self.fields and not {Output.SPREADSHEET, Output.JSON} & set(self.outputs):
            raise BatchError(batch_texts.FIELDS_WITHOUT_OUTPUT)
        if self.reader is ReaderChoice.MODEL and not self.model:
            raise BatchError(batch_texts.READER_WITHOUT_MODEL)


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A requested batch: absolute paths of files and folders, and the options."""

    sources: tuple[str, ...]
    options: BatchOptions


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input file of a batch. `name` is its unique path within the output folder, with "/".

    `size` in bytes and `modified_ns` show whether it has changed since it was read.
    """

    path: str
    name: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Counts of what was left out of the folders of a batch, by reason.

    `others` are files that are not images, `links` are broken, `specials` are pipes, sockets and devices of any name,
    and `folders` are unreadable.
    """

    others: int = 0
    links: int = 0
    specials: int = 0
    folders: int = 0


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """The input files of a batch, and counts of what was left out of its folders."""

    sources: tuple[InputFile, ...] = ()
    left_out: LeftOut = LeftOut()


@dataclass(frozen=True, slots=True)
class FieldCell:
    """A field of one image: its value, the image's text that supports it, and where that is; None if not found."""

    name: str
    value: str
    text: str
    evidence: Evidence | None = None

    @property
    def is_unverified(self) -> bool:
        """True if there is a value and no evidence for it on the image."""
        return bool(self.value) and self.evidence is None


@dataclass(frozen=True, slots=True)
class Content:
    """A file's content, identified by its size in bytes and its SHA-256 in hexadecimal digits."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The record of one image. `outputs` are paths within the output folder, with "/".

    `written` is the content that the batch wrote to them: a file with any other content has been changed by somebody.
    `options` is the fingerprint of the options in effect. `text` is the text of all pages; older journals have it
    for spreadsheets only. `notices` are sentences of the OCR, such as that it was unsure.
    """

    source: InputFile
    options: str
    state: ItemState
    outputs: tuple[str, ...] = ()
    written: tuple[Content, ...] = ()
    pages: int = 0
    text: str = ""
    cells: tuple[FieldCell, ...] = ()
    notices: tuple[str, ...] = ()
    problem: Problem | None = None

    def stands_for(self, source: InputFile, options: str) -> bool:
        """Return whether `source`, unchanged, was processed with the same options."""
        return self.state.is_over and self.source == source and self.options == options

    @property
    def brief(self) -> "Entry":
        """Return the entry without the fields that may be long."""
        return replace(self, text="", cells=(), notices=())


class ItemsView(Protocol):
    """A read-only view of the images of a running batch."""

    @property
    def sources(self) -> Sequence[InputFile]:
        """The images, in order."""
        ...

    @property
    def states(self) -> Sequence[ItemState]:
        """The state of each image."""
        ...

    @property
    def left_out(self) -> LeftOut:
        """Counts of what was left out of its folders."""
        ...

    @property
    def renamed(self) -> Mapping[int, Sequence[tuple[str, str]]]:
        """By index of the image: (wanted, actual) names of its output files that could not have their own names."""
        ...

    @property
    def problems(self) -> Mapping[int, Problem]:
        """Failure reason of each failed image, by index."""
        ...


@dataclass(frozen=True, slots=True)
class FoundItems:
    """The images that a batch would process, before it starts; an ItemsView."""

    sources: Sequence[InputFile]
    left_out: LeftOut = LeftOut()
    states: Sequence[ItemState] = ()
    problems: Mapping[int, Problem] = field(default_factory=dict)
    renamed: Mapping[int, Sequence[tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, found: FoundFiles) -> Self:
        """Return the files that were found, all of them waiting."""
        return cls(found.sources, found.left_out, (ItemState.WAITING,) * len(found.sources))


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """Counts of images: `total`, those done in `earlier` runs, those `done` and `failed` in this run.

    `seconds` is the duration of this run so far.
    """

    total: int
    earlier: int = 0
    done: int = 0
    failed: int = 0
    seconds: float = 0.0

    @property
    def left(self) -> int:
        """Number of pending images."""
        return self.total - self.earlier - self.done - self.failed

    @property
    def seconds_left(self) -> float | None:
        """Estimated remaining seconds at the speed of this run; None if there is no basis for an estimate."""
        worked = self.done + self.failed
        return self.left * self.seconds / worked if worked else None


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key for natural order, "page 2" before "page 10", one folder after another."""
    parts = re.findall(r"\d+|/|[^\d/]+", name.casefold())
    return tuple(
        (0, 0, "") if part == "/" else (1, int(part[:18]), part) if part.isdecimal() else (2, 0, part) for part in parts
    )
