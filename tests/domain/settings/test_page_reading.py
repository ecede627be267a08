"""How models are asked to read a page."""

import pytest

from app.domain.chat.presets import BUILT_IN
from app.domain.chat.published_prompts import FIRERED, TYPHOON
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.page_reading import page_reading, published_sampling


@pytest.mark.parametrize("name", ["FireRed-OCR", "firered-ocr-2b.Q8_0", "FireRedTeam/FireRed-OCR"])
def test_firered_is_greedy_with_its_own_prompt(name: str) -> None:
    reading = page_reading(name)
    assert (reading.prompt, reading.is_markdown) == (FIRERED.text, True)
    assert (reading.options.sampling, reading.options.max_new_tokens) == (GREEDY, 8192)
    assert published_sampling(name) == GREEDY


@pytest.mark.parametrize("name", ["typhoon-ocr1.5-2b", "scb10x/Typhoon-OCR1.5-2B-W4A16"])
def test_typhoon_is_asked_as_its_package_does(name: str) -> None:
    reading = page_reading(name)
    assert (reading.prompt, reading.is_markdown) == (TYPHOON.text, True)
    sampling = reading.options.sampling
    assert sampling
    assert (sampling.temperature, sampling.top_p, sampling.repetition_penalty) == (0.1, 0.6, 1.1)
    assert published_sampling(name) == sampling


def test_all_others_read_greedily() -> None:
    reading = page_reading("Qwen3-VL-2B-Instruct")
    assert (reading.prompt, reading.is_markdown) == (BUILT_IN[0].text, False)
    assert reading.options == GenerationOptions(sampling=GREEDY)
    assert published_sampling("Qwen3-VL-2B-Instruct") is None
