"""Detects and recognises lines; the only module that uses rapidocr (PP-OCRv6 models from its wheel, no network)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from app.domain.images.geometry import quad_sides
from app.engine.reader import long_lines
from app.engine.reader.confused_signs import with_signs_put_right
from app.engine.reader.ctc_decoding import Letter, decoded, text_of, trimmed, with_forms_joined
from app.engine.reader.dotted_zeros import with_zeros_by_dots
from app.engine.reader.lone_letters import with_case_by_height
from app.engine.reader.lost_spaces import Columns, ink_of, with_lost_spaces
from app.engine.reader.possible_marks import ASKED, with_possible_marks
from app.engine.reader.tiles import TextMap
from app.engine.reader.tuning import (
    LINE_HEIGHT,
    LINE_MARGIN,
    MAX_LINE_WIDTH,
    MIN_COLUMNS,
    MIN_DENSE_LETTERS,
    MIN_LINE_WIDTH,
    STRETCH,
    TALL,
    parameters,
)

Quad = npt.NDArray[np.float64]
"""Four corners float64 [4, 2], x and y in pixels, clockwise from the line's own top left."""

SPACE, POINTS = " ", ".,"
"""Signs whose probability is asked for in the gaps between letters."""

YEN = "¥￥"
"""Both forms of this sign: their probabilities are one, or else it looks as uncertain as another currency's."""


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A recognised line and its corners; `score` is the recogniser's mean confidence in its letters, 0..1.

    `letters` are those of `text`, placed along `read_from(quad)`; empty if the text did not come from the recogniser.
    """

    text: str
    quad: Quad
    score: float
    letters: tuple[Letter, ...] = ()


class Recogniser:
    """Detects and recognises lines of text. The constructor loads the models (about a second)."""

    def __init__(self) -> None:
        onnxruntime.disable_telemetry_events()  # On Windows it would report each session to the system.
        self._engine = RapidOCR(params=parameters(_threads()))
        self._signs: dict[str, int] = {}

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
        """Recognise the line inside these corners of an RGB image; a tall line is rotated first, top to the left.

        A line of narrow letters is read twice, the second time stretched, and the better reading counts. One that is
        longer than MAX_LINE_WIDTH is read in pieces.
        """
        own = read_from(np.clip(np.nan_to_num(quad), 0, image.size))
        length, height = quad_sides(own)
        if height >= long_lines.MIN_HEIGHT and length * LINE_HEIGHT > MAX_LINE_WIDTH * height:
            return self._read_long(image, quad, long_lines.pieces(length, height))
        crop = cut_line(image, quad)
        found = self._recognised(crop)
        if found.is_dense:
            found = max(found, self._recognised(_stretched(crop)), key=lambda recognised: recognised.score)
        first, last = crop_extent(image.size, quad)
        letters = tuple(_placed(letter, first, (last - first) * found.padded) for letter in found.letters)
        return OcrLine(text_of(letters), quad, found.score, letters)

    def _read_long(self, image: Image.Image, quad: Quad, spans: Sequence[long_lines.Span]) -> OcrLine:
        own = read_from(np.clip(np.nan_to_num(quad), 0, image.size))
        letters = tuple(long_lines.joined(spans, [self.read(image, piece(own, span)).letters for span in spans]))
        score = fmean(letter.score for letter in letters) if letters else 0.0
        return OcrLine(text_of(letters), quad, score, letters)

    def _recognised(self, crop: Image.Image) -> "_Recognised":
        """Recognise a crop of LINE_HEIGHT pixels."""
        recogniser = self._engine._load_rec_model()  # noqa: SLF001 - rapidocr loads it with the first line
        characters = recogniser.postprocess_op.character
        pixels = _normalised(crop)
        if not self._signs:  # There are 18,000 characters to look through.
            self._signs = {sign: characters.index(sign) for sign in {*SPACE, *POINTS, *YEN, *ASKED}}
        probabilities = with_forms_joined(recogniser.session(pixels)[0], [self._signs[sign] for sign in YEN])
        found = with_possible_marks(trimmed(decoded(probabilities, characters)), probabilities, self._signs)
        found = with_signs_put_right(found)
        score = sum(letter.score for letter in found) / max(1, len(found))
        points = probabilities[:, [self._signs[sign] for sign in POINTS]].max(axis=1)
        width = pixels.shape[3]
        columns = Columns(probabilities[:, self._signs[SPACE]], points, ink_of(crop, width), LINE_HEIGHT)
        padded = width / crop.width
        spaced = with_case_by_height(with_lost_spaces(found, columns), crop, width)
        spaced = with_zeros_by_dots(spaced, crop, width)
        return _Recognised(spaced, score, padded, len(probabilities) / padded)


@dataclass(frozen=True, slots=True)
class _Recognised:
    """The letters of a crop, placed on the network's input, which is `padded` times as wide as the crop.

    `columns` is the number of the network's columns for the crop itself.
    """

    letters: list[Letter]
    score: float
    padded: float
    columns: float

    @property
    def is_dense(self) -> bool:
        """Whether letters are so narrow that the same one twice cannot be told from one."""
        count = len(self.letters)
        return count >= MIN_DENSE_LETTERS and self.columns < MIN_COLUMNS * count


def piece(quad: Quad, span: long_lines.Span) -> Quad:
    """Return the corners of a line between two fractions of its length."""
    (top, bottom), (above, below) = (
        (quad[0] + (quad[1] - quad[0]) * share, quad[3] + (quad[2] - quad[3]) * share) for share in span
    )
    return np.stack([top, above, below, bottom])


def read_from(quad: Quad) -> Quad:
    """Return the corners from where reading starts: a tall line is read from its top to its bottom."""
    length, height = quad_sides(quad)
    return np.asarray(np.roll(quad, -1, axis=0)) if height > TALL * length else quad


def crop_extent(size: tuple[int, int], quad: Quad) -> tuple[float, float]:
    """Return where a line's crop begins and ends, as fractions of the line's length: below 0 and above 1."""
    quad = read_from(np.clip(np.nan_to_num(quad), 0, size))
    along = quad[1] - quad[0]
    length = max(float(along @ along), 1e-6)
    corners = _crop_corners(quad, size)
    return float((corners[0] - quad[0]) @ along) / length, float((corners[1] - quad[0]) @ along) / length


def cut_line(image: Image.Image, quad: Quad) -> Image.Image:
    """Crop a line, rectified to LINE_HEIGHT pixels high, with a margin of LINE_MARGIN at each end.

    Any corners will do, also those of an empty box: the crop is from 1 to MAX_LINE_WIDTH pixels wide.
    """
    quad = read_from(np.clip(np.nan_to_num(quad), 0, image.size))
    height = max(1, round(quad_sides(quad)[1]))
    corners = _crop_corners(quad, image.size)
    width = max(1, round(quad_sides(corners)[0]))
    # Pillow expects the corners anticlockwise.
    data = corners[[0, 3, 2, 1]].ravel().tolist()
    straight = image.transform((width, height), Image.Transform.QUAD, data, Image.Resampling.BICUBIC)
    width = min(MAX_LINE_WIDTH, max(1, round(width * LINE_HEIGHT / straight.height)))
    return straight.resize((width, LINE_HEIGHT), Image.Resampling.BICUBIC)


def _stretched(crop: Image.Image) -> Image.Image:
    """Return a crop STRETCH times as wide, up to MAX_LINE_WIDTH."""
    width = min(MAX_LINE_WIDTH, round(crop.width * STRETCH))
    return crop.resize((width, crop.height), Image.Resampling.BICUBIC)


def _crop_corners(quad: Quad, size: tuple[int, int]) -> Quad:
    """Return the corners with LINE_MARGIN at each end, as far as the image reaches."""
    along, across = quad[1] - quad[0], quad[3] - quad[0]
    margin = LINE_MARGIN * float(np.hypot(*across)) * along / max(float(np.hypot(*along)), 1e-6)
    return np.asarray(np.clip(quad + np.stack([-margin, margin, margin, -margin]), 0, size))


def _normalised(crop: Image.Image) -> npt.NDArray[np.float32]:
    """Return the network's input float32 [1, 3, LINE_HEIGHT, width]: -1..1, padded to MIN_LINE_WIDTH with 0."""
    pixels = _for_opencv(crop).transpose(2, 0, 1).astype(np.float32) / 127.5 - 1
    padded = np.zeros((1, 3, LINE_HEIGHT, max(MIN_LINE_WIDTH, crop.width)), np.float32)
    padded[0, :, :, : crop.width] = pixels
    return padded


def _placed(letter: Letter, first: float, scale: float) -> Letter:
    """Return a letter of the network's input where it is on the line, whose crop starts at `first`."""
    start, end = (min(1.0, max(0.0, first + scale * edge)) for edge in (letter.start, letter.end))
    return replace(letter, start=start, end=end)


def _for_opencv(image: Image.Image) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _threads() -> int:
    """Return the number of threads: one is enough for a receipt, two if the machine has cores to spare."""
    return 2 if (os.cpu_count() or 1) > 2 else 1
