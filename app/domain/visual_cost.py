"""What an image or a film costs the model."""

from app.domain.attachments import Attachment
from app.domain.clips import clip_tokens, frame_budget, frame_count
from app.domain.generation import GenerationOptions
from app.domain.visual_tokens import seen_size, visual_tokens


def frames_seen(attachment: Attachment, options: GenerationOptions) -> int:
    """How many frames of a film the model sees; 1 of an image."""
    return frame_count(attachment.seconds, options.clip_frames) if attachment.is_video else 1


def size_seen(attachment: Attachment, options: GenerationOptions) -> tuple[int, int]:
    """Width and height in pixels at which the model sees an image, or each frame of a film."""
    budget = attachment.pixel_budget or options.pixel_budget
    if attachment.is_video:
        budget = frame_budget(frames_seen(attachment, options), budget)
    return seen_size(attachment.width, attachment.height, budget)


def tokens_of(attachment: Attachment, options: GenerationOptions) -> int:
    """Its visual tokens."""
    budget = attachment.pixel_budget or options.pixel_budget
    if attachment.is_video:
        return clip_tokens(attachment.width, attachment.height, frames_seen(attachment, options), budget)
    return visual_tokens(attachment.width, attachment.height, budget)
