"""How much memory a model takes, and whether this machine has it. Every term is in bytes and can be shown.

The formulas count what the runtimes hold:

* weights: the text model's linear layers at `bits` each, with a 16-bit scale and 4 bits of zero-point for each group;
  embeddings and a head that is not tied in 16 bits, the vision tower in those that the device computes in; a graphics
  card holds 4-bit layers in two orders, for short passes and for long ones;
* head: a 4-bit copy of the output head, which chooses the candidates;
* chats: keys and values, 2 x layers x KV heads x head size numbers for each token of the context;
* images: what the vision tower found, its deepstack layers included, for each visual token remembered;
* looking: activations of one image in the vision tower, an estimate: eight times its width and twice that of its inner
  layer for each patch;
* runtime: the process itself with its libraries, an estimate.

Numbers have 16 bits, but 32 on a processor that does not compute in 16.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.model_catalog import ModelShape

SIXTEEN_BITS = 2
PATCHES_A_TOKEN = 4
PATCH_PIXELS = 16 * 16
PATCH_VALUES = 3 * 2 * PATCH_PIXELS
VISION_POSITIONS = 2304
COMFORTABLE = 0.9
"""Of the memory that is free, or that there is: the rest of the system moves, too."""


class Device(StrEnum):
    """What computes."""

    PROCESSOR = "processor"
    PROCESSOR_IN_32_BITS = "processor_in_32_bits"
    GRAPHICS_CARD = "graphics_card"

    @property
    def number_bytes(self) -> int:
        """Of a number that it computes with."""
        return 4 if self is Device.PROCESSOR_IN_32_BITS else SIXTEEN_BITS

    @property
    def runtime_bytes(self) -> int:
        """Of the process itself."""
        return (600 if self is Device.GRAPHICS_CARD else 400) * 1000**2


class Verdict(StrEnum):
    """What is to be expected."""

    FITS = "fits"
    TIGHT = "tight"
    DOES_NOT_FIT = "does_not_fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Memory of this machine, all of it and what is free now, and the room on the disk of the models folder; bytes.

    `processor` is what answers without a graphics card.
    """

    memory: int
    free_memory: int
    free_disk: int
    processor: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryNeed:
    """The terms, in bytes."""

    weights: int
    head: int
    chats: int
    images: int
    looking: int
    runtime: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.weights + self.head + self.chats + self.images + self.looking + self.runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The verdict, with what it was made of."""

    verdict: Verdict
    need: MemoryNeed
    machine: Machine


def text_parameters(shape: ModelShape) -> int:
    """Weights of the text model's linear layers: queries, keys, values, output, and the three of SwiGLU."""
    attention = 2 * shape.hidden * shape.head_dim * (shape.heads + shape.kv_heads)
    return shape.layers * (attention + 3 * shape.hidden * shape.intermediate)


def vision_parameters(shape: ModelShape) -> int:
    """Weights of the vision tower with its mergers, one of them for each deepstack layer besides."""
    width = shape.vision_hidden
    block = 4 * width * width + 2 * width * shape.vision_intermediate
    merged = PATCHES_A_TOKEN * width
    mergers = (1 + shape.deepstack) * (merged * merged + merged * shape.hidden)
    return shape.vision_depth * block + mergers + width * (PATCH_VALUES + VISION_POSITIONS)


def weight_bytes(shape: ModelShape) -> int:
    """All weights as they lie in the files, within a percent: norms and biases are not counted."""
    bits = shape.bits + (16 + 4) / shape.group_size if shape.bits < 16 else 16
    embeddings = shape.vocabulary * shape.hidden * (1 if shape.tied_head else 2)
    return round(text_parameters(shape) * bits / 8) + SIXTEEN_BITS * (embeddings + vision_parameters(shape))


def memory_need(shape: ModelShape, device: Device, context: int, visual_tokens: int, pixel_budget: int) -> MemoryNeed:
    """What the model takes with `context` tokens of chats, `visual_tokens` of images, one image being looked at."""
    number = device.number_bytes
    has_two_orders = device is Device.GRAPHICS_CARD and shape.bits < 16
    second_order = text_parameters(shape) * shape.bits // 8 if has_two_orders else 0
    patches = pixel_budget // PATCH_PIXELS
    return MemoryNeed(
        weights=weight_bytes(shape) + second_order + (number - SIXTEEN_BITS) * vision_parameters(shape),
        head=round(shape.vocabulary * shape.hidden * (4 + 20 / shape.group_size) / 8),
        chats=2 * shape.layers * shape.kv_heads * shape.head_dim * number * context,
        images=visual_tokens * shape.hidden * number * (1 + shape.deepstack),
        looking=patches * (8 * shape.vision_hidden + 2 * shape.vision_intermediate) * number,
        runtime=device.runtime_bytes,
    )


def fits(need: MemoryNeed, machine: Machine) -> Fit:
    """Whether the need is met by what is free now, only by closing other programs, or not at all."""
    if need.total <= COMFORTABLE * machine.free_memory:
        verdict = Verdict.FITS
    elif need.total <= COMFORTABLE * machine.memory:
        verdict = Verdict.TIGHT
    else:
        verdict = Verdict.DOES_NOT_FIT
    return Fit(verdict=verdict, need=need, machine=machine)
