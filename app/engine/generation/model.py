"""An open model and everything that answers with it: what stands between a conversation and the runtime."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.domain.chat import Role, Turn
from app.domain.discreet_log import kind_of
from app.domain.engine_status import Stage
from app.domain.generation import (
    DEMO_DECLINES,
    DEMO_NAME,
    AnswerStats,
    FinishReason,
    GenerationOptions,
    LoadOptions,
    ModelInfo,
)
from app.domain.model_catalog import shown_name
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.generation.generate import Listener, generate
from app.engine.generation.image_memory import ImageMemory, PromptImage
from app.engine.generation.prompt import Clip, Grid, Prompt, build_prompt
from app.engine.generation.session_cache import SessionCache, StageCallback
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.imaging.open_video import is_video
from app.engine.runtimes.choose import Choice, Choose
from app.engine.runtimes.port import DecoderRuntime
from app.paths import DEMO_MODEL

_log = logging.getLogger(__name__)
DEMO_TOKENS = 256
"""More than any answer that it was taught."""
DEMO_SURENESS = 0.7
"""Of what it was taught, 99 of 100 answers stay above; of photos, receipts and other scripts nearly none."""


@dataclass(frozen=True, slots=True)
class Model:
    """Answers conversations, and reads them ahead."""

    info: ModelInfo
    session: SessionCache
    _checkpoint: Checkpoint
    _tokenizer: ChatTokenizer
    _images: ImageMemory

    @classmethod
    def load(
        cls,
        checkpoint: Checkpoint,
        tokenizer: ChatTokenizer,
        choose: Choose,
        options: LoadOptions,
        stage: StageCallback,
        check: CancelCheck,
    ) -> "Model":
        """Load a checkpoint into the runtime that `choose` finds."""
        stage(Stage.LOADING, 0.0)
        choice, runtime = _opened(choose(options), checkpoint, options, partial(stage, Stage.LOADING), check)
        images = ImageMemory(checkpoint.config.vision, checkpoint.preprocessor, options.remembered_visual_tokens)
        is_demo = checkpoint.folder.resolve() == DEMO_MODEL
        info = ModelInfo(
            name=DEMO_NAME if is_demo else shown_name(checkpoint.folder.resolve()),
            folder=str(checkpoint.folder),
            scheme=checkpoint.scheme,
            device=choice.device,
            device_reason=choice.reason,
            context_length=runtime.capacity,
            is_demo=is_demo,
        )
        session = SessionCache(runtime, images, checkpoint.config.image_token)
        return cls(info, session, checkpoint, tokenizer, images)

    def answer(
        self, turns: Sequence[Turn], image_texts: Sequence[str], options: GenerationOptions, listener: Listener
    ) -> tuple[FinishReason, AnswerStats]:
        """Continue `turns`; `listener` hears the answer, or its rest where the last turn is an answer's beginning.

        `image_texts` may be repeated by it, which then takes less time.
        """
        has_images = any(turn.images for turn in turns)
        listener.stage(Stage.LOOKING if has_images else Stage.THINKING, 0.0)
        goes_on = turns[-1].role is Role.ASSISTANT
        prompt, images = self._prompt(turns, options, listener.check, is_unfinished=goes_on)
        sampling = options.sampling or self._checkpoint.sampling
        familiar = tuple(token for text in image_texts for token in self._tokenizer.encode(text))
        prompt = replace(prompt, familiar=familiar)
        most = options.max_new_tokens
        if self.info.is_demo:
            listener = replace(listener, least_sureness=DEMO_SURENESS, otherwise=DEMO_DECLINES)
            most = min(most, DEMO_TOKENS)
        return generate(self.session, self._tokenizer, prompt, images, sampling, most, listener)

    @property
    def seconds_per_visual_token(self) -> float:
        """What the last images took; 0 while that is not known."""
        return self.session.seconds_per_visual_token

    def prepare(
        self, turns: Sequence[Turn], options: GenerationOptions, stage: StageCallback, check: CancelCheck
    ) -> None:
        """Read `turns` but for the last one's text; nothing where they are too long, which the answer will say."""
        prompt, images = self._prompt(turns, options, check, is_unfinished=True)
        if len(prompt.token_ids) < self.session.capacity:
            self.session.prefill(prompt, images, 0, stage, check)

    def _prompt(
        self, turns: Sequence[Turn], options: GenerationOptions, check: CancelCheck, *, is_unfinished: bool
    ) -> tuple[Prompt, list[PromptImage]]:
        images: list[PromptImage] = []
        grids: list[Grid | Clip] = []
        for image in (image for turn in turns for image in turn.images):
            check()
            path, budget = Path(image.path), image.pixel_budget or options.pixel_budget
            if is_video(path):
                clip = self._images.open_clip(path, budget, options.clip_frames, check)
                images += [part for _, part in clip.parts]
                grids.append(Clip(tuple((seconds, part.grid_thw) for seconds, part in clip.parts)))
            else:
                images.append(self._images.open(path, budget))
                grids.append(images[-1].grid_thw)
        config = self._checkpoint.config
        return build_prompt(turns, grids, self._tokenizer, config, is_unfinished=is_unfinished), images


def _opened(
    choice: Choice, checkpoint: Checkpoint, options: LoadOptions, progress: ProgressCallback, check: CancelCheck
) -> tuple[Choice, DecoderRuntime]:
    """The runtime that was chosen, or the CPU's where a card fails: it may be too small, or its driver too old."""
    try:
        return choice, choice.open(checkpoint, options, progress, check)
    except (RuntimeError, MemoryError) as error:
        if choice.otherwise is None:
            raise
        reason = "has too little memory" if isinstance(error, MemoryError) else "could not be used"
        _log.warning("%s %s: %s", choice.device, reason, kind_of(error))
    options = replace(options, graphics_card=False)
    instead = replace(choice.otherwise(options), reason=f"{choice.device} {reason}")
    return instead, instead.open(checkpoint, options, progress, check)
