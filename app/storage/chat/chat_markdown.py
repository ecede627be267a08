"""One branch of a chat as Markdown."""

import re
from collections.abc import Mapping, Sequence

from app.domain.chat.chat import Author, Message, Role
from app.domain.ids import Digest
from app.domain.text.markdown import literal_as_markdown, with_hard_breaks
from app.domain.text.place_answers import place_labels
from app.storage.chat.inert_markdown import inert_markdown


def chat_markdown(
    title: str, branch: Sequence[Message], image_targets: Mapping[Digest, str], instructions: str = ""
) -> str:
    """Render the branch from its first message on; images with a target (by digest) are embedded, the others named.

    HTML and images in the messages' own text are escaped: the words of a model or an image are text.
    """
    parts = [f"# {_plain(title)}"]
    if instructions:
        parts += ["**Instructions**", inert_markdown(literal_as_markdown(instructions).rstrip())]
    for number, message in enumerate(branch):
        parts += ["---"] if number or instructions else []
        parts.append(f"**{_plain(author(message))}**, {moment(message)}")
        for image in message.attachments:
            target = image_targets.get(image.digest)
            parts.append(f"![{_plain(image.name)}](<{target}>)" if target else f"Image: {_plain(image.name)}")
        if labels := labels_of(message):
            parts.append(_plain(labels))
        is_plain = message.role is Role.USER or message.page is not None
        text = literal_as_markdown(message.text) if is_plain else with_hard_breaks(message.text)
        parts.append(inert_markdown(text.rstrip()))
    return "\n\n".join([*parts, ""])


def author(message: Message) -> str:
    """Return the author of a message as shown in the file."""
    return "You" if message.role is Role.USER else message.model_name or "Built-in OCR"


def labels_of(message: Message) -> str:
    """Return what an answer found, if it says nothing but where things are: "2 places: Total, Date"."""
    labels = place_labels(message.text) if message.author is Author.MODEL else ()
    return f"{len(labels)} {'places' if len(labels) > 1 else 'place'}: {', '.join(labels)}" if labels else ""


def moment(message: Message) -> str:
    """Return the time at which a message was written, in local time."""
    return f"{message.created.astimezone():%Y-%m-%d %H:%M}"


def image_file_names(branch: Sequence[Message]) -> dict[Digest, str]:
    """Return a file name for each image by digest: its own, made safe and unique."""
    names: dict[Digest, str] = {}
    for image in (image for message in branch for image in message.attachments):
        if image.digest in names:
            continue
        name = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", image.name).strip(". ")[-120:] or "image"
        taken = {other.casefold() for other in names.values()}
        names[image.digest] = name if name.casefold() not in taken else f"{len(names) + 1} {name}"
    return names


def _plain(text: str) -> str:
    """Return the text on one line, escaped so that Markdown treats it as plain text."""
    return re.sub(r"([\\\[\]*_`<])", r"\\\1", " ".join(text.split()))
