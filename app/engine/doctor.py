"""Examines a model: what it is, and whether one forward pass gives numbers that are finite."""

import time
from dataclasses import dataclass
from pathlib import Path

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.models.model_catalog import ModelShape, model_display_name
from app.domain.models.model_fit import text_parameters, vision_parameters
from app.domain.ports import NEVER_CANCELLED
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.domain.text.confidence import TextDelta
from app.engine.answering import NO_STAGE, GenerationCallbacks
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.model import Model
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.registry import Choose, choose_runtime

SIXTEEN_BITS = 16
QUESTION = "Describe this image."
PIXELS = 256 * 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A model that opens. `packing` is empty, and `group` 0, for 16-bit weights; `file_bytes` counts its tensors.

    `group` is the number of weights with one scale, -1 for whole columns.
    """

    name: str
    parameters: int
    scheme: str
    packing: str
    bits: int
    group: int
    is_symmetric: bool
    has_tied_head: bool
    thinks: bool
    context_length: int
    file_bytes: int
    shape: ModelShape


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardPass:
    """A pass whose numbers were finite: where it ran, and why there; `seconds` are those after the model was opened."""

    device: str
    device_reason: str
    seconds: float


def describe(path: Path) -> Description:
    """Describe the model in a folder or a GGUF file. Raises CheckpointError if it cannot be opened."""
    checkpoint = open_checkpoint(path)
    ChatTokenizer(checkpoint)
    shape, quantization = _shape(checkpoint), checkpoint.quantization
    embeddings = shape.vocabulary * shape.hidden * (1 if shape.tied_head else 2)
    return Description(
        name=model_display_name(checkpoint.folder.resolve()),
        parameters=text_parameters(shape) + vision_parameters(shape) + embeddings,
        scheme=checkpoint.scheme,
        packing=quantization.packing if quantization else "",
        bits=shape.bits,
        group=quantization.group_size if quantization else 0,
        is_symmetric=quantization.is_symmetric if quantization else True,
        has_tied_head=shape.tied_head,
        thinks=checkpoint.thinks,
        context_length=checkpoint.config.text.max_positions,
        file_bytes=sum(entry.end - entry.begin for entry in checkpoint.tensors.entries.values()),
        shape=shape,
    )


def try_forward_pass(path: Path, image: Path, options: LoadOptions, choose: Choose = choose_runtime) -> ForwardPass:
    """Open a model and have it look at `image` and predict one token.

    Raises CheckpointError, or EngineError if the features or the logits are not finite: what is NaN or infinite in the
    features is so in the logits, which depend on each of them.
    """
    checkpoint = open_checkpoint(path)
    model = Model.load(checkpoint, ChatTokenizer(checkpoint), choose, options, NO_STAGE, NEVER_CANCELLED)
    turn = Turn(Role.USER, QUESTION, (SeenImage(str(image)),))
    asked = GenerationOptions(max_new_tokens=1, pixel_budget=PIXELS, sampling=GREEDY)
    started = time.perf_counter()
    model.answer((turn,), (), asked, GenerationCallbacks(NO_STAGE, _ignore, NEVER_CANCELLED))
    seconds = time.perf_counter() - started
    return ForwardPass(device=model.info.device, device_reason=model.info.device_reason, seconds=seconds)


def _ignore(_delta: TextDelta) -> None:
    """Drop the token: only its logits count."""


def _shape(checkpoint: Checkpoint) -> ModelShape:
    text, vision, quantization = checkpoint.config.text, checkpoint.config.vision, checkpoint.quantization
    is_grouped = quantization is not None and quantization.group_size > 0
    return ModelShape(
        hidden=text.hidden_size,
        layers=text.layers,
        heads=text.heads,
        kv_heads=text.kv_heads,
        head_dim=text.head_dim,
        intermediate=text.intermediate_size,
        vocabulary=text.vocab_size,
        tied_head=checkpoint.config.tied_embeddings,
        vision_depth=vision.depth,
        vision_hidden=vision.hidden_size,
        vision_intermediate=vision.intermediate_size,
        deepstack=len(vision.deepstack_layers),
        bits=quantization.bits if quantization else SIXTEEN_BITS,
        group_size=quantization.group_size if quantization and is_grouped else text.hidden_size,
    )
