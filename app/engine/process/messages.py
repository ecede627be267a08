"""Messages between the window's process and an engine process.

Requests go to the child and events come back, each in an envelope of `wire` with the id of its call.
Messages are plain data, encoded as MessagePack: an engine process decodes untrusted files, so nothing that comes out
of it may be unpickled.
"""

import msgspec

from app.domain.chat.chat import Turn
from app.domain.documents.pages import OcrPage
from app.domain.documents.pdf_options import PdfOptions
from app.domain.errors import Problem
from app.domain.ids import Digest
from app.domain.images.attachments import ImageCrop
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.engine_status import Stage
from app.domain.models.model_info import ModelInfo
from app.domain.models.remote_servers import FoundServer, RemoteModel
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.domain.text.confidence import Alternatives

SECRETS = frozenset({"key", "password", "content"})
"""Names of the fields that must not get into a log."""


class Message(msgspec.Struct, frozen=True, tag=True):
    """Base of every message."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in SECRETS)
        return f"{type(self).__name__}({', '.join(shown)})"


# Requests


class ProbeImage(Message, frozen=True, tag=True):
    """Check the file at `path` and make a thumbnail that fits `thumbnail_size` x `thumbnail_size` pixels.

    A document of several pages is answered with PagesFound.
    """

    path: str
    thumbnail_size: int
    password: str = ""


class CropImage(Message, frozen=True, tag=True):
    """Crop `part` of the image at `path`, rotate it, write it to `target` as a PNG, and continue as ProbeImage."""

    path: str
    part: ImageCrop
    target: str
    thumbnail_size: int


class DrawPage(Message, frozen=True, tag=True):
    """Draw a page of the document at `path`, counted from 0, write it to `target` as a PNG, continue as ProbeImage."""

    path: str
    page: int
    target: str
    thumbnail_size: int
    password: str = ""


class ShowPage(Message, frozen=True, tag=True):
    """Render a page of the document or image at `path`, with at most `size` pixels per side."""

    path: str
    page: int
    size: int
    password: str = ""


class ReadText(Message, frozen=True, tag=True):
    """Read the text of the image at `path`, or of a page of a document, with the built-in OCR."""

    path: str
    page: int = 0
    password: str = ""


class ReadImage(Message, frozen=True, tag=True):
    """Read the text of a part of the screen, in no file, with the built-in OCR: `content` is the encoded image."""

    content: bytes
    name: str


class WritePdf(Message, frozen=True, tag=True):
    """Write the document or image at `source` to `target` as a searchable PDF with the text `pages`.

    Its appearance is unchanged, unless `options` say otherwise. Served by the images process, which ends it with Done.
    """

    source: str
    pages: tuple[OcrPage, ...]
    target: str
    password: str = ""
    options: PdfOptions = PdfOptions()


class OpenModel(Message, frozen=True, tag=True):
    """Check and load the model in `folder`, replacing the open one."""

    folder: str
    options: LoadOptions = LoadOptions()


class UseDiskCache(Message, frozen=True, tag=True):
    """Keep what is computed for chats in files below `folder`, at most `max_bytes` together; 0 for none.

    They are encrypted with `key`, 32 bytes; empty if there is no keyring. Applies to the open model and to later ones.
    """

    folder: str
    max_bytes: int
    key: bytes = b""


class OpenServer(Message, frozen=True, tag=True):
    """Answer with a server's model from now on, replacing the open one.

    `offline` allows only servers on this machine.
    """

    model: RemoteModel
    key: str = ""
    offline: bool = False


class ListModels(Message, frozen=True, tag=True):
    """List the models of the server at `address`; served by the server process."""

    address: str
    key: str = ""
    offline: bool = False


class FindServers(Message, frozen=True, tag=True):
    """Find the servers of models on this machine; served by the server process."""


class Ask(Message, frozen=True, tag=True):
    """Continue the conversation `turns` with an answer, or with the rest of one whose beginning is the last turn.

    `image_texts` are the built-in OCR's texts of its images, if known. They change the answer's speed, never its
    content. `schema` is the JSON schema of the answer (draft 2020-12), or empty for free text; not all servers keep to
    it. What is computed may be kept on disk for the chat with the id `chat`; not at all if that is empty.
    """

    turns: tuple[Turn, ...]
    options: GenerationOptions
    image_texts: tuple[str, ...] = ()
    schema: str = ""
    chat: str = ""


class Prefill(Message, frozen=True, tag=True):
    """Prefill `turns` with their images, except the last one's text, which is still being written.

    There is no answer; a later Ask with these turns as its prefix is answered sooner.
    """

    turns: tuple[Turn, ...]
    options: GenerationOptions


class Cancel(Message, frozen=True, tag=True):
    """Stop the call of the envelope's id as soon as possible; it still ends with Done or Failed."""


class Shutdown(Message, frozen=True, tag=True):
    """Cancel the current request and end the process."""


Request = (
    ProbeImage
    | CropImage
    | DrawPage
    | ShowPage
    | ReadText
    | ReadImage
    | WritePdf
    | OpenModel
    | OpenServer
    | UseDiskCache
    | ListModels
    | FindServers
    | Ask
    | Prefill
    | Cancel
    | Shutdown
)


# Events


class Heartbeat(Message, frozen=True, tag=True):
    """The process is working on a request; sent when it begins with one, for its call, then every second, for none."""


class StageProgress(Message, frozen=True, tag=True):
    """Progress of a request: `progress` is 0..1 within `stage`."""

    stage: Stage
    progress: float


class Ready(Message, frozen=True, tag=True):
    """The model is open and ready to answer."""

    info: ModelInfo


class ModelsListed(Message, frozen=True, tag=True):
    """The names of a server's models."""

    names: tuple[str, ...]


class ServersFound(Message, frozen=True, tag=True):
    """The servers of models that answer on this machine."""

    servers: tuple[FoundServer, ...]


class AnswerDelta(Message, frozen=True, tag=True):
    """The next text of the answer: whole characters, possibly of several tokens, never empty.

    Its probability and alternatives are included if requested.
    """

    text: str
    probability: float = 1.0
    alternatives: Alternatives = ()


class ThoughtDelta(Message, frozen=True, tag=True):
    """The next text of the reasoning before the answer, and the reasoning's seconds so far.

    An empty text withdraws it: what a server sent was the answer, which follows.
    """

    text: str
    seconds: float


class Stats(Message, frozen=True, tag=True):
    """The answer's statistics, sent once, before Done."""

    stats: AnswerStats


class VisualTokenSeconds(Message, frozen=True, tag=True):
    """Seconds per visual token of the last encoded images, including the text around them."""

    seconds_per_visual_token: float


class ImageProbed(Message, frozen=True, tag=True):
    """The image is usable. Its size is after EXIF orientation; `thumbnail` is a PNG that this project encoded.

    `seconds` is the length of a video, whose thumbnail shows frames side by side if it is large. `shown_share` is the
    share of the rows that are there, below 1 if the file ends early.
    """

    digest: Digest
    media_type: str
    width: int
    height: int
    byte_size: int
    frames: int
    thumbnail: bytes
    seconds: float = 0.0
    shown_share: float = 1.0


class PagesFound(Message, frozen=True, tag=True):
    """The file is a document whose pages can be drawn, with their number; `digest` is its SHA-256.

    `is_encrypted` is True for an encrypted PDF, even one with an empty password.
    """

    pages: int
    digest: Digest = Digest("")
    is_encrypted: bool = False


class PageShown(Message, frozen=True, tag=True):
    """A page as a scaled-down PNG that this project encoded, and the size of the image that the reader sees."""

    width: int
    height: int
    png: bytes


class TextRead(Message, frozen=True, tag=True):
    """The text that the built-in OCR recognised."""

    page: OcrPage


class Done(Message, frozen=True, tag=True):
    """The request is finished; no event of its call follows."""

    reason: FinishReason


class Failed(Message, frozen=True, tag=True):
    """The request has failed; no event of its call follows."""

    problem: Problem


Event = (
    Heartbeat
    | StageProgress
    | Ready
    | ModelsListed
    | ServersFound
    | AnswerDelta
    | ThoughtDelta
    | Stats
    | VisualTokenSeconds
    | ImageProbed
    | PagesFound
    | PageShown
    | TextRead
    | Done
    | Failed
)
