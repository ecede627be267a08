"""Cache of vision features: no image is encoded twice while it is cached."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.domain.ids import Digest
from app.domain.images.video_frames import frame_count, seen_frame_size
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import VisionConfig
from app.engine.checkpoints.preprocessor import Preprocessor
from app.engine.generation.disk_cache import DiskCache
from app.engine.generation.image_patches import check_aspect_ratio, load_patches, video_patches
from app.engine.imaging.open_image import check_file, unreadable
from app.engine.imaging.open_video import sample_frames, video_facts
from app.engine.process.descriptor_passing import open_to_read
from app.engine.runtimes.port import DecoderRuntime, ImagePatches, VisionFeatures
from app.regular_files import sha256_of

ImageKey = tuple[str, int]
"""The SHA-256 of an image file, and the pixel budget with which it is encoded."""


@dataclass(frozen=True, slots=True)
class PromptImage:
    """An image of a prompt. `load` returns its patches, which are not needed while its features are cached."""

    key: ImageKey
    grid_thw: tuple[int, int, int]
    load: Callable[[], ImagePatches]


@dataclass(frozen=True, slots=True)
class PromptVideo:
    """A video: times in seconds, and the images that represent the frames around them."""

    parts: tuple[tuple[float, PromptImage], ...]


class VisionFeatureCache:
    """Caches the vision features of the most recently used images, up to `max_tokens` visual tokens.

    8192 tokens take a quarter of a gigabyte with a model of 2B parameters and three levels of deepstack.
    """

    def __init__(self, vision: VisionConfig, preprocessor: Preprocessor, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._vision = vision
        self._preprocessor = preprocessor
        self._grids: dict[ImageKey, tuple[int, int, int]] = {}
        self._videos: dict[tuple[str, int, int], PromptVideo] = {}
        self._features: OrderedDict[ImageKey, VisionFeatures] = OrderedDict()
        self.disk: DiskCache | None = None

    def open(self, path: Path, pixel_budget: int, digest: Digest | None = None) -> PromptImage:
        """Open the image at `path`; `digest` is its SHA-256 if known. Raises ImageError."""
        key = (digest or _digest(path), pixel_budget)

        def load() -> ImagePatches:
            return load_patches(path, self._vision, self._preprocessor, pixel_budget)

        if key in self._grids:
            return PromptImage(key, self._grids[key], load)
        patches = load()
        self._grids[key] = patches.grid_thw
        return PromptImage(key, patches.grid_thw, lambda: patches)

    def open_video(
        self, path: Path, pixel_budget: int, max_frames: int, check: CancelCheck, *, digest: Digest | None = None
    ) -> PromptVideo:
        """Open a video whose pairs of frames are to have at most `pixel_budget` pixels together. Raises ImageError."""
        digest = digest or _digest(path)
        name = (digest, pixel_budget, max_frames)
        frames_per_group, settings = self._vision.temporal_patch_size, self._preprocessor.videos
        if name not in self._videos:
            facts = video_facts(path)
            check_aspect_ratio(path, facts.width, facts.height)
            frames = sample_frames(path, frame_count(facts.seconds, max_frames, settings.limits), check)
            count = len(frames)
            size = seen_frame_size(facts.width, facts.height, count, pixel_budget, settings.limits)
            parts = []
            for start in range(0, count, frames_per_group):
                group = frames[start : start + frames_per_group]
                pictures = [picture for _, picture in group]
                patches = video_patches(pictures, size, self._vision, settings)
                # The key includes the split: the same frames grouped otherwise give other features.
                part = hashlib.sha256(f"{digest} {count} {start}".encode()).hexdigest()
                middle = (group[0][0] + group[-1][0]) / 2
                parts.append((middle, PromptImage((part, pixel_budget), patches.grid_thw, partial(_identity, patches))))
            self._videos.clear()  # Patches take memory; only the last video is asked about repeatedly.
            self._videos[name] = PromptVideo(tuple(parts))
        return self._videos[name]

    def has_features(self, image: PromptImage) -> bool:
        """Return whether `features` need not run the vision tower."""
        return image.key in self._features or (self.disk is not None and self.disk.has_features(*image.key))

    def cached(self, keys: Iterable[ImageKey]) -> list[tuple[ImageKey, VisionFeatures]]:
        """Return the features that are in memory, of images with these keys."""
        return [(key, features) for key in keys if (features := self._features.get(key))]

    def features(
        self, image: PromptImage, runtime: DecoderRuntime, progress: ProgressCallback, check: CancelCheck
    ) -> VisionFeatures:
        """Return the features of `image`, encoding it if they are not cached."""
        features = self._features.get(image.key)
        if features is None:
            features = self._stored(image, runtime) or runtime.encode_image(image.load(), progress, check)
            self._features[image.key] = features
        self._features.move_to_end(image.key)
        while len(self._features) > 1 and self._visual_tokens() > self._max_tokens:
            self._features.popitem(last=False)
        return features

    def _stored(self, image: PromptImage, runtime: DecoderRuntime) -> VisionFeatures | None:
        """Return the features that the disk cache has of an image."""
        stored = self.disk.features(*image.key) if self.disk else None
        if stored is None:
            return None
        try:
            return runtime.features_from(*stored)
        except ValueError:  # Of another size: they are not those of this runtime, whatever the file says.
            return None

    def _visual_tokens(self) -> int:
        return sum(features.visual_tokens for features in self._features.values())


def _identity(patches: ImagePatches) -> ImagePatches:
    return patches


def _digest(path: Path) -> Digest:
    check_file(path)
    try:
        with open_to_read(path) as file:
            return Digest(sha256_of(file))
    except OSError as error:
        raise unreadable(path) from error
