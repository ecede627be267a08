"""The cost of an image or a video for the model: frames, pixels and visual tokens."""

from app.domain.images.attachments import Attachment
from app.domain.images.video_frames import frame_budget, frame_count, video_tokens
from app.domain.images.visual_tokens import seen_size, visual_tokens
from app.domain.settings.generation_options import GenerationOptions


def frames_seen(attachment: Attachment, options: GenerationOptions) -> int:
    """Return how many frames of a video the model sees; 1 for an image."""
    return frame_count(attachment.seconds, options.clip_frames) if attachment.is_video else 1


def size_seen(attachment: Attachment, options: GenerationOptions) -> tuple[int, int]:
    """Return the width and height in pixels at which the model sees an image, or each frame of a video."""
    budget = attachment.pixel_budget or options.pixel_budget
    if attachment.is_video:
        budget = frame_budget(frames_seen(attachment, options), budget)
    return seen_size(attachment.width, attachment.height, budget)


def tokens_of(attachment: Attachment, options: GenerationOptions) -> int:
    """Return the number of visual tokens of an attachment."""
    budget = attachment.pixel_budget or options.pixel_budget
    if attachment.is_video:
        return video_tokens(attachment.width, attachment.height, frames_seen(attachment, options), budget)
    return visual_tokens(attachment.width, attachment.height, budget)
