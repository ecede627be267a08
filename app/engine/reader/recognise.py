"""The one place that talks to rapidocr (PP-OCRv6 models, shipped inside its wheel; no network is used)."""

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.utils.process_img import ResizeImgError

from app.engine.reader.settings import parameters


@dataclass(frozen=True, slots=True)
class Found:
    """A line of text: `quad` is float64 [4, 2], corners clockwise from the line's own top left, in pixels."""

    text: str
    quad: npt.NDArray[np.float64]
    score: float


class Recogniser:
    """Finds and reads lines of text. Building one loads the models (about a second)."""

    def __init__(self) -> None:
        self._engine = RapidOCR(params=parameters(_threads()))

    def recognise(self, image: Image.Image) -> list[Found]:
        """All lines found on an RGB image, in no particular order, in that image's pixels."""
        try:
            # rapidocr expects OpenCV's channel order.
            output = self._engine(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]))
        except ResizeImgError:  # Nothing is left of a very long, thin image once it is scaled.
            return []
        if output.txts is None or output.boxes is None or output.scores is None:
            return []
        return [
            Found(text, np.asarray(box, dtype=np.float64), float(score))
            for text, box, score in zip(output.txts, output.boxes, output.scores, strict=True)
        ]


def _threads() -> int:
    """One thread is enough for a receipt; two where the machine has cores to spare."""
    return 2 if (os.cpu_count() or 1) > 2 else 1
