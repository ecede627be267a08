"""Opens a short film that may be broken or hostile, and takes frames out of it.

FFmpeg could follow play lists and addresses; it is told the container's format by our own look at the file, and may
open files only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.domain.errors import ImageError
from app.domain.ports import CancelCheck
from app.engine.imaging.file_kinds import VIDEO, kind_of
from app.engine.imaging.open_image import MAX_PIXELS, check_file

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MOST_SECONDS = 600
"""Longer films are refused: a few frames of them would say little."""
SEEK_SECONDS = 4.0
"""Frames further ahead than this are jumped to, and not decoded up to."""
_NOT_ADDED = "It was not added; the file itself is untouched."


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """Size in pixels as it is shown, and length in seconds."""

    media_type: str
    width: int
    height: int
    seconds: float


def is_video(path: Path) -> bool:
    """Whether the file's first bytes are those of a film; False where it cannot be read."""
    return kind_of(path) is VIDEO


def video_facts(path: Path) -> VideoFacts:
    """What the header and the first frame say. Raises ImageError."""
    with _opened(path) as (container, stream):
        seconds = _seconds(container, stream)
        first = next(_upright(container, stream))[1]
        return VideoFacts(_FORMATS[_kind(path)][1], first.width, first.height, seconds)


def sample_frames(path: Path, count: int, check: CancelCheck) -> list[tuple[float, Image.Image]]:
    """`count` frames evenly from the first to the last, upright, RGB, with their times in seconds. Raises ImageError.

    A film that has fewer repeats its last.
    """
    with _opened(path) as (container, stream):
        rate = float(stream.average_rate or 1)
        last = max(0.0, _seconds(container, stream) - 1 / rate)
        targets = np.linspace(0.0, last, count)
        found: list[tuple[float, Image.Image]] = []
        frames = _upright(container, stream)
        at: tuple[float, Image.Image] | None = None
        for target in targets:
            check()
            if at is not None and target - at[0] > SEEK_SECONDS:
                container.seek(int(target / stream.time_base), stream=stream)
                frames = _upright(container, stream)
            # The frame that is on the screen at that time: the last that begins before it, by half a frame's grace.
            while at is None or at[0] + 0.5 / rate < target:
                check()
                following = next(frames, None)
                if following is None:
                    break
                at = following
            if at is None:
                raise _damaged(path)
            found.append(at)
    return found


_FORMATS = {
    b"ftyp": ("mov", "video/mp4"),
    b"\x1a\x45\xdf\xa3": ("matroska", "video/webm"),
    b"RIFF": ("avi", "video/avi"),
}


def _kind(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(12)
    return b"ftyp" if head[4:8] == b"ftyp" else head[:4]


@contextmanager
def _opened(path: Path) -> Iterator[tuple["InputContainer", "VideoStream"]]:
    import av  # noqa: PLC0415 - FFmpeg takes a tenth of a second to load, and is needed for films only
    from av.error import FFmpegError  # noqa: PLC0415

    check_file(path)
    try:
        container_format = _FORMATS[_kind(path)][0]
        options = {"protocol_whitelist": "file", "enable_drefs": "0"}
        with av.open(str(path), format=container_format, options=options) as container:
            if not container.streams.video:
                raise ImageError(f"“{path.name}” is a film without pictures.", kept=_NOT_ADDED)
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            if stream.width * stream.height > MAX_PIXELS:
                raise ImageError(f"“{path.name}” has more pixels than can be opened safely.", kept=_NOT_ADDED)
            yield container, stream
    except (FFmpegError, OSError, ValueError, KeyError, StopIteration, ArithmeticError) as error:
        raise _damaged(path) from error
    except MemoryError as error:
        raise ImageError(f"There is not enough memory to open “{path.name}”.", kept=_NOT_ADDED) from error


def _seconds(container: "InputContainer", stream: "VideoStream") -> float:
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (container.duration or 0) / 1_000_000
    if seconds > MOST_SECONDS:
        raise ImageError(
            f"“{Path(container.name).name}” is {seconds / 60:.0f} minutes long, too long for the model.",
            kept=_NOT_ADDED,
            todo=f"Cut out the part that matters, at most {MOST_SECONDS // 60} minutes.",
        )
    return seconds


def _upright(container: "InputContainer", stream: "VideoStream") -> Iterator[tuple[float, Image.Image]]:
    for frame in container.decode(stream):
        yield _time(frame), _image(frame)


def _time(frame: "VideoFrame") -> float:
    return float(frame.time or 0.0)


def _image(frame: "VideoFrame") -> Image.Image:
    turns = round(getattr(frame, "rotation", 0) / 90) % 4  # Counter-clockwise, as phones write it.
    return Image.fromarray(np.rot90(frame.to_ndarray(format="rgb24"), turns))


def _damaged(path: Path) -> ImageError:
    return ImageError(
        f"“{path.name}” is damaged, or in a format that cannot be opened.",
        kept=_NOT_ADDED,
        todo="Save it as MP4 with H.264, and drop that.",
    )
