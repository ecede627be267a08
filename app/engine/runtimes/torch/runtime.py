"""The torch runtime: implements the port on torch's devices."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar, cast

import torch
from torch import Tensor

from app.domain.ports import NEVER_CANCELLED, NO_PROGRESS, CancelCheck, ProgressCallback
from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.runtimes.memory import free_memory
from app.engine.runtimes.port import BoolArray, Bytes, FloatArray, ImagePatches, IntArray, VisionFeatures
from app.engine.runtimes.torch.cuda_graph_runner import CudaGraphRunner
from app.engine.runtimes.torch.devices import Device
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.text_decoder import TextDecoder, VisualInput
from app.engine.runtimes.torch.vision import TorchVisionFeatures, VisionTower
from app.engine.runtimes.torch.weights import Weights, fits_dequantized

_LOADING_SHARE_OF_TEXT = 0.8

P = ParamSpec("P")
R = TypeVar("R")


def _on_device(method: Callable[P, R]) -> Callable[P, R]:
    """Run without autograd, and raise MemoryError for any of the devices' out-of-memory errors."""

    @wraps(method)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with torch.inference_mode():
                return method(*args, **kwargs)
        except torch.OutOfMemoryError as error:
            raise MemoryError(str(error)) from error
        except RuntimeError as error:
            if "allocate memory" in str(error) or "out of memory" in str(error):
                raise MemoryError(str(error)) from error
            raise

    return wrapper


class TorchRuntime:
    """Implements `DecoderRuntime` (see its docstrings) for the devices of torch."""

    @_on_device
    def __init__(
        self,
        device: Device,
        checkpoint: Checkpoint,
        options: LoadOptions,
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> None:
        self._device = device
        self.cache_tokens = options.cache_tokens
        """Maximum number of tokens of all sequences together."""
        self._config = checkpoint.config
        self.cache_format = f"torch {torch.__version__} {device.name} {device.dtype}"
        """Everything but the weights that the numbers in the KV cache and the features depend on."""
        weights = Weights(checkpoint, device, keep_dequantized=fits_dequantized(checkpoint, device, options))
        text_share = _LOADING_SHARE_OF_TEXT
        self._text = TextDecoder(weights, checkpoint.config, lambda part: progress(part * text_share), check)
        self._vision = VisionTower(
            weights, checkpoint.config.vision, lambda part: progress(text_share + part * (1 - text_share)), check
        )

    @property
    def capacity(self) -> int:
        """Maximum number of tokens of one sequence."""
        return min(self._config.text.max_positions, self.cache_tokens)

    def free_memory(self) -> int:
        """Return the bytes that the device can still give."""
        return (self._device.free_memory or free_memory)()

    def image_memory(self, patches: int) -> int:
        """Return the bytes that an image of so many patches takes, an estimate."""
        return self._vision.memory(patches)

    @_on_device
    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> VisionFeatures:
        """Run the vision tower on one image."""
        return self._vision.encode(torch.from_numpy(patches.pixels), patches.grid_thw, progress, check)

    @_on_device
    def features_from(self, data: Bytes, visual_tokens: int) -> VisionFeatures:
        """Return the features that `to_bytes` returned."""
        return self._vision.features_from(data, visual_tokens)

    def open_sequence(self) -> "TorchSequence":
        """Open an empty sequence."""
        cache = KvCache(self._config.text, self.capacity, self._device.device, self._device.dtype)
        graph_runner = CudaGraphRunner(self._text, cache, self._device.capture) if self._device.capture else None
        return TorchSequence(self._text, cache, graph_runner, self._config.visual_tokens)


class TorchSequence:
    """Implements `DecoderSequence` (see its docstrings)."""

    def __init__(
        self,
        text: TextDecoder,
        cache: KvCache,
        graph_runner: CudaGraphRunner | None,
        visual_tokens: tuple[int, int],
    ) -> None:
        self._text = text
        self._cache = cache
        self._graph_runner = graph_runner
        self._visual_tokens = visual_tokens

    @property
    def length(self) -> int:
        """Number of tokens in the KV cache."""
        return self._cache.length

    @property
    def allocated_tokens(self) -> int:
        """Number of tokens for which memory is allocated."""
        return self._cache.allocated_tokens

    def memory_to_hold(self, length: int) -> int:
        """Return the bytes that the KV cache must still take for `length` tokens."""
        return self._cache.memory_to_hold(length)

    @_on_device
    def prefill(
        self,
        token_ids: IntArray,
        positions: IntArray,
        features: Sequence[VisionFeatures],
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> FloatArray:
        """Append a prompt and return its last token's logits [V]."""
        tokens = torch.from_numpy(token_ids).to(self._text.embedding.device)
        embeddings = self._text.embedding[tokens]
        visual = None
        if features:
            image_features = [cast(TorchVisionFeatures, feature) for feature in features]
            is_visual = torch.isin(tokens, torch.tensor(self._visual_tokens, device=tokens.device))
            image_positions = is_visual.nonzero()[:, 0]
            embeddings[image_positions] = torch.cat([feature.embeddings for feature in image_features])
            levels = zip(*(feature.deepstack for feature in image_features), strict=True)
            visual = VisualInput(image_positions, [torch.cat(level) for level in levels])
        normed = self._forward(embeddings, positions, visual, progress, check)
        return _to_numpy(self._text.logits(normed[-1:])[0])

    def _forward(
        self,
        embeddings: Tensor,
        positions: IntArray,
        visual: VisualInput | None,
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> Tensor:
        """Append a prompt in as many passes as its attention takes; return the last one's normed hidden states."""
        before, count = self._cache.length, len(embeddings)
        normed = embeddings[:0]
        try:
            for begin in range(0, count, size := self._text.prefill_tokens or count):
                end = min(begin + size, count)
                part = visual.part(begin, end) if visual else None

                def shown(share: float, begin: int = begin, end: int = end) -> None:
                    progress((begin + share * (end - begin)) / count)

                tokens = embeddings[begin:end]
                normed = self._text.forward(tokens, positions[:, begin:end], self._cache, part, shown, check)
        except BaseException:
            self._cache.length = before
            raise
        return normed

    @_on_device
    def step(self, token_ids: IntArray, positions: IntArray, allowed: BoolArray | None = None) -> FloatArray:
        """Append a few text tokens [T] and return the logits of each [T, V]."""
        if self._graph_runner and self._graph_runner.fits(len(token_ids)):
            return self._graph_runner(token_ids, positions, allowed)
        embeddings = self._text.embedding[torch.from_numpy(token_ids).to(self._text.embedding.device)]
        normed = self._text.forward(embeddings, positions, self._cache, None, NO_PROGRESS, NEVER_CANCELLED)
        mask = None if allowed is None else torch.from_numpy(allowed).to(normed.device)
        return _to_numpy(self._text.logits(normed, mask))

    def truncate(self, length: int) -> None:
        """Drop everything after the first `length` tokens."""
        if not 0 <= length <= self._cache.length:
            raise ValueError(f"cannot cut a cache of {self._cache.length} tokens to {length}")
        self._cache.length = length

    @_on_device
    def reserve(self, length: int) -> None:
        """Take memory for `length` tokens at once."""
        self._cache.reserve(length)

    @_on_device
    def read(self, start: int, end: int) -> Bytes:
        """Return the keys and values of the tokens from `start` up to `end`, uint8 [N]."""
        return self._cache.read(start, end)

    @_on_device
    def restore(self, start: int, end: int, data: Bytes) -> None:
        """Put what `read` returned in place of everything after the first `start` tokens."""
        self._cache.restore(start, end, data)


def _to_numpy(logits: Tensor) -> FloatArray:
    array: FloatArray = logits.cpu().numpy()
    return array
