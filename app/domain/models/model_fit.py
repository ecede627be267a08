"""Estimates a model's memory, and whether this machine has it. Every term is in bytes and can be shown.

The formulas count what the runtimes hold:

* weights: the text model's linear layers at `bits` each, with a 16-bit scale and 4 bits of zero-point for each group;
  embeddings and a head that is not tied in 16 bits, the vision tower in the width that the device computes in; a GPU,
  and a CPU that does not compute in 16 bits, hold 4-bit layers in two layouts, for short passes and for long ones;
* head: a 4-bit copy of the output head, which selects the shortlist;
* chats: keys and values, 2 x layers x KV heads x head size numbers for each token of the context;
* images: vision features, including the deepstack layers, for each cached visual token;
* looking: activations of one image in the vision tower, an estimate: eight times its width and twice that of its inner
  layer for each patch;
* runtime: the process itself with its libraries, an estimate.

Numbers have 16 bits, but 32 on a CPU that does not compute in 16.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.models.model_catalog import ModelShape

SIXTEEN_BITS = 2
PATCHES_A_TOKEN = 4
PATCH_PIXELS = 16 * 16
PATCH_VALUES = 3 * 2 * PATCH_PIXELS
VISION_POSITIONS = 2304
COMFORTABLE = 0.9
"""Fraction of the free or total memory that a model may use: the rest of the system's use varies, too."""


class ComputeDevice(StrEnum):
    """The device that computes."""

    CPU = "processor"
    CPU_IN_32_BITS = "processor_in_32_bits"
    GPU = "graphics_card"

    @property
    def number_bytes(self) -> int:
        """Size in bytes of a number that it computes with."""
        return 4 if self is ComputeDevice.CPU_IN_32_BITS else SIXTEEN_BITS

    @property
    def runtime_bytes(self) -> int:
        """Memory in bytes of the process itself."""
        return (600 if self is ComputeDevice.GPU else 400) * 1000**2


class Verdict(StrEnum):
    """The expected outcome of opening a model."""

    FITS = "fits"
    TIGHT = "tight"
    DOES_NOT_FIT = "does_not_fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Total and free memory of this machine, and the free space on the disk of the models folder, in bytes.

    `processor` is the device that computes without a GPU.
    """

    memory: int
    free_memory: int
    free_disk: int
    processor: ComputeDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryNeed:
    """The terms of the memory estimate, in bytes."""

    weights: int
    head: int
    chats: int
    images: int
    looking: int
    runtime: int

    @property
    def total(self) -> int:
        """Sum of the terms."""
        return self.weights + self.head + self.chats + self.images + self.looking + self.runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A verdict, with the values that it was derived from."""

    verdict: Verdict
    need: MemoryNeed
    machine: Machine


def text_parameters(shape: ModelShape) -> int:
    """Return the number of weights of the text model's linear layers: Q, K, V, output, and the three of SwiGLU."""
    attention = 2 * shape.hidden * shape.head_dim * (shape.heads + shape.kv_heads)
    return shape.layers * (attention + 3 * shape.hidden * shape.intermediate)


def vision_parameters(shape: ModelShape) -> int:
    """Return the number of weights of the vision tower with its mergers, including one for each deepstack layer."""
    width = shape.vision_hidden
    block = 4 * width * width + 2 * width * shape.vision_intermediate
    merged = PATCHES_A_TOKEN * width
    mergers = (1 + shape.deepstack) * (merged * merged + merged * shape.hidden)
    return shape.vision_depth * block + mergers + width * (PATCH_VALUES + VISION_POSITIONS)


def weight_bytes(shape: ModelShape) -> int:
    """Return the size of all weights in the files in bytes, within a percent: norms and biases are not counted."""
    bits = shape.bits + (16 + 4) / shape.group_size if shape.bits < 16 else 16
    embeddings = shape.vocabulary * shape.hidden * (1 if shape.tied_head else 2)
    return round(text_parameters(shape) * bits / 8) + SIXTEEN_BITS * (embeddings + vision_parameters(shape))


def converted_bytes(shape: ModelShape) -> int:
    """Return the size of the copy on the disk in the order of the graphs: 4- and 8-bit layers, and that of the head."""
    return (text_parameters(shape) * shape.bits // 8 if shape.bits < 16 else 0) + _head_bytes(shape)


def _head_bytes(shape: ModelShape) -> int:
    return round(shape.vocabulary * shape.hidden * (4 + 20 / shape.group_size) / 8)


def looking_bytes(patches: int, vision_hidden: int, vision_intermediate: int, number_bytes: int) -> int:
    """Return the memory of the activations of one image in the vision tower, an estimate."""
    return patches * (8 * vision_hidden + 2 * vision_intermediate) * number_bytes


def memory_need(
    shape: ModelShape, device: ComputeDevice, context: int, visual_tokens: int, pixel_budget: int
) -> MemoryNeed:
    """Return the memory for `context` tokens of chats, `visual_tokens` of images, and one image being encoded."""
    number = device.number_bytes
    has_two_orders = device is not ComputeDevice.CPU and shape.bits < 16
    second_order = text_parameters(shape) * shape.bits // 8 if has_two_orders else 0
    patches = pixel_budget // PATCH_PIXELS
    return MemoryNeed(
        weights=weight_bytes(shape) + second_order + (number - SIXTEEN_BITS) * vision_parameters(shape),
        head=_head_bytes(shape),
        chats=2 * shape.layers * shape.kv_heads * shape.head_dim * number * context,
        images=visual_tokens * shape.hidden * number * (1 + shape.deepstack),
        looking=looking_bytes(patches, shape.vision_hidden, shape.vision_intermediate, number),
        runtime=device.runtime_bytes,
    )


def fits(need: MemoryNeed, machine: Machine) -> Fit:
    """Judge whether the need is met by the free memory, only after closing other programs, or not at all."""
    if need.total <= COMFORTABLE * machine.free_memory:
        verdict = Verdict.FITS
    elif need.total <= COMFORTABLE * machine.memory:
        verdict = Verdict.TIGHT
    else:
        verdict = Verdict.DOES_NOT_FIT
    return Fit(verdict=verdict, need=need, machine=machine)
