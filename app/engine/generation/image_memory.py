"""The images of the last questions, as the vision tower saw them: no image is encoded twice while it is remembered."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.domain.clips import frame_budget, frame_count
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import VisionConfig
from app.engine.checkpoints.preprocessor import Preprocessor
from app.engine.generation.image_patches import clip_patches, load_patches
from app.engine.imaging.open_image import check_file, unreadable
from app.engine.imaging.open_video import sample_frames, video_facts
from app.engine.runtimes.port import DecoderRuntime, ImagePatches, VisionFeatures

ImageKey = tuple[str, int]
"""The SHA-256 of an image file, and the pixel budget that it is seen with."""


@dataclass(frozen=True, slots=True)
class PromptImage:
    """An image of a prompt. `load` gives its patches, which are not needed where it is remembered."""

    key: ImageKey
    grid_thw: tuple[int, int, int]
    load: Callable[[], ImagePatches]


@dataclass(frozen=True, slots=True)
class SeenClip:
    """A film: times in seconds, and the images that stand for the frames around them."""

    parts: tuple[tuple[float, PromptImage], ...]


class ImageMemory:
    """Remembers what a runtime made of images, the last `most_tokens` of them.

    8192 take a quarter of a gigabyte with a model of 2B parameters and three levels of deepstack.
    """

    def __init__(self, vision: VisionConfig, preprocessor: Preprocessor, most_tokens: int) -> None:
        self._most_tokens = most_tokens
        self._vision = vision
        self._preprocessor = preprocessor
        self._grids: dict[ImageKey, tuple[int, int, int]] = {}
        self._clips: dict[tuple[str, int, int], SeenClip] = {}
        self._features: OrderedDict[ImageKey, VisionFeatures] = OrderedDict()

    def open(self, path: Path, pixel_budget: int) -> PromptImage:
        """The image at `path`. Raises ImageError."""
        key = (_digest(path), pixel_budget)

        def load() -> ImagePatches:
            return load_patches(path, self._vision, self._preprocessor, pixel_budget)

        if key in self._grids:
            return PromptImage(key, self._grids[key], load)
        patches = load()
        self._grids[key] = patches.grid_thw
        return PromptImage(key, patches.grid_thw, lambda: patches)

    def open_clip(self, path: Path, pixel_budget: int, most_frames: int, check: CancelCheck) -> SeenClip:
        """The film at `path`, which may have `pixel_budget` pixels in all its frames. Raises ImageError."""
        digest = _digest(path)
        name = (digest, pixel_budget, most_frames)
        together = self._vision.temporal_patch_size
        if name not in self._clips:
            count = frame_count(video_facts(path).seconds, most_frames)
            frames = sample_frames(path, count, check)
            budget = frame_budget(count, pixel_budget)
            parts = []
            for start in range(0, count, together):
                group = frames[start : start + together]
                pictures = [picture for _, picture in group]
                patches = clip_patches(pictures, self._vision, self._preprocessor, budget)
                # What a model saw of a group is not what it saw of the same frames in a film cut up otherwise.
                part = hashlib.sha256(f"{digest} {count} {start}".encode()).hexdigest()
                middle = (group[0][0] + group[-1][0]) / 2
                parts.append((middle, PromptImage((part, pixel_budget), patches.grid_thw, partial(_same, patches))))
            self._clips.clear()  # Their patches take room; only the last film is asked about again and again.
            self._clips[name] = SeenClip(tuple(parts))
        return self._clips[name]

    def remembers(self, image: PromptImage) -> bool:
        """Whether `features` need not run the vision tower."""
        return image.key in self._features

    def features(
        self, image: PromptImage, runtime: DecoderRuntime, progress: ProgressCallback, check: CancelCheck
    ) -> VisionFeatures:
        """What the vision tower makes of `image`, or has made of it."""
        found = self._features.get(image.key)
        if found is None:
            found = runtime.encode_image(image.load(), progress, check)
            self._features[image.key] = found
        self._features.move_to_end(image.key)
        while len(self._features) > 1 and self._visual_tokens() > self._most_tokens:
            self._features.popitem(last=False)
        return found

    def _visual_tokens(self) -> int:
        return sum(features.visual_tokens for features in self._features.values())


def _same(patches: ImagePatches) -> ImagePatches:
    return patches


def _digest(path: Path) -> str:
    check_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path) from error
