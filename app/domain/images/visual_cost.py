"""The cost of an image or a video for the model: frames, pixels and visual tokens."""

from dataclasses import dataclass

from app.domain.images.attachments import Attachment
from app.domain.images.video_frames import frame_count, seen_frame_size, video_tokens
from app.domain.images.visual_tokens import seen_size, visual_tokens


@dataclass(frozen=True, slots=True)
class VisualCost:
    """What the model sees of an attachment: `frames` (1 of an image), each `width` by `height` pixels, in `tokens`."""

    frames: int
    width: int
    height: int
    tokens: int


def visual_cost(attachment: Attachment, pixel_budget: int, max_frames: int) -> VisualCost:
    """Return the cost of an attachment; one with a pixel budget of its own ignores `pixel_budget`."""
    budget, size = attachment.pixel_budget or pixel_budget, (attachment.width, attachment.height)
    if not attachment.is_video:
        return VisualCost(1, *seen_size(*size, budget), visual_tokens(*size, budget))
    frames = frame_count(attachment.seconds, max_frames)
    return VisualCost(frames, *seen_frame_size(*size, frames, budget), video_tokens(*size, frames, budget))
