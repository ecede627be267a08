"""Generates a model folder's answers to a few questions with the application's own engine, for comparison."""

from collections.abc import Sequence
from pathlib import Path

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.ports import NEVER_CANCELLED, NO_PROGRESS
from app.domain.settings.generation_options import GREEDY
from app.domain.settings.load_options import LoadOptions
from app.domain.text.confidence import TextDelta
from app.engine.answering import NO_STAGE, GenerationCallbacks
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.generation.generate import generate
from app.engine.generation.prefix_cache import PrefixCache
from app.engine.generation.prompt import build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.generation.vision_cache import VisionFeatureCache
from app.engine.runtimes.torch.devices import choose_device
from app.engine.runtimes.torch.runtime import TorchRuntime

MAX_NEW_TOKENS, PIXEL_BUDGET = 64, 512 * 512


def answer_all(checkpoint: Checkpoint, questions: Sequence[tuple[str, Path | None]]) -> list[str]:
    """Return the greedy answers to `questions`, each about an image or none, cut off after 64 tokens.

    They are without the reasoning of a thinking model, which is not greedy: see `generate`.
    """
    tokenizer = ChatTokenizer(checkpoint)
    runtime = TorchRuntime(choose_device(), checkpoint, LoadOptions(), NO_PROGRESS, NEVER_CANCELLED)
    images_cache = VisionFeatureCache(checkpoint.config.vision, checkpoint.preprocessor, max_tokens=0)
    session = PrefixCache(runtime, images_cache, checkpoint.config.visual_tokens)
    answers = []
    for question, image in questions:
        images = [images_cache.open(image, PIXEL_BUDGET)] if image else []
        turn = Turn(Role.USER, question, (SeenImage(str(image)),) if image else ())
        grids = [seen.grid_thw for seen in images]
        prompt = build_prompt([turn], grids, tokenizer, checkpoint.config, thinks=checkpoint.thinks)
        deltas: list[TextDelta] = []
        callbacks = GenerationCallbacks(NO_STAGE, deltas.append, NEVER_CANCELLED)
        generate(session, tokenizer, prompt, images, GREEDY, MAX_NEW_TOKENS, callbacks)
        answers.append("".join(delta.text for delta in deltas))
    return answers
