"""Messages of a request as turns for the model.

Hostile images are decoded in the images process alone: it checks each and draws it as a PNG, which is what the model's
process gets. A file with far more pixels than the model sees is drawn smaller.
"""

from dataclasses import dataclass

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.errors import ImageError
from app.domain.images.data_urls import decode_image
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.messages import ImageProbed, PagesFound, ProbeImage
from app.serving.api_errors import ApiError, error_of
from app.serving.chat_request import LOW_DETAIL_PIXELS, ChatMessage, ImageUrl, Part
from app.serving.drawn_images import drawn_image
from app.serving.limits import Limits
from app.serving.served_process import ServedProcess, last_event
from app.serving.uploads import Uploads

_ROLES = {"system": Role.SYSTEM, "developer": Role.SYSTEM, "user": Role.USER, "assistant": Role.ASSISTANT}
_THUMBNAIL = 16


@dataclass(frozen=True, slots=True)
class SentImage:
    """An image of a message: its file, the maximum number of pixels that the model sees, and the field that has it."""

    content: bytes
    pixel_budget: int
    param: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message with its images, not yet checked by the images process."""

    role: Role
    text: str
    images: tuple[SentImage, ...]


def sent_messages(messages: list[ChatMessage], options: GenerationOptions, limits: Limits) -> list[SentMessage]:
    """Return the messages with the images of their data: URLs. Raises ApiError.

    The parts of a message that are text are joined by line breaks; its images come before them.
    """
    sent = [_sent(message, f"messages[{number}]", options) for number, message in enumerate(messages)]
    if sum(len(message.images) for message in sent) > limits.images:
        raise ApiError(400, f"A request can have {limits.images} images.", param="messages", code="too_many_images")
    if not any(message.text or message.images for message in sent if message.role is not Role.SYSTEM):
        raise ApiError(400, "The messages are empty.", param="messages")
    return sent


async def seen_turns(sent: list[SentMessage], process: ServedProcess, files: Uploads, limits: Limits) -> list[Turn]:
    """Have the images checked and drawn, and return the model's turns. Raises ApiError, OSError."""
    turns = []
    pixels = 0
    for message in sent:
        images = []
        for image in message.images:
            seen, count = await _seen(image, process, files, limits.seen_pixels - pixels)
            images.append(seen)
            pixels += count
        turns.append(Turn(message.role, message.text, tuple(images)))
    return turns


def _sent(message: ChatMessage, param: str, options: GenerationOptions) -> SentMessage:
    if message.role not in _ROLES:
        raise ApiError(400, f"“{message.role}” is not a role that this server knows.", param=f"{param}.role")
    parts = [Part("text", message.content)] if isinstance(message.content, str) else message.content or []
    texts: list[str] = []
    images: list[SentImage] = []
    for number, part in enumerate(parts):
        where = f"{param}.content[{number}]"
        if part.type == "text" and part.text is not None:
            texts.append(part.text)
        elif part.type == "image_url" and part.image_url is not None:
            images.append(_image(part.image_url, f"{where}.image_url", options))
        else:
            raise ApiError(400, f"This server takes text and image_url, not “{part.type}”.", param=where)
    return SentMessage(_ROLES[message.role], "\n".join(texts), tuple(images))


def _image(given: ImageUrl | str, param: str, options: GenerationOptions) -> SentImage:
    image = ImageUrl(given) if isinstance(given, str) else given
    if image.url[:5].lower() != "data:":
        message = (
            "Images must be in data: URLs (data:image/png;base64,…). "
            "Lorgnette fetches no addresses, since it connects to nobody for an answer."
        )
        raise ApiError(400, message, param=param, code="image_url_not_fetched")
    try:
        content = decode_image(image.url, "The image")
    except ImageError as error:
        raise error_of(error.problem, param=param) from error
    budget = min(LOW_DETAIL_PIXELS, options.pixel_budget) if image.detail == "low" else options.pixel_budget
    return SentImage(content, budget, param)


async def _seen(image: SentImage, process: ServedProcess, files: Uploads, max_pixels: int) -> tuple[SeenImage, int]:
    """Return an image as the model sees it, and the number of its pixels."""
    path = files.add(image.content)
    probed = await last_event(process, ProbeImage(str(path), _THUMBNAIL), image.param)
    if isinstance(probed, PagesFound):
        raise ApiError(400, "A document has pages: send it to /ocr, or its pages as images.", param=image.param)
    if not isinstance(probed, ImageProbed) or probed.media_type.startswith("video/"):
        raise ApiError(400, "This server takes images, and no videos.", param=image.param, code="invalid_image")
    pixels = probed.width * probed.height
    if pixels > max_pixels:
        raise ApiError(400, "The images have too many pixels together.", param=image.param, code="too_many_pixels")
    return await drawn_image(path, probed, image.pixel_budget, process, files, param=image.param), pixels
