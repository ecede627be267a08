"""An open model, with everything between a conversation and the runtime."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.domain.chat.chat import Role, Turn
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.engine_status import Stage
from app.domain.models.model_catalog import model_display_name
from app.domain.models.model_info import ModelInfo
from app.domain.ports import CancelCheck, ProgressCallback
from app.domain.redacting_log import kind_of
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.answering import GenerationCallbacks, StageCallback
from app.engine.checkpoints.model_policy import policy_of
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.generation.constraint import NO_CONSTRAINT, Constraints
from app.engine.generation.disk_cache import DiskCache, model_fingerprint
from app.engine.generation.disk_cache_writer import DiskCacheWriter, KeptChat
from app.engine.generation.generate import generate
from app.engine.generation.prefix_cache import PrefixCache, TooLittleMemoryError
from app.engine.generation.prompt import Grid, Prompt, VideoGrid, build_prompt
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.generation.vision_cache import PromptImage, VisionFeatureCache
from app.engine.imaging.open_video import is_video
from app.engine.process.messages import UseDiskCache
from app.engine.runtimes.port import DecoderRuntime
from app.engine.runtimes.registry import Choice, Choose, safer_options

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Model:
    """Answers conversations, and prefills them in advance."""

    info: ModelInfo
    session: PrefixCache
    _checkpoint: Checkpoint
    _tokenizer: ChatTokenizer
    _images: VisionFeatureCache
    _runtime: DecoderRuntime
    _constraints: Constraints
    safer: LoadOptions | None = None
    """Options for the next safer precision, if this one's numbers turn out not to be finite; None if it is the last."""

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
        """Load a checkpoint into the runtime that `choose` selects."""
        stage(Stage.LOADING, 0.0)
        choice, runtime = _open_runtime(choose(options), checkpoint, options, partial(stage, Stage.LOADING), check)
        images = VisionFeatureCache(checkpoint.config.vision, checkpoint.preprocessor, options.remembered_visual_tokens)
        policy = policy_of(checkpoint.folder)
        info = ModelInfo(
            name=policy.name or model_display_name(checkpoint.folder.resolve()),
            folder=str(checkpoint.folder),
            scheme=checkpoint.scheme,
            device=choice.device,
            device_reason=choice.reason,
            context_length=runtime.capacity,
            policy=policy,
        )
        session = PrefixCache(runtime, images, checkpoint.config.visual_tokens)
        constraints = Constraints(tokenizer, checkpoint.config.text.vocab_size)
        return cls(info, session, checkpoint, tokenizer, images, runtime, constraints, safer_options(options, choice))

    def answer(
        self,
        turns: Sequence[Turn],
        image_texts: Sequence[str],
        options: GenerationOptions,
        callbacks: GenerationCallbacks,
        schema: str = "",
    ) -> tuple[FinishReason, AnswerStats]:
        """Continue `turns`; `callbacks` receive the answer, or its rest if the last turn is the beginning of one.

        If `schema`, a JSON schema, is given, the answer is JSON that matches it, or its beginning if it is stopped.
        `image_texts` are texts that the answer may repeat: they seed draft tokens, and repeating them takes less
        time.
        """
        has_images = any(turn.images for turn in turns)
        callbacks.on_stage(Stage.ENCODING_IMAGE if has_images else Stage.PREFILLING, 0.0)
        is_continued = turns[-1].role is Role.ASSISTANT
        said = turns[-1].text if is_continued else ""
        is_thinking = self._checkpoint.thinks and not said
        constraint = self._constraints.begin(schema, said, is_thinking=is_thinking) if schema else NO_CONSTRAINT
        prompt, images = self._prompt(turns, options, callbacks.check, is_unfinished=is_continued)
        sampling = options.sampling or self._checkpoint.sampling
        lookup_tokens = tuple(token for text in image_texts for token in self._tokenizer.encode(text))
        prompt = replace(prompt, lookup_tokens=lookup_tokens, constraint=constraint)
        policy = self.info.policy
        max_new_tokens = min(options.max_new_tokens, policy.max_new_tokens or options.max_new_tokens)
        callbacks = replace(callbacks, min_confidence=policy.min_confidence, fallback=policy.fallback)
        return generate(self.session, self._tokenizer, prompt, images, sampling, max_new_tokens, callbacks)

    def use_disk_cache(self, settings: UseDiskCache) -> None:
        """Restore what the disk cache has from now on, and let `keep` write to it; not with a budget of 0."""
        fingerprint = model_fingerprint(self._checkpoint, self._runtime)
        disk = DiskCache(settings, fingerprint) if fingerprint and settings.max_bytes else None
        self.session.disk = self._images.disk = disk

    def keep(self, chat: str, turns: Sequence[Turn], options: GenerationOptions, writer: DiskCacheWriter) -> None:
        """Keep the conversation of the last answer, to `turns`, and its images' features on disk for `chat`."""
        if self.session.disk is None:
            return
        images = (image for turn in turns for image in turn.images if image.digest)
        keys = [(image.digest, image.pixel_budget or options.pixel_budget) for image in images]
        prefix_keys, read = self.session.current()
        writer.keep(KeptChat(chat, self.session.disk, prefix_keys, read, self._images.cached(keys)))

    @property
    def seconds_per_visual_token(self) -> float:
        """Seconds per visual token of the last images; 0 while unknown."""
        return self.session.seconds_per_visual_token

    def prefill(
        self, turns: Sequence[Turn], options: GenerationOptions, stage: StageCallback, check: CancelCheck
    ) -> None:
        """Prefill `turns` except the last one's text; if they are too long or large, the answer will report it."""
        prompt, images = self._prompt(turns, options, check, is_unfinished=True)
        if len(prompt.token_ids) < self.session.capacity:
            with suppress(TooLittleMemoryError):
                self.session.prefill(prompt, images, 0, stage, check)

    def _prompt(
        self, turns: Sequence[Turn], options: GenerationOptions, check: CancelCheck, *, is_unfinished: bool
    ) -> tuple[Prompt, list[PromptImage]]:
        if self.info.policy.is_placeholder:  # It knows nothing but its own questions.
            turns = [turn for turn in turns if turn.role is not Role.SYSTEM]
        images: list[PromptImage] = []
        grids: list[Grid | VideoGrid] = []
        for image in (image for turn in turns for image in turn.images):
            check()
            path, budget = Path(image.path), image.pixel_budget or options.pixel_budget
            if is_video(path):
                video = self._images.open_video(path, budget, options.clip_frames, check, digest=image.digest)
                images += [part for _, part in video.parts]
                grids.append(VideoGrid(tuple((seconds, part.grid_thw) for seconds, part in video.parts)))
            else:
                images.append(self._images.open(path, budget, image.digest))
                grids.append(images[-1].grid_thw)
        checkpoint = self._checkpoint
        prompt = build_prompt(
            turns, grids, self._tokenizer, checkpoint.config, thinks=checkpoint.thinks, is_unfinished=is_unfinished
        )
        return prompt, images


def _open_runtime(
    choice: Choice, checkpoint: Checkpoint, options: LoadOptions, progress: ProgressCallback, check: CancelCheck
) -> tuple[Choice, DecoderRuntime]:
    """Open the chosen runtime, or the fallback if a GPU fails: it may be too small, or its driver too old."""
    try:
        return choice, choice.open(checkpoint, options, progress, check)
    except (RuntimeError, MemoryError) as error:
        if choice.fallback is None:
            raise
        reason = "has too little memory" if isinstance(error, MemoryError) else "could not be used"
        _log.warning("%s %s: %s", choice.device, reason, kind_of(error))
    options = replace(options, graphics_card=False)
    fallback_choice = replace(choice.fallback(options), reason=f"{choice.device} {reason}")
    return fallback_choice, fallback_choice.open(checkpoint, options, progress, check)
