"""The reader process: reads the text of one image at a time."""

from collections.abc import Callable
from pathlib import Path

from app.domain.engine_status import Stage
from app.domain.generation import FinishReason
from app.domain.ports import CancelCheck
from app.engine.imaging.open_image import open_image
from app.engine.process.messages import Event, Loading, ReadText, Request, TextRead
from app.engine.reader.read_any_script import read_any_script
from app.engine.reader.recognise import Recogniser


class ReaderBackend:
    """Serves ReadText."""

    def __init__(self) -> None:
        self._recogniser = Recogniser()

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        """Emit TextRead, or raise ImageError."""
        if not isinstance(request, ReadText):
            raise TypeError(f"the reader process does not serve {type(request).__name__}")
        emit(Loading(request.request_id, Stage.READING, 0.0))
        image = open_image(Path(request.path))
        check()
        emit(TextRead(request.request_id, read_any_script(image, self._recogniser, check)))
        return FinishReason.COMPLETE
