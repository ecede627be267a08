"""The settings of loading a model."""

from dataclasses import dataclass

from app.domain.shown_setting import SettingKind, ShownSetting, shown

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
    kind=SettingKind.FOLDER,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Options for opening a model.

    With `graphics_card`, a GPU is used if there is one. On a CPU the activations that meet 4-bit weights
    have 16 bits or more with `exact_activations`, else 8, rounded block by block. The KV cache holds at most
    `cache_tokens` tokens of all chats together, which also limits the length of a chat; the cache of vision features
    holds at most `remembered_visual_tokens`. `cache_folder` stores the weights in the layout of the runtime; empty for
    nowhere. `gpu_packages_folder` contains the downloaded packages of the GPU support, if any. `in_32_bits` computes in
    32 bits on a CPU that could compute in 16.
    """

    graphics_card: bool = shown(default=True, setting=_USE_GPU)
    exact_activations: bool = shown(default=True, setting=_EXACT_ACTIVATIONS)
    cache_tokens: int = shown(32_768, _CACHE_TOKENS)
    remembered_visual_tokens: int = shown(8192, _REMEMBERED_VISUAL_TOKENS)
    cache_folder: str = shown("", _CACHE_FOLDER)
    gpu_packages_folder: str = ""
    in_32_bits: bool = False
