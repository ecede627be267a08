"""One branch of a chat as Markdown."""

import re
from collections.abc import Mapping, Sequence

from app.domain.chat import Message, Role
from app.domain.markdown import plain_as_markdown


def chat_markdown(title: str, branch: Sequence[Message], image_targets: Mapping[str, str]) -> str:
    """The branch from its first message on; images that have a target, by digest, are shown, the others named."""
    parts = [f"# {_plain(title)}"]
    for message in branch:
        parts.append(f"**{_plain(author(message))}**, {moment(message)}")
        for image in message.attachments:
            target = image_targets.get(image.digest)
            parts.append(f"![{_plain(image.name)}](<{target}>)" if target else f"Image: {_plain(image.name)}")
        is_plain = message.role is Role.USER or message.page is not None
        parts.append(plain_as_markdown(message.text).rstrip() if is_plain else message.text)
    return "\n\n".join([*parts, ""])


def author(message: Message) -> str:
    """Who wrote a message, as readers of the file know them."""
    return "You" if message.role is Role.USER else message.model_name or "Built-in reader"


def moment(message: Message) -> str:
    """When it was written, in local time."""
    return f"{message.created.astimezone():%Y-%m-%d %H:%M}"


def image_file_names(branch: Sequence[Message]) -> dict[str, str]:
    """A file name for each image by digest: its own, made harmless and unique."""
    names: dict[str, str] = {}
    for image in (image for message in branch for image in message.attachments):
        if image.digest in names:
            continue
        name = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", image.name).strip(". ")[-120:] or "image"
        taken = {other.casefold() for other in names.values()}
        names[image.digest] = name if name.casefold() not in taken else f"{len(names) + 1} {name}"
    return names


def _plain(text: str) -> str:
    """Text that Markdown takes for text, on one line."""
    return re.sub(r"([\\\[\]*_`<])", r"\\\1", " ".join(text.split()))
