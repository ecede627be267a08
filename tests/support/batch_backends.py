"""Engine processes for batches that read no image: what they say of a file stands in it."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from app.domain.chat.chat import Turn
from app.domain.documents.pages import OcrPage
from app.domain.errors import ImageError, PasswordNeeded, ProblemKind
from app.domain.ids import Digest
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.models.answer_stats import FinishReason
from app.domain.models.model_info import ModelInfo
from app.domain.ports import CancelCheck
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient
from app.engine.process.descriptor_passing import written_whole
from app.engine.process.host import Host
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    DrawPage,
    Event,
    ImageProbed,
    OpenModel,
    PagesFound,
    ProbeImage,
    ReadText,
    Ready,
    Request,
    TextRead,
    WritePdf,
)
from tests.support.error_texts import error_text

PAGE_BREAK = "\f"
LOG = "LORGNETTE_TEST_LOG"
"""The environment's name for a file that gets a line for each page that is read."""
SECONDS = "LORGNETTE_TEST_SECONDS"


def page_of(text: str) -> OcrPage:
    """A page with these lines, each 20 pixels high and 10 pixels wide for each character."""
    lines = []
    for row, line in enumerate(text.splitlines()):
        box = Box(0, 20 * row, 10 * len(line), 20 * row + 20)
        corners = Point(0, box.top), Point(box.right, box.top), Point(box.right, box.bottom), Point(0, box.bottom)
        lines.append(TextLine(line, box, corners, 1.0))
    return OcrPage(800, 600, tuple(lines), text)


class FieldsBackend:
    """Serves the model: fields are the words behind their names in the images' text, "bad" is answered in prose once.

    What is asked for as "guess" is answered with what stands nowhere.
    """

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        match request:
            case OpenModel(folder=folder):
                info = ModelInfo(
                    name="Fake", folder=folder, scheme="-", device="cpu", device_reason="-", context_length=4096
                )
                emit(Ready(info))
            case Ask(turns=turns, schema=schema):
                emit(AnswerDelta(self._answer(turns, json.loads(schema)["required"])))
        return FinishReason.COMPLETE

    def _answer(self, turns: tuple[Turn, ...], names: list[str]) -> str:
        text = "\n".join(Path(image.path).read_text(encoding="utf-8") for image in turns[0].images)
        if "bad" in text and len(turns) == 1:
            return "The date is unknown."
        values = {name: "9.99" if name == "guess" else text.partition(f"{name} ")[2].split("\n")[0] for name in names}
        return json.dumps({name: {"value": value, "text": value} for name, value in values.items()})


class TextFileBackend:
    """Serves the images process and the reader: a file's text is its image, form feeds make pages of it.

    "refuse", "exit" and "hang" in a text do what they say; "locked" wants a password.
    """

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        match request:
            case ProbeImage(path=path):
                self._probe(Path(path).read_text(encoding="utf-8"), emit)
            case DrawPage(path=path, page=page, target=target):
                _write(target, Path(path).read_text(encoding="utf-8").split(PAGE_BREAK)[page])
            case ReadText(path=path, page=page):
                text = Path(path).read_text(encoding="utf-8").split(PAGE_BREAK)[page]
                time.sleep(float(os.environ.get(SECONDS, "0")))
                if log := os.environ.get(LOG):
                    with Path(log).open("a", encoding="utf-8") as file:
                        file.write(f"{Path(path).name}\n")
                emit(TextRead(page_of(text)))
            case WritePdf(source=source, pages=pages, target=target):
                _write(target, f"PDF of {Path(source).name}: {PAGE_BREAK.join(page.text for page in pages)}")
        return FinishReason.COMPLETE

    def _probe(self, text: str, emit: Callable[[Event], None]) -> None:
        if "refuse" in text:
            raise ImageError(error_text("It is not an image.", todo="Take another."))
        if "locked" in text:
            raise PasswordNeeded(error_text("It has a password.", todo="Give it.", kind=ProblemKind.PASSWORD))
        if "exit" in text:
            os._exit(3)
        if "hang" in text:
            time.sleep(60)
        pages = text.count(PAGE_BREAK) + 1
        if pages > 1:
            emit(PagesFound(pages, digest=digest_of(text)))
        else:
            emit(ImageProbed(digest_of(text), "image/png", 800, 600, len(text), 1, b""))


def digest_of(text: str) -> Digest:
    """The digest of a file with this text."""
    return Digest(hashlib.sha256(text.encode()).hexdigest())


def _write(target: str, text: str) -> None:
    with written_whole(Path(target)) as file:
        file.write(text.encode())


def run_text_files(kind: BackendKind, connection: Connection) -> None:
    """A process main with a TextFileBackend, or a FieldsBackend for the model."""
    logging.disable(logging.CRITICAL)
    Host(connection, FieldsBackend if kind.answers else TextFileBackend).run()


def text_file_client(kind: BackendKind) -> EngineClient:
    """A process that takes text files for images."""
    return EngineClient(kind, run_text_files)
