"""Short videos whose frames can be told apart by their colour."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import av
import numpy as np

SIZE = (160, 120)
RATE = 10


def make_video(
    path: Path,
    frames: int = 30,
    codec: str = "mpeg4",
    container: str | None = None,
    *,
    rate: int | Fraction = RATE,
    size: tuple[int, int] = SIZE,
    at: Mapping[int, int] = MappingProxyType({}),
) -> Path:
    """`frames` frames at `rate` a second, frame n at `at[n]` / `rate` if it is there; its red is 8 n, modulo 256."""
    with av.open(str(path), "w", format=container) as video:
        stream = video.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            pixels = np.full((size[1], size[0], 3), (8 * number % 256, 60, 120), np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if at:
                frame.pts, frame.time_base = at.get(number, number), 1 / Fraction(rate)
            for packet in stream.encode(frame):
                video.mux(packet)
        for packet in stream.encode():
            video.mux(packet)
    return path
