"""The settings of an answer: sampling and limits."""

from dataclasses import dataclass

from app.domain.shown_setting import SettingKind, ShownSetting, shown, within

_TEMPERATURE = ShownSetting(
    "Temperature",
    "Higher values give more varied answers. 0 = always the most likely token.",
    bounds=(0.0, 2.0),
    step=0.1,
)
_TOP_P = ShownSetting(
    "Top-p",
    "Sample from the most likely tokens whose probabilities add up to this value.",
    bounds=(0.0, 1.0),
    step=0.05,
)
_TOP_K = ShownSetting("Top-k", "Sample from this many of the most likely tokens. 0 = no limit.", bounds=(0, 1000))
_PRESENCE_PENALTY = ShownSetting(
    "Presence penalty", "Discourages repeating words that are already in the answer.", bounds=(0.0, 2.0), step=0.1
)
_MAX_NEW_TOKENS = ShownSetting(
    "Maximum answer length",
    "Longer answers stop there. Press Continue for more.",
    bounds=(1, 32_768),
    step=256,
    unit=" tokens",
)
_PIXEL_BUDGET = ShownSetting(
    "Image resolution",
    "The most pixels of an image that the model sees. More reveal smaller print but take longer. Automatic shows "
    "fewer if the smallest print can still be read.",
    bounds=(32 * 32, 16 * 1024 * 1024),
    step=256 * 1024,
    unit=" pixels",
    kind=SettingKind.RESOLUTION,
)
_VIDEO_FRAMES = ShownSetting(
    "Video frames",
    "The most frames of a video that the model sees, two per second. They share the pixels of one image.",
    bounds=(4, 64),
    step=2,
    unit=" frames",
)
_MARK_LOW_CONFIDENCE = ShownSetting(
    "Highlight uncertain words",
    "Tints words the model was unsure of; hover over one to see the alternatives. Applies to new answers.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Sampling parameters of the next token. `temperature` 0 is greedy and ignores the rest but the penalties.

    The defaults are the ones published for Qwen3-VL Instruct (its model card, "Generation Hyperparameters").
    `presence_penalty` is subtracted once from the logit of every token already generated in this answer.
    `repetition_penalty` divides the positive logits of every token of the prompt and the answer, and multiplies the
    negative ones (arXiv:1909.05858); 1 is none. Publishers of fine-tuned models set it.
    """

    temperature: float = shown(0.7, _TEMPERATURE)
    top_p: float = shown(0.8, _TOP_P)
    top_k: int = shown(20, _TOP_K)
    presence_penalty: float = shown(1.5, _PRESENCE_PENALTY)
    repetition_penalty: float = within(1.0, bounds=(1.0, 2.0))
    seed: int | None = within(None, bounds=(0, 2**63 - 1))


GREEDY = Sampling(temperature=0.0, top_p=1.0, top_k=0, presence_penalty=0.0)
"""Greedy decoding, for reading text."""
THINKING = Sampling(temperature=1.0, top_p=0.95, top_k=20, presence_penalty=0.0)
"""The values published for Qwen3-VL-Thinking of 2B to 8B (their model cards, "Generation Hyperparameters")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOptions:
    """The sampling parameters and the limits of one answer.

    `sampling` is None for the values that the model's publisher recommends. `pixel_budget` is the maximum number of
    pixels of one image that the model sees, one visual token for each 32x32 of them; with `automatic_resolution` the
    window chooses fewer for an image of a chat whose print allows it. `max_new_tokens` ends an answer
    that does not end itself. `clip_frames` is the maximum number of frames of a video, which share its pixel budget.
    `doubts` requests the model's confidence in each text delta.
    """

    max_new_tokens: int = shown(2048, _MAX_NEW_TOKENS)
    automatic_resolution: bool = True
    pixel_budget: int = shown(1024 * 1024, _PIXEL_BUDGET)
    clip_frames: int = shown(16, _VIDEO_FRAMES)
    doubts: bool = shown(default=False, setting=_MARK_LOW_CONFIDENCE)
    sampling: Sampling | None = shown(None, ShownSetting("Sampling"))
