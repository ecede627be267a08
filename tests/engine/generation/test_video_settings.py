"""Videos as a model was trained to see them, by its own settings."""

from pathlib import Path

from app.domain.images.video_frames import VideoLimits
from app.domain.ports import NEVER_CANCELLED
from app.engine.checkpoints.preprocessor import Preprocessor, VideoPreprocessor
from app.engine.generation.vision_cache import VisionFeatureCache
from tests.engine.generation.test_image_patches import VISION
from tests.support.videos import make_video


def test_a_model_sees_as_many_frames_and_pixels_as_its_settings_say(tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.mp4")
    limits = VideoLimits(max_frames=2, max_pixels=20_480)
    own = Preprocessor(videos=VideoPreprocessor(limits=limits, mean=(0.0, 0.0, 0.0)))
    plain, limited = (
        VisionFeatureCache(VISION, settings, 0).open_video(video, 2**20, 16, NEVER_CANCELLED).parts
        for settings in (Preprocessor(), own)
    )
    assert (len(plain), len(limited)) == (3, 1)
    assert (plain[0][1].grid_thw, limited[0][1].grid_thw) == ((1, 8, 10), (1, 4, 6))
    assert plain[0][1].load().pixels.min() < 0 <= limited[0][1].load().pixels.min()
