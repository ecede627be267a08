"""The kinds of engine processes and their backends. The backends' modules are imported in the child only."""

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import Protocol, cast

from app.domain.models.answer_stats import FinishReason
from app.domain.ports import CancelCheck
from app.engine.process.messages import Event, Request


class Backend(Protocol):
    """Serves one kind of request, one request at a time, on the child's main thread."""

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        """Serve `request`, emitting its events except Done, and return why it ended.

        Raises UserError for what the user can act on, and propagates Cancelled from `check`.
        """
        ...


class BackendKind(StrEnum):
    """The kinds of engine processes; each value is the child's name, of which Linux shows the first 15 characters."""

    IMAGES = "lorgnette-images"
    READER = "lorgnette-reader"
    MODEL = "lorgnette-model"
    SERVER = "lorgnette-server"

    @property
    def answers(self) -> bool:
        """True if the process holds a model, or the connection to one, which is lost with it."""
        return self in {BackendKind.MODEL, BackendKind.SERVER}


FACTORIES = {
    BackendKind.IMAGES: "app.engine.backends.imaging_backend:ImagingBackend",
    BackendKind.READER: "app.engine.backends.reader_backend:ReaderBackend",
    BackendKind.MODEL: "app.engine.backends.model_backend:ModelBackend",
    BackendKind.SERVER: "app.engine.backends.server_backend:ServerBackend",
}


def create_backend(kind: BackendKind) -> Backend:
    """Import and create the backend of this kind."""
    module, _, name = FACTORIES[kind].partition(":")
    return cast(Backend, getattr(import_module(module), name)())
