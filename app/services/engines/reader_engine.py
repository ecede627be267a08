"""The reader process: OCR of one page at a time."""

from pathlib import Path

from app.engine.process.messages import ReadImage, ReadText
from app.services.engines.engine import Engine, EngineCall, OnEvent


class ReaderEngine:
    """The operations of the reader process. Every call ends with Done or Failed."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def read(self, path: Path, on_event: OnEvent, page: int = 0, password: str = "") -> EngineCall:
        """Read an image, or a page of a document, counted from 0. Emits StageProgress and TextRead."""
        return self.engine.call(ReadText(str(path), page, password), on_event)

    def read_image(self, content: bytes, name: str, on_event: OnEvent) -> EngineCall:
        """Read an encoded image that is in no file. Emits StageProgress and TextRead."""
        return self.engine.call(ReadImage(content, name), on_event)
