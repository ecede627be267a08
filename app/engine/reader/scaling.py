"""Scales images to the size that the recogniser reads best, and maps the results back to the image's own pixels."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageOps

from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.tuning import BORDER, BORDERED_SIDE, SMALL_SIDE


@dataclass(frozen=True, slots=True)
class Prepared:
    """An image ready for the recogniser: `scale` times the original, then moved by `offset` pixels."""

    image: Image.Image
    scale: int
    offset: int

    def restore(self, found: OcrLine) -> OcrLine:
        """Return the same line in the original's pixels."""
        return replace(found, quad=self.restored(found.quad))

    def restored(self, quad: Quad) -> Quad:
        """Return corners in the original's pixels."""
        return (quad - self.offset) / self.scale

    def placed(self, quad: Quad) -> Quad:
        """Return corners on the original in the prepared picture's pixels."""
        return quad * self.scale + self.offset

    def unprepared(self, picture: Image.Image) -> Image.Image:
        """Return an RGB picture of the prepared one's size in the original's."""
        width, height = picture.size
        inner = picture.crop((self.offset, self.offset, width - self.offset, height - self.offset))
        return inner if self.scale == 1 else inner.reduce(self.scale)


def prepare(image: Image.Image) -> Prepared:
    """Double a small RGB image, and add a border in the colour of its edge unless it is large."""
    scale = 2 if max(image.size) < SMALL_SIDE else 1
    scaled = image.resize((image.width * scale, image.height * scale), Image.Resampling.BICUBIC) if scale > 1 else image
    if max(scaled.size) > BORDERED_SIDE:
        return Prepared(scaled, scale, 0)
    return Prepared(bordered(scaled), scale, BORDER)


def bordered(image: Image.Image) -> Image.Image:
    """Return an RGB image with a border of BORDER pixels in the colour of its edge."""
    return ImageOps.expand(image, BORDER, _edge_colour(image))


def _edge_colour(image: Image.Image) -> tuple[int, int, int]:
    pixels = np.asarray(image)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (int(channel) for channel in np.median(edge, axis=0))
    return red, green, blue
