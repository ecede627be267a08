"""Detects and recognises lines; the only module that uses rapidocr (PP-OCRv6 models from its wheel, no network)."""

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from app.engine.reader.tiles import TextMap
from app.engine.reader.tuning import LINE_HEIGHT, LINE_MARGIN, MAX_LINE_WIDTH, TALL, parameters

Quad = npt.NDArray[np.float64]
"""Four corners float64 [4, 2], x and y in pixels, clockwise from the line's own top left."""


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A recognised line and its corners; `score` is the recogniser's mean confidence in its letters, 0..1."""

    text: str
    quad: Quad
    score: float


class Recogniser:
    """Detects and recognises lines of text. The constructor loads the models (about a second)."""

    def __init__(self) -> None:
        onnxruntime.disable_telemetry_events()  # On Windows it would report each session to the system.
        self._engine = RapidOCR(params=parameters(_threads()))

    def find(self, image: Image.Image) -> list[Quad]:
        """Return the corners of lines on an RGB image that is taken to be upright, in no particular order."""
        boxes = self._engine(_for_opencv(image), use_det=True, use_rec=False).boxes
        return [] if boxes is None else [np.asarray(box, dtype=np.float64) for box in boxes]

    def map_tile(self, tile: Image.Image) -> TextMap:
        """Return where text is on an RGB image whose sides are multiples of 32 up to 960; it is not scaled."""
        detector = self._engine._load_det_model()  # noqa: SLF001 - rapidocr loads it with the first image
        probabilities = detector.session(detector.get_preprocess()(_for_opencv(tile)))[0, 0]
        return np.asarray(np.rint(probabilities * 255), dtype=np.uint8)

    def boxes(self, text_map: TextMap, size: tuple[int, int]) -> list[Quad]:
        """Return the corners of the lines on a map of an image of this size, in pixels of that image."""
        usual = self._engine._load_det_model().postprocess_op  # noqa: SLF001
        process = DBPostProcess(
            usual.thresh * 255,
            usual.box_thresh * 255,
            text_map.size,
            usual.unclip_ratio,
            usual.score_mode,
            usual.dilation_kernel is not None,
        )
        boxes, _ = process(text_map[None, None], size[::-1])
        return [np.asarray(box, dtype=np.float64) for box in boxes]

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        """Recognise the line inside these corners of an RGB image; a tall line is rotated first, top to the left."""
        output = self._engine(_for_opencv(cut_line(image, quad)), use_det=False, use_rec=True)
        texts, scores = output.txts or ("",), output.scores or (0.0,)
        return OcrLine(texts[0].strip(), quad, float(scores[0]))


def cut_line(image: Image.Image, quad: Quad) -> Image.Image:
    """Crop a line, rectified to LINE_HEIGHT pixels high, with a margin of LINE_MARGIN at each end.

    Any corners will do, also those of an empty box: the crop is from 1 to MAX_LINE_WIDTH pixels wide.
    """
    quad = np.clip(np.nan_to_num(quad), 0, image.size)
    along, across = quad[1] - quad[0], quad[3] - quad[0]
    length, height = float(np.hypot(*along)), float(np.hypot(*across))
    if height > TALL * length:
        quad, along, length, height = np.roll(quad, -1, axis=0), across, height, length
    margin = LINE_MARGIN * height * along / max(length, 1e-6)
    corners = np.clip(quad + np.stack([-margin, margin, margin, -margin]), 0, image.size)
    width = max(1, round(float(np.hypot(*(corners[1] - corners[0])))))
    # Pillow expects the corners anticlockwise.
    data = corners[[0, 3, 2, 1]].ravel().tolist()
    straight = image.transform((width, max(1, round(height))), Image.Transform.QUAD, data, Image.Resampling.BICUBIC)
    width = min(MAX_LINE_WIDTH, max(1, round(width * LINE_HEIGHT / straight.height)))
    return straight.resize((width, LINE_HEIGHT), Image.Resampling.BICUBIC)


def _for_opencv(image: Image.Image) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _threads() -> int:
    """Return the number of threads: one is enough for a receipt, two if the machine has cores to spare."""
    return 2 if (os.cpu_count() or 1) > 2 else 1
