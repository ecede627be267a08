"""What an engine process can do, and which class does it. The backends' modules are imported in the child alone."""

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import Protocol, cast

from app.domain.generation import FinishReason
from app.domain.ports import CancelCheck
from app.engine.process.messages import Event, Request


class Backend(Protocol):
    """Serves one kind of request, one request at a time, on the child's main thread."""

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        """Do the work of `request`, emitting its events but not Done, and say why it ended.

        Raises UserError for what the user can act on, and lets Cancelled from `check` pass.
        """
        ...


class BackendKind(StrEnum):
    """The engine processes; each value is the child's name as the system shows it."""

    IMAGES = "lorgnette-images"
    READER = "lorgnette-reader"
    MODEL = "lorgnette-model"


_FACTORIES = {
    BackendKind.IMAGES: "app.engine.imaging.backend:ImagingBackend",
    BackendKind.READER: "app.engine.reader.backend:ReaderBackend",
    BackendKind.MODEL: "app.engine.generation.backend:ModelBackend",
}


def create_backend(kind: BackendKind) -> Backend:
    """Import and build the backend of this kind."""
    module, _, name = _FACTORIES[kind].partition(":")
    return cast(Backend, getattr(import_module(module), name)())
