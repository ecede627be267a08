"""The arithmetic of memory, against what is known of the published models."""

import pytest

from app.domain.models.model_catalog import ModelShape
from app.domain.models.model_fit import (
    ComputeDevice,
    converted_bytes,
    memory_need,
    text_parameters,
    vision_parameters,
    weight_bytes,
)
from app.storage.models.model_catalog import known_models

SHAPES = {model.title: model.shape for model in known_models()}


def parameters(shape: ModelShape) -> int:
    embeddings = shape.vocabulary * shape.hidden * (1 if shape.tied_head else 2)
    return text_parameters(shape) + vision_parameters(shape) + embeddings


@pytest.mark.parametrize(
    ("title", "billions"),
    [
        ("Qwen3-VL 2B, original", 2.13),  # transformers counts the published checkpoints so
        ("Qwen3-VL 4B, original", 4.44),
        ("Qwen3-VL 8B, original", 8.77),
    ],
)
def test_parameters_are_those_of_the_published_models(title: str, billions: float) -> None:
    assert parameters(SHAPES[title]) / 1e9 == pytest.approx(billions, rel=0.005)


def test_the_files_of_the_4_bit_model_have_the_size_that_autoround_writes() -> None:
    assert weight_bytes(SHAPES["Qwen3-VL 2B, 4-bit"]) / 1e9 == pytest.approx(2.17, rel=0.01)


def test_what_was_converted_is_what_is_told() -> None:
    """882 MB were kept of a 4-bit model of this size (two cores with AVX2)."""
    assert converted_bytes(SHAPES["Qwen3-VL 2B, 4-bit"]) / 1e9 == pytest.approx(0.88, rel=0.02)
    sixteen = SHAPES["Qwen3-VL 2B, original"]
    assert converted_bytes(sixteen) == memory_need(sixteen, ComputeDevice.CPU, 0, 0, 0).head


def test_a_chat_takes_memory_in_proportion() -> None:
    shape = SHAPES["Qwen3-VL 2B, 4-bit"]
    one, two = (memory_need(shape, ComputeDevice.CPU, tokens, 0, 1024 * 1024) for tokens in (1000, 2000))
    assert two.chats == 2 * one.chats == 2 * 28 * 8 * 128 * 2 * 2000
    assert two.total - one.total == one.chats


def test_what_was_measured_is_what_is_told() -> None:
    """3.0 GB at most over four images of 1024 x 1024, each a question of its own (README, Measured)."""
    need = memory_need(SHAPES["Qwen3-VL 2B, 4-bit"], ComputeDevice.CPU, 4 * 1100, 4 * 1024, 1024 * 1024)
    assert 3.0e9 < need.total < 4.0e9


def test_a_gpu_holds_4_bit_layers_in_two_orders() -> None:
    for title, second in (("Qwen3-VL 2B, 4-bit", 0.5), ("Qwen3-VL 2B, original", 0)):
        shape = SHAPES[title]
        gpu, processor = (memory_need(shape, device, 0, 0, 0) for device in (ComputeDevice.GPU, ComputeDevice.CPU))
        assert gpu.weights - processor.weights == second * text_parameters(shape)
        assert gpu.head == processor.head > 0


def test_a_processor_that_computes_in_32_bits_needs_more_for_chats_images_and_layers() -> None:
    shape = SHAPES["Qwen3-VL 2B, 4-bit"]
    one, other = (
        memory_need(shape, device, 2000, 1024, 1024 * 1024)
        for device in (ComputeDevice.CPU, ComputeDevice.CPU_IN_32_BITS)
    )
    assert (other.chats, other.images, other.looking) == (2 * one.chats, 2 * one.images, 2 * one.looking)
    assert other.weights - one.weights == 2 * vision_parameters(shape) + text_parameters(shape) // 2
