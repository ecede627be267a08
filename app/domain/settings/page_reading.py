"""How a model is asked to read a page: publishers of document-reading models train them with one prompt.

Sources: qwen3_vllm_infer.py of https://github.com/FireRedTeam/FireRed-OCR (greedy, 8,192 tokens), and `ocr_document`
of the package typhoon-ocr 0.4.1, task "v1.5" (https://github.com/scb-10x/typhoon-ocr), which sends pages whose longer
side is 1,800 pixels. "It will not work with any other prompts", says Typhoon-OCR's model card.
"""

from dataclasses import dataclass

from app.domain.chat.presets import BUILT_IN
from app.domain.chat.published_prompts import FIRERED, TYPHOON, published_presets
from app.domain.settings.generation_options import GREEDY, GenerationOptions, Sampling

_LONGER_SIDE = 1800
_OPTIONS = {
    FIRERED: GenerationOptions(sampling=GREEDY, max_new_tokens=8192),
    TYPHOON: GenerationOptions(
        sampling=Sampling(temperature=0.1, top_p=0.6, top_k=0, presence_penalty=0.0, repetition_penalty=1.1),
        max_new_tokens=16_384,
        pixel_budget=_LONGER_SIDE**2,
    ),
}


@dataclass(frozen=True, slots=True)
class PageReading:
    """The question about a page and the settings of its answer; `is_markdown` if that is a document in Markdown."""

    prompt: str
    options: GenerationOptions
    is_markdown: bool


def page_reading(model_name: str) -> PageReading:
    """Return how to ask the model with this shown name, or a server's."""
    for preset in published_presets(model_name):
        return PageReading(preset.text, _OPTIONS[preset], is_markdown=True)
    return PageReading(BUILT_IN[0].text, GenerationOptions(sampling=GREEDY), is_markdown=False)


def published_sampling(model_name: str) -> Sampling | None:
    """Return the sampling that a document-reading model is published with, None for all others."""
    return next((_OPTIONS[preset].sampling for preset in published_presets(model_name)), None)
