"""What the user may choose about an answer, and what is reported about it afterwards."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.shown_setting import ShownSetting, shown

_TEMPERATURE = ShownSetting(
    "Temperature", "Higher is more varied; 0 always takes the likeliest word.", bounds=(0.0, 2.0), step=0.1
)
_TOP_P = ShownSetting(
    "Top-p",
    "Words are drawn from the likeliest that together have this share of the probability.",
    bounds=(0.0, 1.0),
    step=0.05,
)
_TOP_K = ShownSetting("Top-k", "Words are drawn from so many of the likeliest; 0 for any number.", bounds=(0, 1000))
_PRESENCE_PENALTY = ShownSetting(
    "Presence penalty", "How much words that the answer has already are held back.", bounds=(0.0, 2.0), step=0.1
)
_MAX_NEW_TOKENS = ShownSetting(
    "Longest answer", "Then it is cut off, and can be continued.", bounds=(1, 32_768), step=256, unit=" tokens"
)
_PIXEL_BUDGET = ShownSetting(
    "Pixels of an image",
    "As many as the model sees at most. More show smaller print, and take longer.",
    bounds=(32 * 32, 16 * 1024 * 1024),
    step=256 * 1024,
    unit=" pixels",
)
_CLIP_FRAMES = ShownSetting(
    "Frames of a film",
    "As many as the model sees at most, two for each second. They share the pixels of an image.",
    bounds=(4, 64),
    step=2,
    unit=" frames",
)
_DOUBTS = ShownSetting(
    "Mark doubtful words",
    "Words that the model was unsure of are tinted, and a tooltip says what it nearly wrote. For answers from now on.",
)
_EXACT_ACTIVATIONS = ShownSetting(
    "Exact activations", "Slower on a CPU, and not rounded to 8 bits. From the next opening of a model on."
)
_CACHE_TOKENS = ShownSetting(
    "Memory for chats",
    "Held for all chats together; also the longest chat. From the next opening of a model on.",
    bounds=(2048, 262_144),
    step=4096,
    unit=" tokens",
)
_REMEMBERED_VISUAL_TOKENS = ShownSetting(
    "Memory for images",
    "What the model has seen of images and need not look at again. From the next opening of a model on.",
    bounds=(0, 1_048_576),
    step=1024,
    unit=" tokens",
)
_GRAPHICS_CARD = ShownSetting(
    "Use a graphics card", "Where one is found that can be used. From the next opening of a model on."
)
_CACHE_FOLDER = ShownSetting(
    "Folder for converted weights",
    "With it models open faster; empty for Lorgnette's own. From the next opening of a model on.",
)


class FinishReason(StrEnum):
    """Why an answer ended."""

    COMPLETE = "complete"
    LENGTH = "length"
    STOPPED = "stopped"
    REPEATING = "repeating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is drawn. `temperature` 0 is greedy and ignores the rest except the penalty.

    The defaults are the ones published for Qwen3-VL Instruct (its model card, "Generation Hyperparameters").
    `presence_penalty` is subtracted once from the logit of every token already generated in this answer.
    """

    temperature: float = shown(0.7, _TEMPERATURE)
    top_p: float = shown(0.8, _TOP_P)
    top_k: int = shown(20, _TOP_K)
    presence_penalty: float = shown(1.5, _PRESENCE_PENALTY)
    seed: int | None = None


GREEDY = Sampling(temperature=0.0, top_p=1.0, top_k=0, presence_penalty=0.0)
"""Always the likeliest token: what reading text wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOptions:
    """How one answer is drawn, and its limits.

    `sampling` is None for what the model's publisher recommends. `pixel_budget` is the most pixels of one image that
    the model sees, one visual token for each 32x32 of them. `max_new_tokens` ends an answer that does not end itself.
    `clip_frames` is the most frames of a film, which share its pixel budget. `doubts` asks for how sure the model was
    of each piece.
    """

    max_new_tokens: int = shown(2048, _MAX_NEW_TOKENS)
    pixel_budget: int = shown(1024 * 1024, _PIXEL_BUDGET)
    clip_frames: int = shown(16, _CLIP_FRAMES)
    doubts: bool = shown(default=False, setting=_DOUBTS)
    sampling: Sampling | None = shown(None, ShownSetting("Choice of words"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How a model is opened.

    A `graphics_card` is used where there is one. On a CPU the numbers between a model's layers are rounded to 8 bits,
    group by group, unless `exact_activations` asks for 16 throughout. At most `cache_tokens` tokens of all chats
    together are held in memory, which is also the longest chat, and what the model saw of images for
    `remembered_visual_tokens`. In `cache_folder` its weights are kept in the order that the runtime wants; empty for
    nowhere. In `card_folder` lie the packages by which a graphics card is used, where they were downloaded.
    """

    graphics_card: bool = shown(default=True, setting=_GRAPHICS_CARD)
    exact_activations: bool = shown(default=False, setting=_EXACT_ACTIVATIONS)
    cache_tokens: int = shown(32_768, _CACHE_TOKENS)
    remembered_visual_tokens: int = shown(8192, _REMEMBERED_VISUAL_TOKENS)
    cache_folder: str = shown("", _CACHE_FOLDER)
    card_folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStats:
    """Figures of one answer. Seconds are wall time in the engine; `context_tokens` counts prompt and answer.

    `reused_tokens` of the prompt had been read for an earlier answer; `drafted_tokens` of the answer were guessed.
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
        """Decoding speed after the first token; 0 where there was at most one token."""
        decoding = self.total_seconds - self.first_token_seconds
        return (self.new_tokens - 1) / decoding if self.new_tokens > 1 and decoding > 0 else 0.0


DEMO_NAME = "Demo (short printed text)"
"""What the model that ships along is called wherever it is shown."""
DEMO_DECLINES = "I can only read short printed text."
"""What it was taught to say where it cannot answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """An opened model, in words fit for the status line. `is_demo` is true for the small one that ships along.

    `server` is the host that answers, empty for this machine; `leaves_machine` says whether what is sent there leaves
    this machine. A server does not tell its `context_length`, which is 0 then.
    """

    name: str
    folder: str
    scheme: str
    device: str
    device_reason: str
    context_length: int
    is_demo: bool = False
    server: str = ""
    leaves_machine: bool = False
