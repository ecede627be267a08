"""Opens a short video that may be broken or hostile, and extracts frames from it.

FFmpeg could follow playlists and addresses; we detect the container's format ourselves and pass it on, and allow FFmpeg
to open files only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import Image

from app.domain.error_texts import image_texts
from app.domain.errors import ImageError, LorgnetteError
from app.domain.ports import CancelCheck
from app.engine.imaging.file_kinds import FileKind, kind_of
from app.engine.imaging.open_image import MAX_PIXELS, check_file
from app.engine.process.descriptor_passing import open_to_read

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_SECONDS = 600
"""Maximum length of a video in seconds; a few frames of a longer one would say little."""
SEEK_SECONDS = 4.0
"""Distance in seconds above which a frame is reached by seeking instead of decoding up to it."""

MAX_TOLERANCE_SECONDS = 0.02
"""Maximum time in seconds that a frame may begin late, as files round times; it is half a frame at 25 a second."""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """A video's size in pixels as displayed, and its length in seconds."""

    media_type: str
    width: int
    height: int
    seconds: float


def is_video(path: Path) -> bool:
    """Return whether the file's first bytes are those of a video; False if it cannot be read."""
    return kind_of(path) is FileKind.VIDEO


def video_facts(path: Path) -> VideoFacts:
    """Return the facts from the header and the first frame. Raises ImageError."""
    with _opened(path) as (container, stream):
        frames, rate = _timing(path, container, stream)
        first = _image(next(container.decode(stream)))
        return VideoFacts(_FORMATS[_kind(path)][1], first.width, first.height, frames / rate)


def sample_frames(path: Path, count: int, check: CancelCheck) -> list[tuple[float, Image.Image]]:
    """Return what is displayed at `count` times evenly spaced from first to last frame, in seconds: upright, RGB.

    A frame that is displayed for long may be several of them. They are all frames of a video that has fewer; times are
    multiples of a frame's mean length, as `Qwen3VLProcessor` tells them. Raises ImageError.
    """
    with _opened(path) as (container, stream):
        total, rate = _timing(path, container, stream)
        targets = np.linspace(0, total - 1, min(count, total)).round() / rate
        tolerance = min(0.5 / rate, MAX_TOLERANCE_SECONDS)
        origin = stream.start_time or 0
        begin = float(origin * (stream.time_base or 0))
        found: list[tuple[float, Image.Image]] = []
        frames = container.decode(stream)
        current = following = next(frames, None)
        for target in targets:
            check()
            if following and stream.time_base and target - (_time(following) - begin) > SEEK_SECONDS:
                container.seek(origin + int(target / stream.time_base), stream=stream)
                frames = container.decode(stream)
                following = next(frames, None)
            # The frame displayed at that time is the last one that begins by then.
            while following and _time(following) - begin <= target + tolerance:
                check()
                current, following = following, next(frames, None)
            if current is None:
                raise _damaged(path)
            found.append((float(target), _image(current)))
    return found


_FORMATS = {
    b"ftyp": ("mov", "video/mp4"),
    b"\x1a\x45\xdf\xa3": ("matroska", "video/webm"),
    b"RIFF": ("avi", "video/avi"),
}


def _kind(path: Path) -> bytes:
    with open_to_read(path) as file:
        head = file.read(12)
    return b"ftyp" if head[4:8] == b"ftyp" else head[:4]


@contextmanager
def _opened(path: Path) -> Iterator[tuple["InputContainer", "VideoStream"]]:
    import av  # noqa: PLC0415 - FFmpeg takes a tenth of a second to load, and is needed for videos only

    check_file(path)
    try:
        container_format = _FORMATS[_kind(path)][0]
        # FFmpeg reads the file that it is given, and has no protocol to open anything else with.
        options = {"protocol_whitelist": "none", "enable_drefs": "0"}
        with (
            open_to_read(path) as file,
            cast("InputContainer", av.open(file, format=container_format, options=options)) as container,
        ):
            yield container, _video_stream(container, path)
    except LorgnetteError:
        raise
    except MemoryError as error:
        raise ImageError(image_texts.VIDEO_OUT_OF_MEMORY, file=path.name) from error
    except Exception as error:
        # FFmpeg's own errors, and those of its binding when FFmpeg left a value out.
        raise _damaged(path) from error


def _video_stream(container: "InputContainer", path: Path) -> "VideoStream":
    if not container.streams.video:
        raise ImageError(image_texts.VIDEO_WITHOUT_PICTURES, file=path.name)
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    if stream.width * stream.height > MAX_PIXELS:
        raise ImageError(image_texts.VIDEO_TOO_MANY_PIXELS, file=path.name)
    return stream


def _timing(path: Path, container: "InputContainer", stream: "VideoStream") -> tuple[int, float]:
    """Return the number of frames, and how many are shown in a second. Raises ImageError if the video is too long."""
    rate = float(stream.average_rate or 1)
    frames = stream.frames or max(1, round(_duration(container, stream) * rate))
    if frames > MAX_SECONDS * rate:
        raise ImageError(
            image_texts.VIDEO_TOO_LONG, file=path.name, minutes=frames / rate / 60, max_minutes=MAX_SECONDS // 60
        )
    return frames, rate


def _duration(container: "InputContainer", stream: "VideoStream") -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1_000_000


def _time(frame: "VideoFrame") -> float:
    return float(frame.time or 0.0)


def _image(frame: "VideoFrame") -> Image.Image:
    quarter_turns = round(getattr(frame, "rotation", 0) / 90) % 4  # Counter-clockwise, as phones write it.
    return Image.fromarray(np.rot90(frame.to_ndarray(format="rgb24"), quarter_turns))


def _damaged(path: Path) -> ImageError:
    return ImageError(image_texts.VIDEO_DAMAGED, file=path.name)
