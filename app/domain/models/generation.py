"""The options of an answer, and the figures that are reported about it."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.models.model_policy import FULL_MODEL, ModelPolicy
from app.domain.shown_setting import ShownSetting, shown, within

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
    "The most pixels of an image that the model sees. More pixels reveal smaller print but take longer.",
    bounds=(32 * 32, 16 * 1024 * 1024),
    step=256 * 1024,
    unit=" pixels",
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
_EXACT_ACTIVATIONS = ShownSetting(
    "16-bit activations", "More accurate than 8 bits, but slower on a CPU. Applies when a model is next loaded."
)
_CACHE_TOKENS = ShownSetting(
    "Context memory",
    "Shared by all chats; also the longest a chat can be. Applies when a model is next loaded.",
    bounds=(2048, 262_144),
    step=4096,
    unit=" tokens",
)
_REMEMBERED_VISUAL_TOKENS = ShownSetting(
    "Image cache",
    "Keeps processed images so that the model need not process them again. Applies when a model is next loaded.",
    bounds=(0, 1_048_576),
    step=1024,
    unit=" tokens",
)
_USE_GPU = ShownSetting("Use the GPU", "If a supported one is found. Applies when a model is next loaded.")
_CACHE_FOLDER = ShownSetting(
    "Weight cache folder",
    "Stores converted weights so that models load faster. Empty for the default. Applies when a model is next loaded.",
)


class FinishReason(StrEnum):
    """The reason why an answer ended."""

    COMPLETE = "complete"
    LENGTH = "length"
    STOPPED = "stopped"
    REPEATING = "repeating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Sampling parameters of the next token. `temperature` 0 is greedy and ignores the rest except the penalty.

    The defaults are the ones published for Qwen3-VL Instruct (its model card, "Generation Hyperparameters").
    `presence_penalty` is subtracted once from the logit of every token already generated in this answer.
    """

    temperature: float = shown(0.7, _TEMPERATURE)
    top_p: float = shown(0.8, _TOP_P)
    top_k: int = shown(20, _TOP_K)
    presence_penalty: float = shown(1.5, _PRESENCE_PENALTY)
    seed: int | None = within(None, bounds=(0, 2**63 - 1))


GREEDY = Sampling(temperature=0.0, top_p=1.0, top_k=0, presence_penalty=0.0)
"""Greedy decoding, for reading text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOptions:
    """The sampling parameters and the limits of one answer.

    `sampling` is None for the values that the model's publisher recommends. `pixel_budget` is the maximum number of
    pixels of one image that the model sees, one visual token for each 32x32 of them. `max_new_tokens` ends an answer
    that does not end itself. `clip_frames` is the maximum number of frames of a video, which share its pixel budget.
    `doubts` requests the model's confidence in each text delta.
    """

    max_new_tokens: int = shown(2048, _MAX_NEW_TOKENS)
    pixel_budget: int = shown(1024 * 1024, _PIXEL_BUDGET)
    clip_frames: int = shown(16, _VIDEO_FRAMES)
    doubts: bool = shown(default=False, setting=_MARK_LOW_CONFIDENCE)
    sampling: Sampling | None = shown(None, ShownSetting("Sampling"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Options for opening a model.

    With `graphics_card`, a GPU is used if there is one. On a CPU the activations between a model's layers are rounded
    to 8 bits, group by group, unless `exact_activations` asks for 16 throughout. The KV cache holds at most
    `cache_tokens` tokens of all chats together, which also limits the length of a chat; the cache of vision features
    holds at most `remembered_visual_tokens`. `cache_folder` stores the weights in the layout of the runtime; empty for
    nowhere. `gpu_packages_folder` contains the downloaded packages of the GPU support, if any.
    """

    graphics_card: bool = shown(default=True, setting=_USE_GPU)
    exact_activations: bool = shown(default=False, setting=_EXACT_ACTIVATIONS)
    cache_tokens: int = shown(32_768, _CACHE_TOKENS)
    remembered_visual_tokens: int = shown(8192, _REMEMBERED_VISUAL_TOKENS)
    cache_folder: str = shown("", _CACHE_FOLDER)
    gpu_packages_folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStats:
    """Figures of one answer. Seconds are wall time in the engine; `context_tokens` counts prompt and answer.

    `reused_tokens` of the prompt were in the prefix cache; `drafted_tokens` of the answer are accepted draft tokens.
    """

    prompt_tokens: int
    visual_tokens: int
    new_tokens: int
    first_token_seconds: float
    total_seconds: float
    context_tokens: int
    reused_tokens: int = 0
    drafted_tokens: int = 0

    @property
    def tokens_per_second(self) -> float:
        """Decode speed after the first token; 0 if there was at most one token."""
        decoding = self.total_seconds - self.first_token_seconds
        return (self.new_tokens - 1) / decoding if self.new_tokens > 1 and decoding > 0 else 0.0


DEMO_NAME = "Demo (short printed text)"
"""The shown name of the bundled model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """An opened model, worded for the status line, with its policy.

    `server` is the host that answers, empty for this machine; `leaves_machine` is True if the data sent there leaves
    this machine. A server does not report its `context_length`, which is 0 then.
    """

    name: str
    folder: str
    scheme: str
    device: str
    device_reason: str
    context_length: int
    policy: ModelPolicy = FULL_MODEL
    server: str = ""
    leaves_machine: bool = False
