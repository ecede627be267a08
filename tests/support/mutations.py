"""Images, documents and films made in code, and what chance makes of their bytes."""

import io
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from tests.support.documents import scanned_pdf, written_pdf
from tests.support.videos import make_video

FORMATS: dict[str, dict[str, Any]] = {
    "PNG": {}, "JPEG": {"quality": 80}, "WEBP": {}, "GIF": {}, "BMP": {}, "TIFF": {"compression": "tiff_lzw"},
    "AVIF": {}, "PPM": {}, "JPEG2000": {}, "ICO": {},
}  # fmt: skip


def good_files(folder: Path) -> list[Path]:
    """One of each kind that Lorgnette opens: small, since chance hits small ones where it hurts."""
    pixels = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    image = Image.fromarray(pixels)
    made = []
    for form, options in FORMATS.items():
        made.append(folder / f"good.{form.lower()}")
        image.save(made[-1], form, **options)
    made.append(folder / "animated.gif")
    image.save(made[-1], "GIF", save_all=True, append_images=[image.rotate(90), image.rotate(180)])
    made.append(folder / "pages.tiff")
    image.save(made[-1], "TIFF", save_all=True, append_images=[image.rotate(90)])
    made += [written_pdf(folder / "written.pdf", "Some text"), scanned_pdf(folder / "scanned.pdf", ["a scan"])]
    return [*made, make_video(folder / "video.mp4", 5), make_video(folder / "video.mkv", 5)]


def mutated(content: bytes, rng: Random) -> bytes:
    """Chance at work: bits, numbers, pieces, the end, another file's middle."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        place = rng.randrange(len(changed)) if changed else 0
        match rng.randrange(7):
            case 0 if changed:
                changed[place] ^= 1 << rng.randrange(8)
            case 1 if changed:
                changed[place] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
            case 2:
                changed[place : place + 4] = rng.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"])
            case 3:
                del changed[place : place + rng.randrange(1, 200)]
            case 4:
                changed[place:place] = changed[place : place + rng.randrange(1, 200)] * rng.randrange(1, 4)
            case 5:
                del changed[place:]
            case _:
                changed[place : place + 32] = rng.randbytes(32)
    return bytes(changed)


def png(side: int = 16) -> bytes:
    """A small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(buffer, "PNG")
    return buffer.getvalue()
