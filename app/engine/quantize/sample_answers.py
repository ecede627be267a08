"""Answers of a model folder to a few questions, by the application's own engine, to be read side by side."""

from collections.abc import Sequence
from pathlib import Path

from app.domain.chat import Role, SeenImage, Turn
from app.domain.doubt import Piece
from app.domain.engine_status import Stage
from app.domain.generation import GREEDY, LoadOptions
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.generation.generate import Listener, generate
from app.engine.generation.image_memory import ImageMemory
from app.engine.generation.prompt import build_prompt
from app.engine.generation.session_cache import SessionCache
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.runtimes.torch.devices import choose_device
from app.engine.runtimes.torch.runtime import TorchRuntime

MAX_NEW_TOKENS, PIXEL_BUDGET = 64, 512 * 512


def answer_all(checkpoint: Checkpoint, questions: Sequence[tuple[str, Path | None]]) -> list[str]:
    """The greedy answers to `questions`, each about an image or none, cut off after 64 tokens."""
    tokenizer = ChatTokenizer(checkpoint)
    runtime = TorchRuntime(choose_device(), checkpoint, LoadOptions(), _ignore, _go_on)
    memory = ImageMemory(checkpoint.config.vision, checkpoint.preprocessor, most_tokens=0)
    session = SessionCache(runtime, memory, checkpoint.config.image_token)
    answers = []
    for question, image in questions:
        images = [memory.open(image, PIXEL_BUDGET)] if image else []
        turn = Turn(Role.USER, question, (SeenImage(str(image)),) if image else ())
        prompt = build_prompt([turn], [seen.grid_thw for seen in images], tokenizer, checkpoint.config)
        said: list[Piece] = []
        listener = Listener(_ignore_stage, said.append, _go_on)
        generate(session, tokenizer, prompt, images, GREEDY, MAX_NEW_TOKENS, listener)
        answers.append("".join(piece.text for piece in said))
    return answers


def _ignore(part: float) -> None:
    """The answers come soon enough."""


def _ignore_stage(stage: Stage, part: float) -> None:
    """The answers come soon enough."""


def _go_on() -> None:
    """Ctrl+C interrupts the command by itself."""
