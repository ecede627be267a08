"""Everything that is said between the window's process and an engine process.

Requests go to the child, events come back; every one carries the id of the request it belongs to, and the receiver
drops what belongs to a request it no longer knows. Messages are plain data, encoded as MessagePack by `wire`: an
engine process decodes untrusted files, so nothing that comes out of it may be unpickled.
"""

import msgspec

from app.domain.attachments import ImagePart
from app.domain.chat import Turn
from app.domain.doubt import Alternatives
from app.domain.engine_status import Stage
from app.domain.errors import Problem
from app.domain.generation import AnswerStats, FinishReason, GenerationOptions, LoadOptions, ModelInfo
from app.domain.pages import Page
from app.domain.remote_servers import RemoteModel


class Message(msgspec.Struct, frozen=True, tag=True):
    """Base of every message. `request_id` is unique within one window."""

    request_id: int


# Requests


class ProbeImage(Message, frozen=True, tag=True):
    """Check the file at `path` and make a thumbnail that fits `thumbnail_size` x `thumbnail_size` pixels.

    A document of several pages is answered with PagesFound.
    """

    path: str
    thumbnail_size: int
    password: str = ""


class CutImage(Message, frozen=True, tag=True):
    """Cut `part` out of the image at `path`, turn it, write it to `target` as a PNG, and go on as with ProbeImage."""

    path: str
    part: ImagePart
    target: str
    thumbnail_size: int


class DrawPage(Message, frozen=True, tag=True):
    """Draw a page of the document at `path`, counted from 0, write it to `target` as a PNG, go on as for ProbeImage."""

    path: str
    page: int
    target: str
    thumbnail_size: int
    password: str = ""


class ShowPage(Message, frozen=True, tag=True):
    """Make a picture of at most `size` pixels a side of a page of the document or image at `path`."""

    path: str
    page: int
    size: int
    password: str = ""


class ReadText(Message, frozen=True, tag=True):
    """Read the text of the image at `path`, or of a page of a document, with the built-in reader."""

    path: str
    page: int = 0
    password: str = ""


class WritePdf(Message, frozen=True, tag=True):
    """Write the document or image at `source` to `target` as a PDF that can be searched, `pages` being its text.

    What is seen of it stays as it is. Served by the images process, which ends it with Done.
    """

    source: str
    pages: tuple[Page, ...]
    target: str
    password: str = ""


class OpenModel(Message, frozen=True, tag=True):
    """Check and load the model in `folder`, in place of the one that is open."""

    folder: str
    options: LoadOptions = LoadOptions()


class OpenServer(Message, frozen=True, tag=True):
    """Answer with a model of a server from now on, in place of the one that is open.

    `offline` allows servers on this machine alone.
    """

    model: RemoteModel
    key: str = ""
    offline: bool = False


class ListModels(Message, frozen=True, tag=True):
    """Ask the server at `address` which models it has; served by the model process."""

    address: str
    key: str = ""
    offline: bool = False


class Ask(Message, frozen=True, tag=True):
    """Continue the conversation `turns` with an answer, or with the rest of one whose beginning is the last turn.

    `image_texts` is what the built-in reader found on its images, where that is known. It changes how soon the answer
    is there, and never what it says.
    """

    turns: tuple[Turn, ...]
    options: GenerationOptions
    image_texts: tuple[str, ...] = ()


class Prepare(Message, frozen=True, tag=True):
    """Look at the images of `turns` and read them, but for the last one's text, which is still being written.

    Nothing is answered; an Ask that begins as these turns do is answered sooner.
    """

    turns: tuple[Turn, ...]
    options: GenerationOptions


class Cancel(Message, frozen=True, tag=True):
    """Stop the request with this id as soon as possible; it still ends with Done or Failed."""


class Shutdown(Message, frozen=True, tag=True):
    """End the process after the current request has been cancelled."""


Request = (
    ProbeImage
    | CutImage
    | DrawPage
    | ShowPage
    | ReadText
    | WritePdf
    | OpenModel
    | OpenServer
    | ListModels
    | Ask
    | Prepare
    | Cancel
    | Shutdown
)


# Events


class Loading(Message, frozen=True, tag=True):
    """Work that takes a while: `progress` is 0..1 within `stage`."""

    stage: Stage
    progress: float


class Ready(Message, frozen=True, tag=True):
    """The model is open and answers questions."""

    info: ModelInfo


class ModelsListed(Message, frozen=True, tag=True):
    """What the models of a server are called."""

    names: tuple[str, ...]


class Token(Message, frozen=True, tag=True):
    """The next piece of the answer: whole characters, possibly of several tokens, never empty.

    Its probability and what else was likely are told where they were asked for.
    """

    text: str
    probability: float = 1.0
    alternatives: Alternatives = ()


class Stats(Message, frozen=True, tag=True):
    """The answer's figures, sent once, before Done."""

    stats: AnswerStats


class Pace(Message, frozen=True, tag=True):
    """What the last images that were new to the model took, with the text around them."""

    seconds_per_visual_token: float


class ImageProbed(Message, frozen=True, tag=True):
    """The image is usable. Size after EXIF orientation; `thumbnail` is a PNG that this project encoded.

    A film has its length in `seconds`, and frames side by side in its thumbnail where that is large.
    """

    digest: str
    media_type: str
    width: int
    height: int
    byte_size: int
    frames: int
    thumbnail: bytes
    seconds: float = 0.0


class PagesFound(Message, frozen=True, tag=True):
    """The file is a document of so many pages, each of which can be drawn; `digest` is its sha256.

    `is_encrypted` tells a PDF that is, be it with an empty password.
    """

    pages: int
    digest: str = ""
    is_encrypted: bool = False


class PageShown(Message, frozen=True, tag=True):
    """A page, whose picture has the size that the reader sees, as a smaller PNG that this project encoded."""

    width: int
    height: int
    png: bytes


class TextRead(Message, frozen=True, tag=True):
    """What the reader found."""

    page: Page


class Done(Message, frozen=True, tag=True):
    """The request is finished; nothing more follows for its id."""

    reason: FinishReason


class Failed(Message, frozen=True, tag=True):
    """The request has failed; nothing more follows for its id."""

    problem: Problem


Event = (
    Loading
    | Ready
    | ModelsListed
    | Token
    | Stats
    | Pace
    | ImageProbed
    | PagesFound
    | PageShown
    | TextRead
    | Done
    | Failed
)
